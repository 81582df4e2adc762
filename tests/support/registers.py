"""The rooms of the two registers on a desk's database, with nothing published to any unit."""

import secrets
from functools import cache

from sqlalchemy import Connection

from hub.atrest import Vault
from hub.cases.service import CaseService, PhotographReader, Register, Retention
from hub.clock import Clock
from hub.db import Database
from hub.desk import RegisterRooms
from hub.erasure.service import ErasureService, Reviews
from hub.exchange.service import ExchangeService
from hub.fleet.service import FleetService
from hub.matching.service import RegisterMatches
from hub.watchlist.service import Published
from models.pack import Pack, default_pack_path, load_pack
from protocol.ids import CaseId, HubId, SliceName

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
    database: Database, vault: Vault, fleet: FleetService, reviews: Reviews, clock: Clock
) -> RegisterRooms:
    """Wired as the composition root wires them."""
    hub, entropy = HubId("bd"), secrets.token_bytes
    cases = CaseService(
        database,
        vault,
        PhotographReader(_pack()),
        clock=clock,
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
    return RegisterRooms(cases, matches, exchange, erasure)


@cache
def _pack() -> Pack:
    return load_pack(default_pack_path())
