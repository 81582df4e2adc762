"""Templates that are kept: found when the case is listed later, and nothing beside the unit tells that they were."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge_agent.bootstrap import Unit, build_desk
from edge_agent.intakes.desk import KeepingNotPermittedError
from edge_agent.intakes.later import MESSAGES
from models.recogniser import Recogniser
from protocol.ids import CaseId
from tests.edge_agent.intakes.desk import age_all, desk_of, losses, records, sightings, take
from tests.edge_agent.lists import OBAMA, entry, random_vector, vector_of
from tests.edge_agent.site import MISSING, Site, synchronise

BIDEN = CaseId("bd/c-b1den000")


@pytest.fixture
def ready(listed: Site, unit: Unit) -> Unit:
    synchronise(unit)
    return unit


def publish(site: Site, case: CaseId, vectors: Sequence[bytes], recogniser: Recogniser) -> None:
    site.hub.repository.delta(MISSING, [entry(case, vectors, recogniser.pack.digest)])
    site.hub.publish()


def settle(unit: Unit) -> None:
    desk_of(unit).settle(unit.loader.load_installed())


def keep(unit: Unit, recogniser: Recogniser, photo: str) -> str:
    return take(unit, recogniser, photo, desk=desk_of(unit), keep=True).reference


def a_day_passes(unit: Unit) -> None:
    with unit.database.transaction() as tables:
        tables.execute("UPDATE round SET at = 1")


def test_person_whose_case_is_registered_later_is_found_without_a_new_photograph(
    listed: Site, ready: Unit, recogniser: Recogniser
) -> None:
    reference = keep(ready, recogniser, "biden.jpg")
    (first,) = sightings(listed, ready)
    assert first.candidates == ()
    assert [kept.taken.face for kept in records(ready)] == [None], "a photograph was kept"
    publish(listed, BIDEN, [vector_of(recogniser, "biden.jpg")], recogniser)
    synchronise(ready)
    settle(ready)
    _, found = sightings(listed, ready)
    assert [candidate.case for candidate in found.candidates] == [BIDEN]
    assert found.retrospective
    assert found.face is None
    assert (found.reference, found.captured.at) == (reference, first.captured.at)
    assert found.sighting_id != first.sighting_id
    assert [kept.taken.template for kept in records(ready)] == [None], "what was told is kept still"


def test_nothing_is_kept_unless_both_the_settings_and_the_subjects_basis_permit_it(
    ready: Unit, recogniser: Recogniser
) -> None:
    take(ready, recogniser, "biden.jpg", desk=desk_of(ready), keep=False)
    assert ready.intakes.counts().kept == 0
    with pytest.raises(KeepingNotPermittedError, match="keep_template_days"):
        take(ready, recogniser, "biden.jpg", keep=True)
    assert ready.intakes.counts().kept == 0


def test_intake_with_a_candidate_leaves_a_record_without_a_template(ready: Unit, recogniser: Recogniser) -> None:
    keep(ready, recogniser, "obama2.jpg")
    keep(ready, recogniser, "biden.jpg")
    assert [kept.taken.template is None for kept in records(ready)] == [True, False]


def test_round_that_finds_somebody_looks_on_disk_and_wire_like_one_that_does_not(
    listed: Site, recogniser: Recogniser, tmp_path: Path
) -> None:
    with listed.open() as unit:
        synchronise(unit)
        for _ in range(4):
            keep(unit, recogniser, "biden.jpg")
        settle(unit)
    before = shutil.copytree(listed.data, tmp_path / "before")
    shapes, found = [], []
    for vector in (vector_of(recogniser, "biden.jpg"), random_vector(np.random.default_rng(4))):
        shutil.rmtree(listed.data)
        shutil.copytree(before, listed.data)
        publish(listed, BIDEN, [vector], recogniser)
        with listed.open() as unit:
            synchronise(unit)
            with unit.database.reading() as tables:
                old = [bytes(row) for (row,) in tables.execute("SELECT sealed FROM kept ORDER BY id").fetchall()]
            settle(unit)
            later = [sighting for sighting in sightings(listed, unit) if sighting.retrospective][-MESSAGES:]
            found.append(sum(bool(sighting.candidates) for sighting in later))
            with unit.database.reading() as tables:
                kept = [bytes(row) for (row,) in tables.execute("SELECT sealed FROM kept ORDER BY id").fetchall()]
                sent = tables.execute("SELECT sequence, length(sealed_envelope), keep FROM outbox").fetchall()
            written = sum(before != after for before, after in zip(old, kept, strict=True))
            journal = (listed.data / "unit.sqlite-wal").stat().st_size
            shapes.append(([len(row) for row in kept], written, sent, journal))
    assert found == [MESSAGES, 0]
    assert shapes[0] == shapes[1]
    assert shapes[0][1] == MESSAGES


def test_what_has_no_room_in_a_round_goes_with_the_next(listed: Site, ready: Unit, recogniser: Recogniser) -> None:
    references = {keep(ready, recogniser, "biden.jpg") for _ in range(MESSAGES + 1)}
    settle(ready)
    publish(listed, BIDEN, [vector_of(recogniser, "biden.jpg")], recogniser)
    synchronise(ready)
    told: set[str] = set()
    for _ in range(2):
        settle(ready)
        settle(ready)  # Not again on the same day, with the same list.
        told = {sighting.reference for sighting in sightings(listed, ready) if sighting.candidates}
        a_day_passes(ready)
    assert told == references
    rounds = [sighting for sighting in sightings(listed, ready) if sighting.retrospective]
    assert len(rounds) == 2 * MESSAGES


def test_entries_that_were_compared_at_the_intake_are_not_found_later(
    listed: Site, ready: Unit, recogniser: Recogniser
) -> None:
    keep(ready, recogniser, "biden.jpg")
    publish(listed, BIDEN, [random_vector(np.random.default_rng(4))], recogniser)
    synchronise(ready)
    settle(ready)
    settle(ready)
    later = [sighting for sighting in sightings(listed, ready) if sighting.retrospective]
    assert [sighting.candidates for sighting in later] == [()]
    assert [sighting.list_version for sighting in later] == [ready.loader.load_installed().installed.list_version]


def test_slice_that_the_unit_is_given_later_is_searched_whole(
    listed: Site, ready: Unit, recogniser: Recogniser
) -> None:
    keep(ready, recogniser, "biden.jpg")
    (kept,) = records(ready)
    with ready.database.transaction() as tables:  # As if it had been compared with another slice, by a newer list.
        other = replace(kept, slices=("bd/found",), searched=10**6)
        ready.intakes.replace(tables, "kept", 1, other.to_bytes())
    publish(listed, BIDEN, [vector_of(recogniser, "biden.jpg")], recogniser)
    synchronise(ready)
    settle(ready)
    a_day_passes(ready)
    settle(ready)
    found = [sighting for sighting in sightings(listed, ready) if sighting.candidates]
    assert [sighting.candidates[0].case for sighting in found] == [BIDEN]


def test_template_goes_when_its_time_ends_without_being_a_loss(
    listed: Site, ready: Unit, recogniser: Recogniser
) -> None:
    keep(ready, recogniser, "biden.jpg")
    age_all(ready, "kept")
    build_desk(ready).settle(None)
    assert ready.intakes.counts().kept == 0
    assert losses(listed, ready) == []


def test_listed_person_is_no_hit_twice(listed: Site, ready: Unit, recogniser: Recogniser) -> None:
    keep(ready, recogniser, "obama2.jpg")
    publish(listed, BIDEN, [vector_of(recogniser, "biden.jpg")], recogniser)
    synchronise(ready)
    settle(ready)
    cases = [candidate.case for sighting in sightings(listed, ready) for candidate in sighting.candidates]
    assert cases == [OBAMA]
