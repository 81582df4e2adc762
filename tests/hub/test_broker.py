"""The broker that the hub runs itself: up again when it falls, gone when the hub is gone."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.atrest import load_vault
from hub.broker import BrokerFailedError, BrokerMissingError, EmbeddedBroker
from hub.broker_link import build_link
from protocol.topics import UnitChannel, unit_topic
from tests.support.broker import Broker
from tests.support.hub_site import OTHER_UNIT, HubSite
from tests.support.mqtt_client import UnitClient

# A hub that has nothing but a broker; it says the broker's number and then waits to be killed.
OWNER = """
import sys, threading
from pathlib import Path
from hub.broker import EmbeddedBroker

broker = EmbeddedBroker(Path(sys.argv[1]))
threading.Thread(target=broker.run, daemon=True).start()
sys.stdin.read()
"""


@pytest.fixture
def site(tmp_path: Path) -> HubSite:
    return HubSite(tmp_path)


@contextmanager
def running(site: HubSite) -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker(site.settings.broker_config)
    thread = threading.Thread(target=broker.run)
    thread.start()
    try:
        yield broker
    finally:
        broker.close()
        thread.join(20)
        assert not thread.is_alive()


def mosquittos(site: HubSite) -> list[int]:
    """The processes that run this site's broker."""
    folder = str(site.folder / "broker")
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").readlink() == Path(folder):
                command = (entry / "cmdline").read_bytes().split(b"\0")
                found += [int(entry.name)] if command[0].endswith(b"mosquitto") else []
        except OSError:
            continue  # It ended while we looked.
    return found


def wait_until(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def answers(site: HubSite) -> bool:
    link = build_link(site.settings, load_vault(site.settings.storage_key))
    link.start()
    try:
        return link.wait_until_ready(20)
    finally:
        link.stop()


def test_broker_serves_and_ends_when_told(site: HubSite) -> None:
    with running(site):
        assert answers(site)
        assert len(mosquittos(site)) == 1
    assert mosquittos(site) == []


def test_broker_that_was_killed_is_started_again(site: HubSite) -> None:
    with running(site):
        assert answers(site)
        (first,) = mosquittos(site)
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: set(mosquittos(site)) - {first})
        assert answers(site)


def test_broker_ends_with_a_hub_that_was_killed(site: HubSite) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(site.settings.broker_config)], stdin=subprocess.PIPE)
    try:
        wait_until(lambda: mosquittos(site))
    finally:
        owner.kill()
        owner.wait()
        assert owner.stdin is not None
        owner.stdin.close()
    wait_until(lambda: not mosquittos(site))


def test_unit_that_is_provisioned_later_is_let_in_after_a_reload(site: HubSite) -> None:
    with running(site) as broker:
        assert answers(site)
        site.add_unit(OTHER_UNIT)
        broker.reload()
        link = build_link(site.settings, load_vault(site.settings.storage_key))
        link.start()
        assert link.wait_until_ready(20)
        with UnitClient(site.unit_folder(OTHER_UNIT), OTHER_UNIT, site.settings.broker_port) as unit:
            topic = unit_topic(OTHER_UNIT, UnitChannel.HEALTH)

            def heard() -> bool:
                unit.say(topic, b"hello")
                delivery = link.next_delivery(0.2)
                return delivery is not None and delivery.topic == topic

            wait_until(heard)
        link.stop()


def test_reload_and_close_of_a_broker_that_never_ran_do_nothing(site: HubSite) -> None:
    broker = EmbeddedBroker(site.settings.broker_config)
    broker.reload()
    broker.close()
    broker.run()
    assert mosquittos(site) == []


def test_port_that_another_broker_holds_is_reported_in_the_brokers_words(site: HubSite) -> None:
    with Broker(site.folder), pytest.raises(BrokerFailedError, match="Address already in use"):
        EmbeddedBroker(site.settings.broker_config).run()


def test_damaged_configuration_is_reported_and_not_tried_for_ever(site: HubSite) -> None:
    configuration = site.settings.broker_config
    configuration.write_text(
        re.sub("^persistence true", "persistence perhaps", configuration.read_text(), flags=re.MULTILINE)
    )
    with pytest.raises(BrokerFailedError, match="does not stay up"):
        EmbeddedBroker(configuration).run()


def test_missing_program_or_configuration_is_named(
    site: HubSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BrokerMissingError, match="mca provision init"):
        EmbeddedBroker(tmp_path / "mosquitto.conf")
    monkeypatch.setattr("hub.broker._SYSTEM_FOLDERS", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BrokerMissingError, match="apt install mosquitto"):
        EmbeddedBroker(site.settings.broker_config)
