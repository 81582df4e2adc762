"""What befalls PostgreSQL under a hub that runs on it."""

from collections.abc import Callable
from random import Random

from tests.chaos.faults.kind import Apply, pause
from tests.chaos.site import Site
from tests.chaos.work import Work
from tests.support.postgres import Postgres

_OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = 'hub'"
_LEADER = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 2 AND objsubid = 1"


def _befalls(disturb: Callable[[Postgres], None]) -> Apply:
    def apply(site: Site, work: Work, draw: Random) -> None:
        assert site.postgres is not None, "this kind of fault needs PostgreSQL"
        work.start()
        pause(draw)
        disturb(site.postgres)

    return apply


DATABASES: dict[str, Apply] = {
    "database killed": _befalls(Postgres.kill),
    "connections to the database cut": _befalls(lambda postgres: postgres.execute(_OTHERS)),
    "connection of the leader cut": _befalls(lambda postgres: postgres.execute(_LEADER)),
}
