"""Joins what ends intakes; `hub.bootstrap` calls it."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from hub.clock import Clock
from hub.db import Database
from hub.erasure.at_once import OwnErasures, Rejections
from hub.erasure.clock_watch import ClockWatch
from hub.erasure.found_children import FoundErasing, Registrations
from hub.erasure.intakes import IntakeErasing
from hub.erasure.ledger import ErasureLedger
from hub.erasure.neighbours import IntakeAlerts, IntakeReviews
from hub.erasure.own_part import OwnPart
from hub.erasure.requests import ErasureRequests
from hub.erasure.retention import IntakeDays, IntakeRetention
from hub.erasure.service import ErasureService
from hub.erasure.withdrawals import Withdrawals
from hub.erasure.word import HubWord
from hub.erasure.worker import RetentionWorker
from hub.fleet.service import FleetService
from hub.ingest.service import SightingEraser
from protocol.ids import HubId
from protocol.keys import PrivateIdentity


@dataclass(frozen=True, slots=True)
class IntakeEnds:
    """How intakes and registrations of found children end, and the ledger of it all."""

    withdrawals: Withdrawals
    requests: ErasureRequests
    retention: IntakeRetention
    rejections: Rejections
    ledger: ErasureLedger


def build_intake_ends(
    database: Database,
    identity: PrivateIdentity,
    *,
    reviews: IntakeReviews,
    alerts: IntakeAlerts,
    found: Registrations,
    fleet: FleetService,
    cases: ErasureService,
    days: IntakeDays,
    backup_days: int,
    ledger: Path,
    clock: Clock,
    zone: tzinfo,
) -> IntakeEnds:
    """`cases`: how cases end; `ledger`: its file; `zone`: the desk's."""
    sightings, entropy, hub = SightingEraser(zone), secrets.token_bytes, HubId(identity.name)
    word = HubWord(identity)
    own = OwnErasures(word, entropy)
    erasing = IntakeErasing(sightings, reviews, alerts)
    withdrawals = Withdrawals(
        database,
        OwnPart(erasing, FoundErasing(found, cases), word),
        fleet,
        word,
        hub=hub,
        clock=clock,
        entropy=entropy,
        backup_days=backup_days,
    )
    return IntakeEnds(
        withdrawals=withdrawals,
        requests=ErasureRequests(sightings, withdrawals, entropy),
        retention=IntakeRetention(database, erasing, found, own, days, clock=clock, hub=hub),
        rejections=Rejections(found, own),
        ledger=ErasureLedger(ledger, database, identity, cases, withdrawals, clock=clock),
    )


def build_retention(
    database: Database,
    cases: ErasureService,
    ends: IntakeEnds,
    clock: Clock,
    monotonic: Callable[[], float],
    *,
    hub: HubId,
) -> RetentionWorker:
    """What ends by itself in the running hub."""
    watch = ClockWatch(database, clock, monotonic, hub=hub)
    return RetentionWorker([cases, ends.retention], [cases, ends.withdrawals, ends.ledger], watch, clock)
