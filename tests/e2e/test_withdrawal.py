"""A receipt is brought to another unit than the one that gave it: real units, a real hub, a broker that is a list."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from edge_agent.bootstrap import Unit, build_desk, build_pipeline, build_withdrawing, open_unit
from edge_agent.config import load_settings
from edge_agent.trusted_time import DAY
from hub.bootstrap import Services, build_ingest
from hub.erasure.model import BACKUPS
from hub.sites import EVERY_SITE
from models.pack import default_pack_path, load_pack
from models.recogniser import Recogniser
from protocol.envelope import MessageType, open_envelope
from protocol.receipt import Receipt
from protocol.sighting import LegalBasis
from protocol.topics import UnitChannel, unit_topic
from tests.edge_agent.consent.test_withdrawing import MOTHER, photograph
from tests.support.hub_site import OTHER_UNIT, UNIT, HubSite


@dataclass
class Wire:
    """Carries each side's messages to the other."""

    site: HubSite
    hub: Services
    units: tuple[Unit, ...]

    def __post_init__(self) -> None:
        self.down: list[tuple[str, bytes]] = []
        self.room = build_ingest(self.hub, lambda topic, envelope: self.down.append((topic, envelope)))

    def carry(self) -> None:
        """Up and down, until nobody has anything to say."""
        while self._up() or self._down():
            pass

    def _up(self) -> int:
        sent = [
            (unit_topic(unit.settings.unit, unit.outbox.channel(number)), unit.outbox.envelope(number) or b"")
            for unit in self.units
            for number in unit.outbox.pending(100)
        ]
        for topic, envelope in sent:
            self.room.receive(topic, envelope)
        receipts = [(topic, envelope) for topic, envelope in self.down if topic.endswith(UnitChannel.RECEIPTS)]
        self.down.clear()
        for unit in self.units:
            for topic, envelope in receipts:
                if topic == unit_topic(unit.settings.unit, UnitChannel.RECEIPTS):
                    opened = open_envelope(
                        envelope,
                        recipient=unit.identity,
                        find_sender=lambda _name: self.site.hub,
                        expected=MessageType.RECEIPT,
                    )
                    unit.outbox.settle(Receipt.from_bytes(opened.payload))
        return len(sent)

    def _down(self) -> int:
        orders: list[tuple[str, bytes]] = []
        self.hub.fleet.deliver(lambda topic, envelope: orders.append((topic, envelope)))
        for unit in self.units:
            for topic, envelope in orders:
                if topic == unit_topic(unit.settings.unit, UnitChannel.ERASURES):
                    opened = open_envelope(
                        envelope,
                        recipient=unit.identity,
                        find_sender=lambda _name: self.site.hub,
                        expected=MessageType.ERASURE,
                    )
                    build_withdrawing(unit).obey(opened)
        return len(orders)


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    site = HubSite(tmp_path, units=(UNIT, OTHER_UNIT))
    with ExitStack() as stack:
        hub = stack.enter_context(site.services())
        hub.fleet.refresh()
        settings = [load_settings(site.unit_folder(unit) / "edge.toml") for unit in (UNIT, OTHER_UNIT)]
        yield Wire(site, hub, tuple(stack.enter_context(open_unit(one)) for one in settings))


def test_receipt_brought_to_another_unit_leaves_something_somewhere(wire: Wire) -> None:
    first, second = wire.units
    recogniser = Recogniser(load_pack(default_pack_path()), threads=1)
    desk = build_desk(first)
    desk = replace(desk, rules=replace(desk.rules, keeping=dict.fromkeys(LegalBasis, 90 * DAY)))
    pipeline = replace(build_pipeline(first, recogniser), desk=desk)
    # Without a list the intake waits at the first unit, with its picture; the second is off the network.
    received = pipeline.take(MOTHER, photograph("obama2.jpg", first))
    build_withdrawing(second).take(received.receipt.text)
    assert first.intakes.counts().waiting == 1
    wire.carry()
    assert first.intakes.counts().waiting == 0
    assert [unit.outbox.counts().pending for unit in wire.units] == [0, 0]
    with wire.hub.database.read() as connection:
        (erasure,) = wire.hub.intakes.withdrawals.of_people(connection, EVERY_SITE)
        records = wire.hub.intakes.withdrawals.records(connection, erasure.id)
    assert {place.place: place.count for place in erasure.places if place.place.startswith("unit")} == {
        f"unit {UNIT}": 1,
        f"unit {OTHER_UNIT}": 0,
    }
    assert len(records) == 3
    wire.hub.intakes.ledger.follow_up()
    wire.hub.intakes.withdrawals.follow_up()
    with wire.hub.database.read() as connection:
        (erasure,) = wire.hub.intakes.withdrawals.of_people(connection, EVERY_SITE)
    assert {place.place for place in erasure.places if place.done_at is None} == {BACKUPS}
