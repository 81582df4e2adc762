"""Messages come back as they went, and whatever no honest peer would write is refused."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import cbor
from protocol.consent import Purpose
from protocol.errors import FieldError, MalformedError, OversizedError, UnknownVersionError
from protocol.fields import MAX_MILLISECONDS
from protocol.found import (
    MAX_CIRCUMSTANCES,
    MAX_CLOTHING,
    MAX_LANGUAGES,
    MAX_LINE,
    MAX_MARKS,
    MAX_NAMES,
    MAX_PHOTOGRAPH,
    BodyPart,
    FoundChild,
    FoundFacts,
    FoundMark,
)
from protocol.ids import CaseId, SiteId, UnitId
from protocol.moment import Moment
from protocol.padding import pad, unpad
from protocol.sighting import (
    MAX_CANDIDATES,
    MAX_CONSENT,
    MAX_CROP,
    MAX_MEASURES,
    MAX_PORTRAIT,
    PADDED_BYTES,
    Chance,
    Face,
    LegalBasis,
    Quality,
    Sighting,
)
from protocol.staff import StaffList
from protocol.withdrawal import Withdrawal
from tests.protocol.examples import (
    CANDIDATE,
    CHANCE,
    EMPTY_SIGHTING,
    FOUND,
    FOUND_RECORD,
    MESSAGES,
    PADDED,
    SIGHTING,
    STAFF,
    Message,
    noise,
)
from tests.support.consents import OF_A_KIND


@pytest.mark.parametrize("name", MESSAGES)
def test_message_survives_the_wire_unchanged(name: str) -> None:
    message = MESSAGES[name]
    assert _read(message, message.to_bytes()) == message


@pytest.mark.parametrize("name", MESSAGES)
def test_unknown_field_of_a_later_version_is_tolerated(name: str) -> None:
    message = MESSAGES[name]
    assert _read(message, _edit(message, later={"a": [1, 2.5, None]})) == message


@pytest.mark.parametrize("name", MESSAGES)
@pytest.mark.parametrize("version", [0, 2, 99])
def test_unknown_version_is_refused(name: str, version: int) -> None:
    message = MESSAGES[name]
    with pytest.raises(UnknownVersionError):
        _read(message, _edit(message, v=version))


@pytest.mark.parametrize("name", MESSAGES)
def test_missing_field_is_refused_by_its_name(name: str) -> None:
    message = MESSAGES[name]
    fields = _fields(message)
    required = set(fields) - {"face", "last_seen", "calibration", "at_error", "challenge", "staff"}
    if isinstance(message, Withdrawal):
        required -= {"token"}
    for field in required:
        value = {key: item for key, item in fields.items() if key != field}
        with pytest.raises(FieldError, match=repr(field)):
            _read(message, _wrap(message, value))


@pytest.mark.parametrize("name", MESSAGES)
@given(value=st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.text(max_size=3), st.binary(max_size=3)))
def test_field_of_another_type_never_becomes_an_object_that_differs(name: str, value: cbor.Value) -> None:
    message = MESSAGES[name]
    for field in _fields(message):
        data = _edit(message, **{field: value})
        try:
            read = _read(message, data)
        except (MalformedError, UnknownVersionError):
            continue
        assert read.to_bytes() == data


@given(data=st.binary(max_size=400))
@pytest.mark.parametrize("name", MESSAGES)
def test_arbitrary_bytes_are_refused_with_an_error_of_the_tree(name: str, data: bytes) -> None:
    with pytest.raises((MalformedError, UnknownVersionError)):
        _read(MESSAGES[name], data)


def test_intake_that_found_somebody_is_no_longer_than_one_that_found_nobody() -> None:
    assert len(SIGHTING.to_bytes()) == len(EMPTY_SIGHTING.to_bytes()) == PADDED_BYTES


def test_face_without_candidates_is_refused() -> None:
    with pytest.raises(FieldError, match="exactly when"):
        Sighting.from_bytes(_edit(SIGHTING, candidates=[]))


def test_candidates_without_face_are_refused() -> None:
    with pytest.raises(FieldError, match="exactly when"):
        Sighting.from_bytes(_edit(SIGHTING, face=None))


def test_ranks_that_do_not_count_from_one_are_refused() -> None:
    second = replace(CANDIDATE, rank=2)
    with pytest.raises(FieldError, match="ranked"):
        Sighting.from_bytes(_edit(SIGHTING, candidates=[second.to_value(), CANDIDATE.to_value()]))


def test_more_candidates_than_ten_are_refused() -> None:
    many = [CANDIDATE.to_value()] * 11
    with pytest.raises(FieldError, match="at most 10"):
        Sighting.from_bytes(_edit(SIGHTING, candidates=many))


def test_chance_without_the_calibration_it_comes_from_is_refused() -> None:
    with pytest.raises(FieldError, match="calibration"):
        Sighting.from_bytes(_edit(SIGHTING, calibration=None))


def test_candidate_without_a_chance_beside_a_calibration_is_refused() -> None:
    silent = replace(CANDIDATE, chance=None)
    with pytest.raises(FieldError, match="calibration"):
        Sighting.from_bytes(_edit(SIGHTING, candidates=[silent.to_value()]))


def test_uncalibrated_sighting_survives_the_wire_and_says_so() -> None:
    silent = replace(SIGHTING, calibration=None, candidates=(replace(CANDIDATE, chance=None),))
    assert Sighting.from_bytes(silent.to_bytes()) == silent


@pytest.mark.parametrize(
    "wrong",
    [{"value": 0.5}, {"low": 0.003}, {"high": 1.5}, {"value": -0.1}, {"expected": -1.0}, {"counted": 1}, {"low": None}],
)
def test_chance_outside_its_interval_or_no_probability_is_refused(wrong: dict[str, cbor.Value]) -> None:
    chance = CHANCE.to_value()
    candidate = CANDIDATE.to_value()
    assert isinstance(chance, dict)
    assert isinstance(candidate, dict)
    with pytest.raises(FieldError):
        Sighting.from_bytes(_edit(SIGHTING, candidates=[candidate | {"chance": chance | wrong}]))


@pytest.mark.parametrize(
    "quality",
    [
        {"measures": {"sharpness": 101}, "warning": None},
        {"measures": {"sharpness": -1}, "warning": None},
        {"measures": {"sharpness": 50.0}, "warning": None},
        {"measures": {"A picture of somebody": 50}, "warning": None},
        {"measures": {"a" * 41: 50}, "warning": None},
        {"measures": {"a" * number: 50 for number in range(1, 26)}, "warning": None},
        {"measures": {"sharpness": 50}, "warning": "roll"},
    ],
)
def test_quality_that_is_no_measure_of_a_picture_is_refused(quality: cbor.Value) -> None:
    with pytest.raises(FieldError):
        Sighting.from_bytes(_edit(SIGHTING, quality=quality))


def test_more_candidates_than_photos_that_competed_are_refused() -> None:
    with pytest.raises(FieldError, match="compete"):
        Sighting.from_bytes(_edit(SIGHTING, comparable=0))


def test_largest_sighting_does_not_outgrow_its_padding() -> None:
    label = "c" * 63
    worst = replace(
        CANDIDATE,
        case=CaseId(f"{label}/{label}"),
        raw=-1 / 3,
        score=-1 / 3,
        chance=Chance(1 / 3, 0.1, 1 / 1.1, 1 / 3, counted=False),
    )
    names = [chr(97 + number) * 40 for number in range(MAX_MEASURES)]
    largest = replace(
        SIGHTING,
        unit=UnitId(f"{label}/{label}"),
        site=SiteId(f"{label}/{label}"),
        reference="\U0001f9d2" * 16,
        basis_reference="\U0001f9d2" * 80,
        captured=Moment(MAX_MILLISECONDS, MAX_MILLISECONDS, MAX_MILLISECONDS),
        list_version=2**53,
        comparable=2**53,
        quality=Quality(dict.fromkeys(names, 100), names[0]),
        candidates=tuple(replace(worst, rank=rank) for rank in range(1, MAX_CANDIDATES + 1)),
        face=Face(noise("crop", MAX_CROP), noise("portrait", MAX_PORTRAIT)),
    )
    assert Sighting.from_bytes(largest.to_bytes()) == largest


def test_found_child_is_as_long_as_an_intake_and_the_largest_fits() -> None:
    wide = "\U0001f9d2"
    lines = (wide * MAX_LINE,)
    facts = FoundFacts(
        names=lines * MAX_NAMES,
        languages=lines * MAX_LANGUAGES,
        marks=(FoundMark(BodyPart.RIGHT_HAND, wide * MAX_LINE),) * MAX_MARKS,
        clothing=wide * MAX_CLOTHING,
        place=wide * MAX_LINE,
        found_on=date(2026, 11, 22),
        circumstances=wide * MAX_CIRCUMSTANCES,
    )
    largest = replace(
        FOUND, consent=noise("consent", MAX_CONSENT), facts=facts, photograph=noise("photograph", MAX_PHOTOGRAPH)
    )
    assert FoundChild.from_bytes(largest.to_bytes()) == largest
    assert len(largest.to_bytes()) == len(EMPTY_SIGHTING.to_bytes())


def test_record_of_a_found_child_permits_no_intake_and_needs_no_guardian() -> None:
    with pytest.raises(FieldError, match="nothing but"):
        replace(FOUND_RECORD, purposes=(Purpose.COMPARE, Purpose.FIND_FAMILY))
    with pytest.raises(FieldError, match="no guardian"):
        replace(FOUND_RECORD, basis=OF_A_KIND[LegalBasis.GUARDIAN_CONSENT])


def test_list_that_names_a_person_twice_is_refused() -> None:
    with pytest.raises(FieldError, match="twice"):
        replace(STAFF, members=STAFF.members[:1] * 2)


@pytest.mark.parametrize(
    "pin", [{"memory": 2**30}, {"passes": 1000}, {"lanes": 100}, {"salt": bytes(8)}, {"digest": bytes(64)}]
)
def test_verifier_that_would_cost_a_unit_more_than_it_has_is_refused(pin: dict[str, cbor.Value]) -> None:
    member = STAFF.members[0].to_value()
    assert isinstance(member, dict)
    value = STAFF.members[0].verifier.to_value()
    assert isinstance(value, dict)
    with pytest.raises(FieldError):
        StaffList.from_bytes(_edit(STAFF, members=[member | {"pin": value | pin}]))


def test_padding_that_hides_something_is_refused() -> None:
    padded = bytearray(pad(b"data", 64))
    padded[-1] = 1
    with pytest.raises(MalformedError):
        unpad(bytes(padded))


@given(data=st.binary(max_size=60))
def test_padding_comes_off_as_it_went_on(data: bytes) -> None:
    assert unpad(pad(data, 64)) == data


def test_data_longer_than_its_padding_is_refused() -> None:
    with pytest.raises(OversizedError):
        pad(bytes(61), 64)


def _read(message: Message, data: bytes) -> Message:
    read: Message = type(message).from_bytes(data)  # type: ignore[attr-defined]
    return read


def _fields(message: Message) -> dict[str, cbor.Value]:
    data = message.to_bytes()
    value = cbor.decode(unpad(data) if type(message) in PADDED else data, limit=1 << 20)
    assert isinstance(value, dict)
    return value


def _wrap(message: Message, value: cbor.Value) -> bytes:
    data = cbor.encode(value)
    size = PADDED.get(type(message))
    return data if size is None else pad(data, size)


def _edit(message: Message, **changes: cbor.Value) -> bytes:
    return _wrap(message, _fields(message) | changes)
