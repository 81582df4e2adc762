"""The agent as systemd starts it, and what the hub and the light learn of a unit's faults."""

import os
import socket
from configparser import ConfigParser
from dataclasses import replace
from pathlib import Path

import pytest

from edge_agent.bootstrap import Unit, unit_body
from edge_agent.camera.source import CameraChoice
from edge_agent.config import load_settings
from edge_agent.link.wake import Tap, wake_agent
from edge_agent.panel.protocol import NoPanel
from edge_agent.supervision.wiring import CameraPresence, open_panel, standing_faults
from protocol.health import Alarm
from tests.edge_agent.site import Site
from tests.support.hub_simulator import PATIENCE, HubPeer, wait_until


def test_systemd_is_told_that_the_agent_is_ready_lives_and_stops_and_nothing_while_it_hangs(
    listed: Site, tmp_path: Path
) -> None:
    """It hangs where it looks for a list that another process has installed: what it reads there never ends."""
    address, installed = str(tmp_path / "notify"), listed.data / "watchlist" / "installed.json"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address)
        systemd.settimeout(60 * PATIENCE)
        heard: list[str] = []

        def next_word() -> str:
            heard.append(systemd.recv(4096).decode())
            return heard[-1]

        with listed.start("run", changes={"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "300000"}) as agent:
            while heard.count("WATCHDOG=1") < 3:
                next_word()
            agent.wait_for("watchlist.synced")  # Nothing is installed any more in the pipe's place.
            content = installed.read_bytes()
            installed.unlink()
            os.mkfifo(installed)
            wake_agent(listed.data)
            with os.fdopen(wait_until(lambda: writer_of(installed)), "wb") as end_of_pipe:
                systemd.settimeout(1)  # Three times what the watchdog bears.
                with pytest.raises(TimeoutError):
                    hear_all(systemd)
                end_of_pipe.write(content)
            systemd.settimeout(60 * PATIENCE)
            assert next_word() == "WATCHDOG=1"
            wake_agent(listed.data, Tap.CAPTURE_BEGAN)
            assert agent.stop() == 0
        while heard[-1] != "STOPPING=1":
            next_word()
    assert heard.index("READY=1") < heard.index("WATCHDOG=1")


def hear_all(systemd: socket.socket) -> None:
    """Raises TimeoutError when nothing more comes."""
    while systemd.recv(4096):
        pass


def writer_of(pipe: Path) -> int | None:
    """Of a pipe that somebody reads."""
    try:
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None


def test_hub_learns_of_a_lost_camera_and_a_panel_that_is_not_there(listed: Site, peer: HubPeer) -> None:
    changes = {"MCA_EDGE_CAMERA": "77", "MCA_EDGE_PANEL_SHUTTER_PIN": "17", "MCA_EDGE_HEARTBEAT_SECONDS": "1"}
    with listed.start("run", changes=changes) as agent:
        (report, *_) = wait_until(lambda: list(peer.health), seconds=60)
        assert {str(Alarm.CAMERA_LOST), str(Alarm.PANEL_MISSING)} <= set(report.alarms)
        told = {event["code"] for event in agent.wait_for("fault.stands", times=2)}
        assert told >= {"camera-lost", "panel-missing"}
        assert agent.stop() == 0


def test_camera_that_is_pulled_out_between_intakes_is_missed_at_the_next_child(unit: Unit, tmp_path: Path) -> None:
    # A recording in the place of a camera: it is there as long as its file is.
    camera, elsewhere = tmp_path / "camera.avi", tmp_path / "pulled-out"
    camera.touch()
    body = replace(unit_body(unit), camera=CameraChoice(str(camera)))
    presence = CameraPresence(body)
    assert Alarm.CAMERA_LOST not in standing_faults(body, presence)
    camera.rename(elsewhere)
    assert Alarm.CAMERA_LOST in standing_faults(body, presence)
    elsewhere.rename(camera)
    assert Alarm.CAMERA_LOST not in standing_faults(body, presence)
    # There, and it does not open: the intake says so, and that it is there does not end it.
    body.notes.settle({Alarm.CAMERA_LOST}, {Alarm.CAMERA_LOST})
    assert Alarm.CAMERA_LOST in standing_faults(body, presence)


def test_unit_without_pins_has_no_panel_and_no_fault(site: Site) -> None:
    panel, faults = open_panel(load_settings(site.unit / "edge.toml"), on_tamper=lambda: None)
    assert isinstance(panel, NoPanel)
    assert not faults


def test_service_starts_where_the_panels_library_cannot_write() -> None:
    service = ConfigParser(strict=False, interpolation=None)
    service.read(Path(__file__).parents[3] / "firmware_config" / "mca-edge.service")
    assert service["Service"]["WorkingDirectory"] == f"/run/{service['Service']['RuntimeDirectory']}"
