"""What must be true once nothing disturbs any more. Pure: looks in, problems out, each a sentence."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tests.chaos.looks import EntryLook, HubLook, UnitLook
from tests.chaos.work import LISTED, Attempt, Outcome

_COMMITTED = "committed"


def problems(hub: HubLook, units: Sequence[UnitLook], attempts: Sequence[Attempt]) -> list[str]:
    """Everything that is lost, doubled, invented or unequal, but the entries of lists: see `list_problems`.

    `attempts` are all that were ever made.
    """
    return [
        *_of_accepted_intakes(hub, attempts),
        *_of_other_intakes(units, attempts),
        *_of_cases(hub, attempts),
        *_of_sightings(hub),
        *_of_reviews(hub),
        *(problem for unit in units for problem in (*_of_unit(hub, unit), *_of_version(hub, unit))),
    ]


def list_problems(hub: HubLook, unit: str, entries: Sequence[EntryLook]) -> list[str]:
    """Whether the list on a unit's disk is not the hub's, entry by entry."""
    if {entry.case: entry for entry in entries} == hub.published:
        return []
    return [f"{unit} has {len(entries)} entries, which are not the hub's {len(hub.published)}."]


def _of_accepted_intakes(hub: HubLook, attempts: Sequence[Attempt]) -> Iterator[str]:
    """Each has exactly one sighting, and the candidates that its photograph must have."""
    by_reference = Counter(sighting.reference for sighting in hub.sightings)
    sighting_of = {sighting.reference: sighting.id for sighting in hub.sightings}
    with_candidates = {sighting for sighting, _ in hub.candidates}
    for attempt in attempts:
        if attempt.outcome is not Outcome.ACCEPTED or not _is_intake(attempt):
            continue
        found = by_reference[attempt.said]
        if found != 1:
            yield f"The intake {attempt.said} of {attempt.part} has {found} sightings at the hub."
        elif (sighting_of[attempt.said] in with_candidates) != (attempt.photo in LISTED):
            yield f"The intake {attempt.said} of {attempt.part} found the wrong thing in {attempt.photo}."


def _of_other_intakes(units: Sequence[UnitLook], attempts: Sequence[Attempt]) -> Iterator[str]:
    """A refused one has left nothing, a killed one everything or nothing."""
    for unit in units:
        own = Counter(attempt.outcome for attempt in attempts if unit.name.endswith(f"/{attempt.part}"))
        more = len(unit.intakes) - own[Outcome.ACCEPTED]
        if not 0 <= more <= own[Outcome.KILLED]:
            yield (
                f"{unit.name} has {len(unit.intakes)} intakes of {own[Outcome.ACCEPTED]} accepted and "
                f"{own[Outcome.KILLED]} killed."
            )


def _of_cases(hub: HubLook, attempts: Sequence[Attempt]) -> Iterator[str]:
    """Every accepted one is there and listed, every other whole or absent."""
    added = [attempt for attempt in attempts if not _is_intake(attempt)]
    accepted = {attempt.said for attempt in added if attempt.outcome is Outcome.ACCEPTED}
    killed = sum(attempt.outcome is Outcome.KILLED for attempt in added)
    for case in accepted.difference(hub.cases):
        yield f"The case {case} was accepted and is not there."
    if len(hub.cases) - 1 - len(accepted) not in range(killed + 1):
        yield f"The hub has {len(hub.cases)} cases of {len(accepted) + 1} accepted and {killed} killed."
    for case in hub.cases_without_template:
        yield f"The case {case} is there in part."
    for case in set(hub.cases).symmetric_difference(hub.published):
        yield f"The case {case} is registered or published, and not both."


def _of_sightings(hub: HubLook) -> Iterator[str]:
    yield from (f"The sighting {one} is there twice." for one in _repeated(one.id for one in hub.sightings))
    yield from (f"The envelope {one} is there twice." for one in _repeated(one.digest for one in hub.sightings))
    for sighting in hub.sightings:
        if sighting.audited != 1:
            yield f"The sighting {sighting.id} has {sighting.audited} entries in the audit trail."


def _of_reviews(hub: HubLook) -> Iterator[str]:
    """One for every candidate, and none else."""
    yield from (f"The review of {one} is there twice." for one in _repeated(hub.reviews))
    for pair in set(hub.reviews).symmetric_difference(hub.candidates):
        yield f"Of {pair} there is a candidate or a review, and not both."


def _of_unit(hub: HubLook, unit: UnitLook) -> Iterator[str]:
    """Each of its intakes is confirmed, and is the very sighting that the hub has. Its numbers have no gap."""
    if unit.messages or unit.waiting:
        yield f"{unit.name} has {unit.messages} messages that wait for a receipt and {unit.waiting} intakes for a list."
    received = [sighting for sighting in hub.sightings if sighting.unit == unit.name]
    here = {(intake.sighting, intake.digest) for intake in unit.intakes}
    there = {(sighting.id, sighting.digest) for sighting in received}
    yield from (f"{unit.name} made the sighting {one}, and the hub has none." for one, _ in here - there)
    yield from (f"The hub has the sighting {one}, which {unit.name} never made." for one, _ in there - here)
    for intake in unit.intakes:
        if intake.outcome != _COMMITTED:
            yield f"{unit.name} has the receipt {intake.outcome} of the sighting {intake.sighting}."
    numbers = sorted(sighting.sequence for sighting in received)
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"The numbers of {unit.name} at the hub have a gap."


def _of_version(hub: HubLook, unit: UnitLook) -> Iterator[str]:
    """The list on its disk, and the one that it works with, are the hub's newest."""
    if unit.list_version != hub.list_version:
        yield f"{unit.name} has list version {unit.list_version}, the hub {hub.list_version}."
    if hub.told_list_version.get(unit.name) != hub.list_version:
        yield f"{unit.name} says that it works with list version {hub.told_list_version.get(unit.name)}."


def _is_intake(attempt: Attempt) -> bool:
    return attempt.part != "hub"


def _repeated(items: Iterable[object]) -> list[object]:
    return [item for item, count in Counter(items).items() if count > 1]
