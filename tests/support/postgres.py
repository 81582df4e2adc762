"""A real PostgreSQL of Debian's package: one server for each worker of the suite, a fresh database for each test."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import psycopg

from hub.db import Database
from tests.support.plain_user import NOBODY

_GUARD = Path(__file__).parents[2] / "hub" / "broker_guard.py"
_PROGRAMS = Path("/usr/lib/postgresql")  # Debian keeps each version's servers in a folder of its own.
_ADMINISTRATOR = "postgres"
_HUB = "hub"
_TEMPLATE = "migrated"
# What a power cut would take from a test may be lost, and the suite is the faster for it.
_CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0")


class Postgres:
    """A server on a Unix socket of its own, in a `with` statement.

    Root cannot run PostgreSQL: for root it runs as nobody. The hub's role owns its databases and is no superuser.
    """

    def __init__(self, *, careful: bool = False) -> None:
        """`careful`: every commit reaches the disk, as at a real hub."""
        # Not below pytest's own folder, which is closed to other users and too long for a socket's name.
        self.folder = Path(tempfile.mkdtemp(prefix="mca-pg-"))
        self._data = self.folder / "data"
        self._options = () if careful else _CARELESS
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._initialise()
            self.start()
            self.execute(f"CREATE ROLE {_HUB} LOGIN", f"CREATE DATABASE {_TEMPLATE} OWNER {_HUB}")
            template = Database(self.url(_TEMPLATE))
            template.migrate()
            template.close()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self.kill()
        shutil.rmtree(self.folder)

    def start(self) -> None:
        """Start it, and return when it answers."""
        settings = [
            "listen_addresses=",
            f"unix_socket_directories={self.folder}",
            f"log_directory={self.folder}",
            "max_connections=200",
            *self._options,
        ]
        options = [part for setting in settings for part in ("-c", setting)]
        # The guard ends the server with this process, even if this process is killed.
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [sys.executable, "-I", str(_GUARD), *_as_plain_user("postgres", "-D", str(self._data), *options)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + 60
        while not self._answers():
            assert self._server.poll() is None, f"PostgreSQL ended by itself:\n{self.log()}"
            assert time.monotonic() < deadline, f"PostgreSQL did not answer in 60 s:\n{self.log()}"
            time.sleep(0.01)

    @property
    def is_running(self) -> bool:
        """Whether it was started, and has not ended."""
        return self._server is not None and self._server.poll() is None

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._server is not None, "the server was not started"
        stop = _as_plain_user("pg_ctl", "-D", str(self._data), "-m", "immediate", "stop")
        subprocess.run(stop, check=False, capture_output=True)  # It may have ended by itself.
        self._server.communicate(timeout=60)
        self._server = None

    def log(self) -> str:
        """What it has written since it was first started."""
        return (self.folder / "log").read_text(errors="replace")

    def execute(self, *statements: str) -> None:
        """As the server's administrator."""
        with psycopg.connect(
            host=str(self.folder), user=_ADMINISTRATOR, dbname="postgres", autocommit=True
        ) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def url(self, name: str) -> str:
        """How the hub's settings name a database of this server."""
        return f"postgresql://{_HUB}@/{name}?host={self.folder}"

    @contextmanager
    def database(self, *, migrated: bool = True) -> Iterator[str]:
        """A new database's URL; the database is gone when the block ends. Without `migrated` it is empty."""
        url = self.create_database(migrated=migrated)
        try:
            yield url
        finally:
            self.execute(f"DROP DATABASE {url.partition('?')[0].rpartition('/')[2]} WITH (FORCE)")

    def create_database(self, *, migrated: bool = True) -> str:
        """A new database's URL; it is there until the server's folder goes."""
        name = f"hub_{secrets.token_hex(6)}"
        # Copying files is quicker than writing them to the log first, which is the default.
        source = f"TEMPLATE {_TEMPLATE} STRATEGY file_copy" if migrated else ""
        self.execute(f"CREATE DATABASE {name} OWNER {_HUB} {source}")
        return self.url(name)

    def _initialise(self) -> None:
        if os.geteuid() == 0:
            os.chown(self.folder, NOBODY, NOBODY)
        self.folder.chmod(0o755)
        subprocess.run(
            _as_plain_user(
                "initdb", "-D", str(self._data), "-U", _ADMINISTRATOR, "-A", "trust", "-E", "UTF8", "--locale=C",
                "--no-sync", "--no-instructions",
            ),
            check=True,
            capture_output=True,
        )  # fmt: skip

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True


def program(name: str) -> str:
    """A server program of the newest PostgreSQL on this machine."""
    found = sorted(_PROGRAMS.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    path = str(found[-1]) if found else shutil.which(name)
    assert path is not None, "PostgreSQL is not installed: run scripts/test, which installs it"
    return path


def _as_plain_user(name: str, *arguments: str) -> list[str]:
    command = [program(name), *arguments]
    if os.geteuid() != 0:
        return command
    # A program of its own, since the guard's Python may lie where only root may look.
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]
