"""What a stick says of itself: it comes back as it went, and names no file outside the stick."""

from dataclasses import replace

import pytest

from protocol import cbor
from protocol.errors import FieldError, OversizedError, UnknownVersionError
from protocol.ids import HubId, UnitId
from protocol.stick import MAX_BYTES, MAX_FILES, Stick

FILES = {
    "metadata/timestamp.json": 500,
    "metadata/2.slices/bd/missing.json": 800,
    "targets/slices/bd/missing/ab.1.segment": 0,
}
STICK = Stick(HubId("bd"), UnitId("bd/benapole-1"), 7, 12, 1_795_000_000_000, FILES)


def test_stick_survives_the_journey_unchanged() -> None:
    assert Stick.from_bytes(STICK.to_bytes()) == STICK


@pytest.mark.parametrize(
    "path",
    [
        "",
        "timestamp.json",
        "/etc/passwd",
        "metadata/../../etc/passwd",
        "metadata//a",
        "metadata/.a",
        "targets/",
        "targets/a\0b",
        "photos/a",
        "metadata/a/b/c/d/e/f",
        "targets/" + "a" * 201,
        "metadata\\a",
        "targets/ä",
    ],
)
def test_path_that_leads_out_of_the_stick_is_refused(path: str) -> None:
    with pytest.raises(FieldError, match="no repository of ours"):
        replace(STICK, files={path: 1})


@pytest.mark.parametrize(
    "changes", [{"hub": "BD"}, {"unit": "bd"}, {"list": 0}, {"until": -1}, {"files": 5}, {"files": {"a": 1}}]
)
def test_field_out_of_range_is_refused(changes: dict[str, cbor.Value]) -> None:
    value = cbor.decode(STICK.to_bytes(), limit=MAX_BYTES)
    assert isinstance(value, dict)
    with pytest.raises(FieldError):
        Stick.from_bytes(cbor.encode({**value, **changes}))


def test_later_version_and_a_manifest_without_end_are_refused() -> None:
    value = cbor.decode(STICK.to_bytes(), limit=MAX_BYTES)
    assert isinstance(value, dict)
    with pytest.raises(UnknownVersionError):
        Stick.from_bytes(cbor.encode({**value, "v": 2}))
    with pytest.raises(OversizedError):
        Stick.from_bytes(bytes(MAX_BYTES + 1))
    with pytest.raises(FieldError, match="at most"):
        replace(STICK, files={f"targets/{number}": 1 for number in range(MAX_FILES + 1)})
