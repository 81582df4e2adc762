"""The rooms of the two registers on a desk's database, with nothing published to any unit."""

import secrets
import time
from collections.abc import Callable
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection

from hub.atrest import Vault
from hub.cases.service import CaseService, PhotographReader, Register, Retention
from hub.clock import Clock
from hub.db import Database
from hub.desk import RegisterRooms
from hub.dispatch.service import DispatchService
from hub.erasure.retention import IntakeDays
from hub.erasure.service import ErasureService
from hub.erasure.wiring import build_intake_ends, build_retention
from hub.erasure.worker import RetentionWorker
from hub.exchange.service import ExchangeService
from hub.fleet.service import FleetService
from hub.found.service import FoundService
from hub.matching.service import RegisterMatches
from hub.review.service import ReviewService
from hub.watchlist.service import Published
from models.pack import Pack, default_pack_path, load_pack
from protocol.ids import CaseId, HubId, SliceName
from protocol.keys import OpeningKey, PrivateIdentity, SigningKey

if TYPE_CHECKING:
    from tests.support.desk import Desk

IDENTITY: Final = PrivateIdentity("bd", SigningKey(b"\7" * 32), OpeningKey(b"\7" * 96))

RETENTION = Retention(
    search={Register.MISSING: 1825, Register.FOUND: 730}, record={Register.MISSING: 365, Register.FOUND: 180}
)


class NothingPublished:
    """A list that names nobody."""

    def versions(self, _connection: Connection, /) -> Published:
        """The first version."""
        return Published(1, 1, changed=False)

    def is_listed(self, _connection: Connection, _case: CaseId, /) -> bool:
        """Nobody is."""
        return False

    def may_hold(self, _connection: Connection, _case: CaseId, /) -> bool:
        """Nobody."""
        return False


def register_rooms(
    database: Database,
    vault: Vault,
    *,
    fleet: FleetService,
    reviews: ReviewService,
    alerts: DispatchService,
    clock: Clock,
    ledger: Path,
) -> RegisterRooms:
    """Wired as the composition root wires them."""
    hub, entropy = HubId("bd"), secrets.token_bytes
    cases = CaseService(
        database,
        vault,
        PhotographReader(_pack()),
        clock=clock,
        listing_clock=clock,
        entropy=entropy,
        hub=hub,
        slices=[SliceName("bd/missing")],
        slice_days=90,
        retention=RETENTION,
    )
    matches = RegisterMatches(cases)
    exchange = ExchangeService(
        database,
        cases,
        clock=clock,
        entropy=entropy,
        hub=hub,
        domain="desk.example",
        default_slice=SliceName("bd/missing"),
    )
    erasure = ErasureService(
        database,
        cases,
        matches,
        exchange,
        NothingPublished(),
        reviews=reviews,
        fleet=fleet,
        clock=clock,
        entropy=entropy,
        hub=hub,
        backup_days=90,
    )
    intakes = build_intake_ends(
        database,
        IDENTITY,
        reviews=reviews,
        alerts=alerts,
        found=FoundService(database, vault, cases, clock),
        fleet=fleet,
        cases=erasure,
        days=IntakeDays(),
        backup_days=90,
        ledger=ledger,
        clock=clock,
        zone=UTC,
    )
    return RegisterRooms(cases, matches, exchange, erasure, intakes)


@cache
def _pack() -> Pack:
    return load_pack(default_pack_path())


def retention_of(desk: "Desk", monotonic: Callable[[], float] = time.monotonic) -> RetentionWorker:
    """What ends by itself at a desk. `monotonic`: seconds that go evenly."""
    rooms = desk.registers
    return build_retention(desk.database, rooms.erasure, rooms.intakes, desk.clock, monotonic, hub=HubId("bd"))
