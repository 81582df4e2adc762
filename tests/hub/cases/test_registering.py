"""Registering a case: what is taken, what is refused and why, and what is readable on the disk afterwards."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from hub.audit.service import AuditAction, entries
from hub.bootstrap import Services
from hub.cases.service import (
    Basis,
    CaseError,
    CaseState,
    GivenPhoto,
    PhotographError,
    Purpose,
    Register,
    UnknownCaseError,
)
from hub.clock import DAY, utc_day
from models.images import decode_image, encode_jpeg
from models.pack import default_pack_path, load_pack
from models.recogniser import Recogniser
from models.template import similarity, template_from_bytes
from protocol.errors import FieldError
from protocol.ids import CaseId, PhotoId, SliceName
from protocol.person import BirthBand, Month, Sex
from protocol.sighting import LegalBasis
from tests.support.databases import stored_bytes
from tests.support.hub_site import PHOTO, SAMPLES, SLICE, HubSite, new_case, register

SECOND_PHOTO = SAMPLES / "obama2.jpg"


@pytest.fixture
def site(tmp_path: Path, hub_database: str | None) -> HubSite:
    return HubSite(tmp_path, units=(), database_url=hub_database)


@pytest.fixture
def hub(site: HubSite) -> Iterator[Services]:
    with site.services() as services:
        yield services


def count(hub: Services) -> int:
    with hub.database.read() as connection:
        return len(hub.cases.summaries(connection))


def given(*files: bytes) -> list[GivenPhoto]:
    """Photographs of which nothing else is known."""
    return [GivenPhoto(data) for data in files]


def two_people() -> bytes:
    """The same public photograph twice, side by side."""
    image = decode_image((SAMPLES / "collins.png").read_bytes())
    return encode_jpeg(np.concatenate([image, image], axis=1), 90)


def small(side: int) -> bytes:
    """A public photograph shrunk until its face is tiny."""
    image = decode_image(PHOTO.read_bytes())
    step = max(image.shape) // side
    return encode_jpeg(np.ascontiguousarray(image[::step, ::step]), 95)


def crop_of_22_by_28() -> bytes:
    """A face of 22 × 28 pixels and nothing else: references like this matched nearly anybody."""
    image = decode_image(PHOTO.read_bytes())
    left, top, right, bottom = map(int, Recogniser(load_pack(default_pack_path())).detect(image)[0].box)
    face = cv2.resize(image[top:bottom, left:right], (22, 28), interpolation=cv2.INTER_AREA)
    return encode_jpeg(face.astype(np.uint8, copy=False), 95)


def night() -> bytes:
    """A public photograph nearly without light."""
    return encode_jpeg((decode_image(PHOTO.read_bytes()) // 12).astype(np.uint8), 95)


def test_case_is_kept_with_what_was_entered(hub: Services) -> None:
    photographs = given(PHOTO.read_bytes(), SECOND_PHOTO.read_bytes())
    case = hub.cases.register(new_case(last_seen=date(2026, 9, 1)), photographs, "amina")
    with hub.database.read() as connection:
        summary = hub.cases.summary(connection, case)
        audit = entries(connection, case)
    assert case.startswith("bd/c-")
    assert (summary.reference, summary.sex, summary.state) == ("GD 1/2026", Sex.MALE, CaseState.OPEN)
    assert (summary.birth.earliest, summary.last_seen) == (Month(2014, 1), date(2026, 9, 1))
    assert summary.listed_until == utc_day(hub.clock()) + timedelta(days=90)
    assert len(summary.photos) == 2
    assert [(entry.action, entry.actor) for entry in audit] == [(AuditAction.CASE_REGISTERED, "amina")]


def test_portraits_and_templates_are_those_of_the_photographs(hub: Services) -> None:
    case = register(hub)
    with hub.database.read() as connection:
        (entry,) = hub.cases.listed_entries(connection, SLICE)
    portrait = decode_image(hub.cases.portrait(case, entry.templates[0].photo))
    recogniser = Recogniser(load_pack(default_pack_path()))
    face = recogniser.detect(decode_image(SECOND_PHOTO.read_bytes()))[0]
    (other,) = recogniser.embed([recogniser.align(decode_image(SECOND_PHOTO.read_bytes()), face)])
    stored = template_from_bytes(entry.templates[0].vector, entry.templates[0].pack_digest.hex(), 192)
    assert len(recogniser.detect(portrait)) == 1
    assert similarity(stored, other) > 0.7


def test_nothing_of_a_child_is_readable_on_the_disk(site: HubSite) -> None:
    with site.services() as hub:
        case = register(hub, "GD 4711/2026")
        with hub.database.read() as connection:
            (entry,) = hub.cases.listed_entries(connection, SLICE)
        portrait = hub.cases.portrait(case, entry.templates[0].photo)
    disk = stored_bytes(site.settings.database_url)
    assert case.encode() in disk
    for secret in (PHOTO.read_bytes()[1000:1064], portrait[500:564], entry.templates[0].vector[:32], b"GD 4711"):
        assert secret not in disk


@pytest.mark.parametrize(
    ("photograph", "reason"),
    [
        (lambda: encode_jpeg(np.full((400, 400, 3), 128, np.uint8), 90), "Photograph 2: no face was found"),
        (two_people, "Photograph 2: 2 faces were found"),
        (lambda: small(120), "Photograph 2: the face is too small"),
        (crop_of_22_by_28, "Photograph 2: (the face is too small|no face was found)"),
        (night, "Photograph 2: the face is too dark"),
        (lambda: b"GIF89a", "Photograph 2: This is not a JPEG, PNG or WebP"),
        (lambda: PHOTO.read_bytes()[:5000], "Photograph 2: This JPEG file is incomplete"),
    ],
)
def test_photograph_without_one_usable_face_is_refused_and_nothing_kept(
    hub: Services, photograph: object, reason: str
) -> None:
    assert callable(photograph)
    with pytest.raises(PhotographError, match=reason):
        hub.cases.register(new_case(), given(PHOTO.read_bytes(), photograph()), "amina")
    assert count(hub) == 0


def test_poor_photograph_taken_all_the_same_is_marked_with_its_fault_and_reason(hub: Services) -> None:
    photographs = given(PHOTO.read_bytes(), night())
    case = hub.cases.register(new_case(), photographs, "amina", despite=" the only recent one ")
    with hub.database.read() as connection:
        summary = hub.cases.summary(connection, case)
        (entry,) = entries(connection, case)
        (listed,) = hub.cases.listed_entries(connection, SLICE)
    assert summary.despite == {summary.photos[1]: "the face is too dark. Reason given: the only recent one"}
    assert (entry.detail["photos"], entry.detail["poor_photos"]) == (2, 1)
    assert "recent" not in str(entry.detail)
    assert len(listed.templates) == 2


def test_good_photograph_is_not_marked_although_a_poor_one_would_have_been_taken(hub: Services) -> None:
    case = hub.cases.register(new_case(), given(PHOTO.read_bytes()), "amina", despite="to be quick")
    with hub.database.read() as connection:
        assert hub.cases.summary(connection, case).despite == {}
        assert entries(connection, case)[0].detail["poor_photos"] == 0


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201, "two\nlines"])
def test_poor_photograph_is_not_taken_without_a_reason_that_can_be_read(hub: Services, reason: str) -> None:
    with pytest.raises(CaseError, match="Reviewers will read it"):
        hub.cases.register(new_case(), given(night()), "amina", despite=reason)
    assert count(hub) == 0


def test_photograph_without_a_face_is_not_taken_for_any_reason(hub: Services) -> None:
    blank = encode_jpeg(np.full((400, 400, 3), 128, np.uint8), 90)
    with pytest.raises(PhotographError, match="no face"):
        hub.cases.register(new_case(), given(blank), "amina", despite="the only one")


def test_one_child_registered_twice_is_noticed_by_the_reference(hub: Services) -> None:
    case = register(hub, "GD 1/2026")
    with pytest.raises(CaseError, match=f"already that of the case {case}"):
        register(hub, " gd 1/2026 ")
    assert count(hub) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"reference": "  "},
        {"reference": "x" * 81},
        {"slice": SliceName("bd/found")},
        {"last_seen": date(2999, 1, 1)},
        {"birth": BirthBand(Month(2150, 1), Month(2150, 2))},
        {"basis": Basis(LegalBasis.GUARDIAN_CONSENT)},  # without a last day
        {"basis": Basis(until=date(2020, 1, 1))},
        {"basis": Basis(purposes=frozenset({Purpose.PUBLICATION}))},
        {"register": Register.FOUND},  # on a list of units
    ],
)
def test_entry_that_cannot_be_is_refused(hub: Services, changes: dict[str, Any]) -> None:
    with pytest.raises(CaseError):
        hub.cases.register(new_case(**changes), given(PHOTO.read_bytes()), "amina")
    assert count(hub) == 0


def test_case_needs_a_photograph_and_a_unit_cannot_hold_too_many(hub: Services) -> None:
    for photographs in ([], given(PHOTO.read_bytes()) * 17):
        with pytest.raises(CaseError, match="1 to 16 photographs"):
            hub.cases.register(new_case(), photographs, "amina")


def test_earliest_month_of_birth_after_the_latest_is_refused() -> None:
    with pytest.raises(FieldError):
        BirthBand(Month(2014, 6), Month(2014, 1))


def test_located_child_is_listed_no_longer_and_located_once(hub: Services) -> None:
    case = register(hub)
    for at in (1, 2):
        with hub.database.begin() as connection:
            hub.cases.mark_located(connection, case, "bimal", at)
    with hub.database.read() as connection:
        assert hub.cases.listed_entries(connection, SLICE) == []
        assert hub.cases.summary(connection, case).state is CaseState.LOCATED
        assert [entry.action for entry in entries(connection, case)] == [
            AuditAction.CASE_REGISTERED,
            AuditAction.CASE_LOCATED,
        ]


def test_listing_runs_out_and_can_be_renewed(hub: Services, site: HubSite) -> None:
    case = register(hub)
    site.clock.now += 90 * DAY
    with hub.database.read() as connection:
        assert len(hub.cases.listed_entries(connection, SLICE)) == 1
    site.clock.now += DAY
    with hub.database.read() as connection:
        assert hub.cases.listed_entries(connection, SLICE) == []
    until = hub.cases.renew(case, "amina")
    with hub.database.read() as connection:
        (entry,) = hub.cases.listed_entries(connection, SLICE)
    assert entry.expires == until == utc_day(site.clock.now) + timedelta(days=90)


def test_closed_case_cannot_be_listed_again(hub: Services) -> None:
    case = register(hub)
    with hub.database.begin() as connection:
        hub.cases.mark_located(connection, case, "bimal", 1)
    with pytest.raises(CaseError, match="is closed"):
        hub.cases.renew(case, "amina")


def test_every_change_raises_the_revision(hub: Services) -> None:
    def revision() -> int:
        with hub.database.read() as connection:
            return hub.cases.revision(connection)

    seen = [revision()]
    case = register(hub)
    seen.append(revision())
    hub.cases.renew(case, "amina")
    seen.append(revision())
    with hub.database.begin() as connection:
        hub.cases.mark_located(connection, case, "bimal", 1)
    seen.append(revision())
    assert seen == sorted(set(seen))


def test_unknown_cases_and_photographs_are_told_apart_from_faults(hub: Services) -> None:
    case = register(hub)
    photo = PhotoId("0" * 16)
    with hub.database.begin() as connection:
        with pytest.raises(UnknownCaseError):
            hub.cases.summary(connection, CaseId("bd/c-none"))
        with pytest.raises(UnknownCaseError):
            hub.cases.mark_located(connection, CaseId("bd/c-none"), "bimal", 1)
        with pytest.raises(UnknownCaseError):
            hub.cases.require_photo(connection, case, photo)
    with pytest.raises(UnknownCaseError):
        hub.cases.portrait(case, photo)


def test_portrait_is_given_for_the_photographs_own_case_alone(hub: Services) -> None:
    first, second = register(hub, "one"), register(hub, "two")
    with hub.database.read() as connection:
        (photo,) = hub.cases.summary(connection, first).photos
    with pytest.raises(UnknownCaseError):
        hub.cases.portrait(second, photo)


@pytest.mark.parametrize(
    "change",
    [
        "state = 'found'",
        "state = 'merged'",  # into nothing
        "register = 'found'",  # and still on a list of units
        "sex = 'm'",
        "born_from = born_to + 1",
    ],
)
def test_database_itself_refuses_a_case_that_cannot_be(hub: Services, change: str) -> None:
    register(hub)
    with pytest.raises(IntegrityError), hub.database.begin() as connection:
        connection.execute(text(f"UPDATE cases SET {change}"))
