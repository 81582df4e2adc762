import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.panel.light import Light
from edge_agent.supervision.explanations import EXPLANATIONS
from edge_agent.supervision.notify import ServiceManager, service_manager
from edge_agent.supervision.supervisor import Delivery, Supervisor
from faults import UnavailableError
from protocol.health import Alarm


class Systemd:
    """The socket on which systemd listens."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)

    def heard(self) -> list[str]:
        messages = []
        while True:
            try:
                messages.append(self.socket.recv(4096, socket.MSG_DONTWAIT).decode())
            except BlockingIOError:
                return messages


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    manager = Systemd(str(tmp_path / "notify"))
    yield manager
    manager.socket.close()


class Lamp:
    """A panel that remembers what it showed."""

    def __init__(self) -> None:
        self.shown: list[Light] = []

    def show(self, light: Light) -> None:
        self.shown.append(light)

    def close(self) -> None:
        pass


class Unit:
    """What a supervisor has around it, to be changed by a test."""

    def __init__(self, folder: Path) -> None:
        self.now = 0.0
        self.lamp = Lamp()
        self.faults: set[Alarm] = set()
        self.delivery = Delivery(connected=True, queued=False, full=False)
        self.alive = True
        self.disk_answers = True
        environment = {"NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": "3000000"}
        self.supervisor = Supervisor(
            manager=service_manager(environment, 7),
            panel=self.lamp,
            look=lambda: self.faults,
            delivery=self.read_delivery,
            living=(lambda: True, lambda: self.alive),
            monotonic=lambda: self.now,
            tested=frozenset({Alarm.DISK_WORN}),
        )

    def read_delivery(self) -> Delivery:
        if not self.disk_answers:
            raise UnavailableError("The disk does not answer.")
        return self.delivery

    def turn(self, seconds: float = 0) -> float:
        self.now += seconds
        return self.supervisor.turn() - self.now


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    return Unit(tmp_path)


def test_systemd_hears_ready_alive_and_stopping_in_turn(unit: Unit, systemd: Systemd) -> None:
    unit.supervisor.begin()
    assert unit.turn() <= 1  # Three times within what the watchdog bears.
    unit.supervisor.end()
    assert systemd.heard() == ["STATUS=Faults: disk-worn", "READY=1", "WATCHDOG=1", "STOPPING=1"]


def test_watchdog_is_not_fed_when_a_thread_is_gone(unit: Unit, systemd: Systemd) -> None:
    unit.supervisor.begin()
    systemd.heard()
    unit.alive = False
    unit.turn(1)
    assert systemd.heard() == []


def test_disk_that_does_not_answer_is_a_fault_on_the_light_and_no_reason_to_be_started_anew(
    unit: Unit, systemd: Systemd
) -> None:
    unit.disk_answers = False
    unit.turn()
    assert unit.lamp.shown == [Light.FAULT]
    assert "WATCHDOG=1" in systemd.heard()


def test_fault_that_stops_intakes_shows_on_the_light_until_it_is_mended(unit: Unit) -> None:
    unit.turn()
    unit.faults = {Alarm.CAMERA_LOST, Alarm.UNDER_VOLTAGE}
    unit.turn(60)
    assert unit.supervisor.faults == {Alarm.CAMERA_LOST, Alarm.UNDER_VOLTAGE, Alarm.DISK_WORN}
    unit.faults = {Alarm.UNDER_VOLTAGE}
    unit.turn(60)
    assert unit.lamp.shown == [Light.READY, Light.FAULT, Light.READY]


def test_light_follows_captures_and_one_that_was_killed_ends_by_itself(unit: Unit) -> None:
    unit.supervisor.capture(began=True)
    unit.turn()
    unit.turn(61)
    unit.supervisor.capture(began=True)
    unit.turn()
    unit.supervisor.capture(began=False)
    unit.turn()
    assert unit.lamp.shown == [Light.CAPTURING, Light.READY] * 2


def test_light_stays_red_after_the_capture_that_showed_the_camera_to_be_well(unit: Unit) -> None:
    unit.faults = {Alarm.CAMERA_COVERED}
    unit.turn()
    unit.supervisor.capture(began=True)
    unit.turn(1)
    unit.faults = set()
    unit.supervisor.capture(began=False)
    unit.turn(1)
    assert unit.lamp.shown == [Light.FAULT, Light.CAPTURING, Light.READY]


def test_program_that_systemd_did_not_start_tells_nobody() -> None:
    assert service_manager({}, 7) == ServiceManager(None, None)
    service_manager({}, 7).ready()


def test_watchdog_of_another_process_is_not_ours() -> None:
    environment = {"NOTIFY_SOCKET": "/run/none", "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "8"}
    assert service_manager(environment, 7).watchdog_seconds is None
    assert service_manager(environment, 8).watchdog_seconds == 3
    service_manager(environment, 8).alive()  # Nobody listens there: nothing is lost but this word.


def test_abstract_socket_of_systemd_is_understood() -> None:
    manager = Systemd("\0mca-test-notify")
    service_manager({"NOTIFY_SOCKET": "@mca-test-notify"}, 7).ready()
    assert manager.heard() == ["READY=1"]
    manager.socket.close()


@pytest.mark.parametrize("alarm", Alarm)
def test_every_fault_is_explained_to_staff_and_to_the_technician(alarm: Alarm) -> None:
    explanation = EXPLANATIONS[alarm]
    for sentence in (explanation.staff, explanation.technician):
        assert sentence[0].isupper() or sentence[0] == "`"
        assert sentence.endswith(".")
    assert explanation.staff != explanation.technician
    assert "`" not in explanation.staff  # No setting and no command for who cannot change one.
