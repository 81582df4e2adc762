"""A publication that is cut off at any moment leaves the repository as it was, or as it should become."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine import Engine

from hub.bootstrap import Services
from hub.db import DatabaseUnavailableError
from tests.support.hub_site import HubSite, register
from tests.support.tuf_unit import DirectFetcher, TufUnit

# Registers a case and publishes, again and again, until it is killed.
PUBLISHER = """
import sys
from pathlib import Path
from hub.bootstrap import build_services
from hub.config import load_settings
from tests.support.hub_site import register

services = build_services(load_settings(Path(sys.argv[1])))
print("ready", flush=True)
for number in range(10_000):
    case = register(services, f"{sys.argv[2]}-{number}")
    services.watchlist.publish("loop")
    if number % 3 == 2:
        with services.database.begin() as connection:
            services.cases.mark_located(connection, case, "tester", 1)
        services.watchlist.publish("loop")
"""


def test_killed_publisher_leaves_a_repository_that_a_unit_accepts(tmp_path: Path) -> None:
    site = HubSite(tmp_path)
    chance = random.Random(7)
    for round_number in range(4):
        publisher = subprocess.Popen(
            [sys.executable, "-c", PUBLISHER, str(site.config), str(round_number)],
            env=site.environment(MCA_LOG_LEVEL="error"),
            stdout=subprocess.PIPE,
        )
        assert publisher.stdout is not None
        assert publisher.stdout.readline() == b"ready\n"
        # No condition to wait for: any moment is as good a moment to die as another.
        time.sleep(chance.uniform(0.05, 0.6))
        os.kill(publisher.pid, signal.SIGKILL)
        publisher.wait()
        publisher.stdout.close()
        with site.services() as hub:
            unit = TufUnit(tmp_path / "unit", site, DirectFetcher(hub.watchlist), unit=site.unit().identity)
            with hub.database.read() as connection:
                published = hub.watchlist.versions(connection).list_version
            if published:
                unit.cases()
            hub.watchlist.publish("after the crash")
            with hub.database.read() as connection:
                listed = set(hub.cases.listed_digests(connection, hub.settings.slices[0], every_pack=True))
            assert unit.cases() == listed


def statements_of(engine: Engine, fail_at: int) -> list[str]:
    """Let the statement of this number fail as on a full disk; returns the list in which statements are counted."""
    seen: list[str] = []

    def before(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)
        if len(seen) == fail_at:
            raise sqlite3.OperationalError("database or disk is full")

    event.listen(engine, "before_cursor_execute", before)
    return seen


def test_disk_that_fails_at_any_step_leaves_the_last_publication(tmp_path: Path) -> None:
    site = HubSite(tmp_path)
    with site.services() as hub:
        first = register(hub, "one")
        hub.watchlist.publish("before")
        unit = TufUnit(tmp_path / "unit", site, DirectFetcher(hub.watchlist), unit=site.unit().identity)
        with hub.database.begin() as connection:
            hub.cases.mark_located(connection, first, "tester", 1)
        second = register(hub, "two")
        engine = hub.database._engine
        step, published = 0, False
        while not published:
            step += 1
            seen = statements_of(engine, fail_at=step)
            try:
                hub.watchlist.publish("attempt")
                published = True
            except (DatabaseUnavailableError, sqlite3.OperationalError):
                assert len(seen) >= step
            finally:
                engine.dispatch.before_cursor_execute.clear()
            if not published:
                assert unit.cases() == {first}
        assert step > 20
        assert unit.cases() == {second}


def test_two_publishers_at_once_do_not_undo_each_other(tmp_path: Path) -> None:
    site = HubSite(tmp_path)
    with site.services() as one, site.services() as other:

        def work(services: Services, name: str) -> None:
            for number in range(8):
                register(services, f"{name}-{number}")
                services.watchlist.publish(name)

        with ThreadPoolExecutor() as pool:
            for done in [pool.submit(work, one, "one"), pool.submit(work, other, "other")]:
                done.result()
        unit = TufUnit(tmp_path / "unit", site, DirectFetcher(one.watchlist), unit=site.unit().identity)
        with one.database.read() as connection:
            assert one.watchlist.versions(connection).list_version <= 16
        assert len(unit.cases()) == 16


def test_reader_sees_every_publication_whole(tmp_path: Path) -> None:
    site = HubSite(tmp_path)
    with site.services() as hub:
        hub.watchlist.publish("first")
        done = threading.Event()

        def publish_many() -> None:
            for number in range(12):
                register(hub, str(number))
                hub.watchlist.publish("more")
            done.set()

        writer = threading.Thread(target=publish_many)
        writer.start()
        unit = TufUnit(tmp_path / "unit", site, DirectFetcher(hub.watchlist), unit=site.unit().identity)
        sizes = []
        while not done.is_set():
            sizes.append(len(unit.cases()))
        writer.join()
        assert sizes == sorted(sizes)
        assert len(unit.cases()) == 12
