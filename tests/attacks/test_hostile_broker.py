"""Attacks of whoever runs the broker, by name."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge_agent.sightings.outbox import Counts
from edge_agent.trusted_time import DAY, LONGEST_ROUND_TRIP
from hub.audit.service import AuditAction
from protocol import cbor
from protocol.envelope import MessageType, digest, seal
from protocol.receipt import Receipt, Verdict
from protocol.topics import UnitChannel, unit_topic
from tests.attacks.hostile_broker import Packet, Theatre, impostor, theatre
from tests.support.hub_site import OTHER_UNIT, UNIT

RECEIPTS = unit_topic(UNIT, UnitChannel.RECEIPTS)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Theatre]:
    with theatre(tmp_path) as made:
        yield made


def sent(stage: Theatre, *, found: bool = True) -> Packet:
    """An intake, as its envelope reaches the broker."""
    stage.unit.keep(stage.sighting(found=found))
    (packet,) = stage.unit.due()
    return packet


def flipped(packet: Packet, place: int) -> Packet:
    data = bytearray(packet.payload)
    data[place % len(data)] ^= 1 << place % 8
    return replace(packet, payload=bytes(data))


def test_replayed_sighting(stage: Theatre) -> None:
    packet = sent(stage)
    for _ in range(3):
        stage.hub_hears(packet)
    assert (stage.count("sightings"), stage.count("reviews")) == (1, 1)
    for answer in stage.answers():
        stage.unit_hears(answer)
    assert stage.unit.outbox.counts() == Counts(pending=0, receipts=1)
    assert stage.unit.rejected == []
    # Long after the unit has forgotten it: still the same receipt, and no second child.
    stage.site.clock.now += 400 * DAY
    stage.hub_hears(packet)
    assert (stage.count("sightings"), len(stage.answers())) == (1, 1)


@pytest.mark.parametrize("verdict", Verdict)
def test_forged_receipt(stage: Theatre, verdict: Verdict) -> None:
    packet = sent(stage)
    receipt = Receipt(digest(packet.payload), 5, verdict).to_bytes()
    for sender in (impostor("bd"), impostor("nobody"), stage.other.identity, stage.unit.identity):
        forged = seal(
            receipt,
            message_type=MessageType.RECEIPT,
            sender=sender,
            recipient=stage.unit.identity.public,
            sequence=1,
            now=5,
        )
        stage.unit_hears(Packet(RECEIPTS, forged))
    assert stage.unit.rejected == ["BadSignatureError", *["UnknownSenderError"] * 3]
    assert stage.unit.outbox.counts() == Counts(pending=1, receipts=0)
    assert stage.unit.clock.moment().latest is None


def test_receipt_with_another_verdict_put_into_it(stage: Theatre) -> None:
    stage.hub_hears(sent(stage))
    (receipt,) = stage.answers()
    for place in range(0, 8 * len(receipt.payload), 11):
        stage.unit_hears(flipped(receipt, place))
    assert stage.unit.outbox.counts().pending == 1
    stage.unit_hears(receipt)
    assert stage.unit.outbox.counts() == Counts(pending=0, receipts=1)


def test_receipt_of_another_unit(stage: Theatre) -> None:
    mine = sent(stage)
    stage.other.keep(replace(stage.site.unit(OTHER_UNIT).sighting(), captured=stage.other.clock.moment()))
    (others,) = stage.other.due()
    stage.hub_hears(others)
    (receipt,) = stage.answers()
    assert receipt.topic == unit_topic(OTHER_UNIT, UnitChannel.RECEIPTS)
    stage.unit_hears(Packet(RECEIPTS, receipt.payload))
    assert stage.unit.rejected == ["WrongRecipientError"]
    assert stage.unit.outbox.envelope(1) == mine.payload


def test_receipt_of_another_message(stage: Theatre) -> None:
    first, second = sent(stage), sent(stage)
    stage.hub_hears(second)
    (receipt,) = stage.answers()
    stage.unit_hears(receipt)
    stage.unit_hears(receipt)
    assert stage.unit.outbox.pending(10) == [1]
    assert stage.unit.outbox.envelope(1) == first.payload


def test_delayed_receipt(stage: Theatre) -> None:
    stage.hub_hears(sent(stage))
    (held,) = stage.answers()
    stage.unit.elapsed += 40_000
    stage.units_speak()
    stage.hub_hears(stage.for_hub.pop())
    (again,) = stage.answers()
    stage.unit_hears(again)
    known = stage.unit.clock.moment()
    stage.unit_hears(held)
    # The unit forgot once, took the late one for the repetition it is, and its clock did not go back.
    assert stage.unit.outbox.counts() == Counts(pending=0, receipts=1)
    assert stage.unit.rejected == []
    assert stage.unit.clock.moment() == known


def test_one_unit_publishing_as_another(stage: Theatre) -> None:
    """Where the access list is the attacker's own; tests/provisioning/test_broker_access.py has the real one."""
    stage.other.keep(replace(stage.site.unit(OTHER_UNIT).sighting(), captured=stage.other.clock.moment()))
    (packet,) = stage.other.due()
    mine = unit_topic(UNIT, UnitChannel.SIGHTINGS)
    stage.hub_hears(Packet(mine, packet.payload))
    stage.unit.keep(replace(stage.sighting(), unit=OTHER_UNIT))
    (lying,) = stage.unit.due()
    stage.hub_hears(lying)
    assert stage.audited(AuditAction.MESSAGE_REJECTED) == [(UNIT, "WrongTopicError"), (UNIT, "FieldError")]
    assert stage.count("sightings") == 0


def test_forged_will(stage: Theatre) -> None:
    stage.hub_hears(stage.unit.report())
    presence = unit_topic(UNIT, UnitChannel.PRESENCE)
    stage.hub_hears(Packet(presence, b""))
    health = stage.state().health
    assert health is not None
    assert health.gone_at is not None
    # That is all it does: what the unit sends is taken as before, and its next report clears it.
    stage.hub_hears(sent(stage))
    stage.hub_hears(stage.unit.report())
    health = stage.state().health
    assert (stage.count("reviews"), health is not None and health.gone_at) == (1, None)
    stage.hub_hears(Packet(presence, b"switched off by order of the desk"))
    stage.hub_hears(Packet(unit_topic(UNIT, UnitChannel.HEALTH), b""))
    assert (UNIT, "FieldError") in stage.audited(AuditAction.MESSAGE_REJECTED)


def test_time_that_is_held_back_forged_or_played_again(stage: Theatre) -> None:
    stage.site.clock.now = stage.unit.clock.now() + 200 * DAY
    stage.hub_hears(stage.unit.report())
    (held,) = stage.answers()
    stage.unit.elapsed += LONGEST_ROUND_TRIP + 1
    stage.unit_hears(held)
    assert stage.unit.clock.moment().latest is None
    # It was no lie, though: it is no earlier than when the hub said it.
    assert stage.unit.clock.moment().earliest >= stage.site.clock.now
    stage.site.clock.now += DAY
    stage.hub_hears(stage.unit.report())
    (fresh,) = stage.answers()
    for wrong in (held, flipped(fresh, 4321)):
        stage.unit_hears(wrong)
    assert stage.unit.clock.moment().latest is None
    stage.unit_hears(fresh)
    latest = stage.unit.clock.moment().latest
    assert latest is not None
    assert latest - stage.site.clock.now <= LONGEST_ROUND_TRIP
    stage.unit_hears(fresh)
    assert stage.unit.rejected[-1] == "ReplayedError"


def test_messages_held_back_for_ever_are_seen_at_the_hub(stage: Theatre) -> None:
    for _ in range(4):
        stage.hold([sent(stage)])
    first, _, _, last = stage.for_hub
    stage.hub_hears(last)
    assert stage.state().delivery.missing == (range(1, 4),)
    stage.hub_hears(first)
    stage.hub_hears(stage.unit.report())
    assert stage.state().delivery.missing == (range(2, 4),)
    stage.unit.keep(stage.sighting())
    # Also the newest, by the unit's own count.
    stage.hub_hears(stage.unit.report())
    assert stage.state().delivery.missing == (range(2, 4), range(5, 6))


def test_broker_that_reads_everything(stage: Theatre) -> None:
    kept = [stage.sighting(found=found) for found in (False, True, False)]
    for sighting in kept:
        stage.unit.keep(sighting)
    stage.units_speak()
    stage.hold([stage.unit.report()])
    for packet in stage.for_hub:
        stage.hub_hears(packet)
    envelopes = [packet.payload for packet in stage.for_hub[:3]]
    assert len({len(envelope) for envelope in envelopes}) == 1
    secrets = [case.encode() for case in stage.case] + [sighting.reference.encode() for sighting in kept]
    for payload in stage.seen:
        assert not [secret for secret in secrets if secret in payload]
    # What it can read of one message of the unit is what it reads of every other: no number tells the order.
    addresses = set()
    for envelope in envelopes:
        match cbor.decode(envelope, limit=len(envelope)):
            case ["mca", bytes() as signed, bytes()]:
                match cbor.decode(signed, limit=len(signed)):
                    case [bytes() as address, bytes()]:
                        addresses.add(address)
    assert len(addresses) == 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_broker_that_alters_drops_reorders_and_repeats_loses_and_doubles_nothing(stage: Theatre, seed: int) -> None:
    chance = random.Random(seed)
    wanted = {}
    for number in range(10):
        sighting = stage.sighting(found=number % 3 == 0)
        wanted[sighting.sighting_id] = len(sighting.candidates)
        stage.unit.keep(sighting)
    for _ in range(120):
        misbehave(stage, chance)
    while stage.unit.outbox.counts().pending:
        behave(stage)
    with stage.hub.database.read() as connection:
        found = {sighting: len(stage.hub.sightings.sighting(connection, sighting).candidates) for sighting in wanted}
    assert found == wanted
    assert stage.count("sightings") == len(wanted)
    assert stage.count("reviews") == sum(wanted.values())
    assert stage.unit.outbox.counts() == Counts(pending=0, receipts=len(wanted))
    delivery = stage.state().delivery
    assert (delivery.missing_count, delivery.refused, delivery.lost) == (0, 0, 0)


def misbehave(stage: Theatre, chance: random.Random) -> None:
    """One thing that a broker may do to somebody's message."""
    stage.unit.elapsed += chance.randrange(40_000)
    if chance.random() < 0.2:
        stage.hold([stage.unit.report()])
    stage.units_speak()
    queue, hear = chance.choice([(stage.for_hub, stage.hub_hears), (stage.for_units, stage.unit_hears)])
    if not queue:
        return
    packet = queue[chance.randrange(len(queue))]  # Whichever: order means nothing here.
    what = chance.choice(["deliver", "repeat", "drop", "alter", "misdirect"])
    if what in {"deliver", "drop"}:
        queue.remove(packet)
    if what in {"deliver", "repeat"}:
        hear(packet)
    if what == "alter":
        hear(flipped(packet, chance.randrange(10**6)))
    if what == "misdirect" and queue is stage.for_hub:
        hear(replace(packet, topic=unit_topic(OTHER_UNIT, UnitChannel.SIGHTINGS)))


def behave(stage: Theatre) -> None:
    """Deliver everything, once and in order."""
    stage.unit.elapsed += 3_600_000
    stage.units_speak()
    for packet in stage.for_hub:
        stage.hub_hears(packet)
    stage.for_hub.clear()
    for answer in stage.answers():
        stage.unit_hears(answer)
