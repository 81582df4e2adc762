"""The two kinds of database that a hub runs on, each as careful as at a real hub."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.postgres import Postgres


@contextmanager
def opened_database(name: str) -> Iterator[str | None]:
    """The address of an empty PostgreSQL for "postgresql"; None for "sqlite", which is a file of the hub's folder."""
    if name == "sqlite":
        yield None
        return
    with Postgres(careful=True) as server, server.database() as url:
        yield url
