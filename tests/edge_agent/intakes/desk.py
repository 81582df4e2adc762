"""Intakes through the desk in this process, and what the hub would read of them."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from types import MappingProxyType

from edge_agent.bootstrap import Unit, build_desk, build_pipeline
from edge_agent.camera.files import FileCamera
from edge_agent.intakes.desk import IntakeDesk
from edge_agent.intakes.kept import Kept
from edge_agent.pipeline import Received
from edge_agent.sightings.request import record_request
from edge_agent.trusted_time import DAY, Milliseconds
from models.recogniser import Recogniser
from protocol.envelope import MessageType, Opened, open_envelope
from protocol.losses import Losses
from protocol.person import AgeBand, Sex
from protocol.sighting import LegalBasis, Sighting
from protocol.topics import UnitChannel
from tests.edge_agent.lists import SAMPLES
from tests.edge_agent.site import DECIDED, Site

BASIS = LegalBasis.BEST_INTERESTS
NINETY_DAYS: Mapping[LegalBasis, Milliseconds] = MappingProxyType({BASIS: 90 * DAY})


def desk_of(
    unit: Unit, *, stop_after: Milliseconds | None = None, keeping: Mapping[LegalBasis, Milliseconds] = NINETY_DAYS
) -> IntakeDesk:
    """The unit's desk, with other rules than its settings'."""
    desk = build_desk(unit)
    return replace(desk, rules=replace(desk.rules, stop_after=stop_after, keeping=keeping))


def take(
    unit: Unit, recogniser: Recogniser, photo: str, *, desk: IntakeDesk | None = None, keep: bool = False
) -> Received:
    """One intake of a sample photograph."""
    pipeline = build_pipeline(unit, recogniser)
    request = record_request(
        legal_basis=BASIS,
        basis_reference="F-12",
        facts=DECIDED,
        age_band=AgeBand.ADULT,
        sex=Sex.MALE,
        keep_template=keep,
    )
    pipeline = replace(pipeline, desk=desk or pipeline.desk)
    return pipeline.take(request, lambda: nullcontext(FileCamera(SAMPLES / photo, unit.clock.now)))


def opened(site: Site, unit: Unit, sequence: int, kind: MessageType) -> Opened:
    """A message of the outbox as the hub opens it."""
    envelope = unit.outbox.envelope(sequence)
    assert envelope is not None
    card = unit.identity.public
    return open_envelope(
        envelope,
        recipient=site.hub.repository.identity,
        find_sender=lambda name: card if name == card.name else None,
        expected=kind,
    )


def numbers_on(unit: Unit, channel: UnitChannel) -> list[int]:
    """What waits for the hub on one of its topics, in order."""
    return sorted(number for number in unit.outbox.pending(1000) if unit.outbox.channel(number) is channel)


def sightings(site: Site, unit: Unit) -> list[Sighting]:
    """All that wait for the hub, in order of their numbers."""
    numbers = numbers_on(unit, UnitChannel.SIGHTINGS)
    return [Sighting.from_bytes(opened(site, unit, number, MessageType.SIGHTING).payload) for number in numbers]


def losses(site: Site, unit: Unit) -> list[Losses]:
    """All loss records that wait for the hub."""
    numbers = numbers_on(unit, UnitChannel.LOSSES)
    return [Losses.from_bytes(opened(site, unit, number, MessageType.LOSS).payload) for number in numbers]


def records(unit: Unit) -> list[Kept]:
    """The kept records, opened."""
    contents = [unit.intakes.content("kept", number) for number in unit.intakes.numbers("kept", 1000)]
    return [Kept.from_bytes(content) for content in contents if content is not None]


def age_all(unit: Unit, drawer: str) -> None:
    """Let the time of every record end long ago."""
    with unit.database.transaction() as tables:
        tables.execute(f"UPDATE {drawer} SET erase_after = 1")
