import socket
import threading
from pathlib import Path
from queue import SimpleQueue

import pytest

from edge_agent.link.lock import AgentRunningError, only_agent
from edge_agent.link.wake import Tap, WakeListener, wake_agent


def test_tap_reaches_the_agent_in_a_folder_with_a_long_name(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    tapped = threading.Event()
    listener = WakeListener(folder, lambda _tap: tapped.set())
    wake_agent(folder)
    assert tapped.wait(60)
    listener.close()


def test_tap_without_an_agent_is_nothing(tmp_path: Path) -> None:
    wake_agent(tmp_path)
    WakeListener(tmp_path, lambda _tap: None).close()
    assert (tmp_path / "agent.sock").exists()  # As after kill -9.
    wake_agent(tmp_path)


def test_socket_left_by_a_killed_agent_is_replaced(tmp_path: Path) -> None:
    WakeListener(tmp_path, lambda _tap: None).close()
    tapped = threading.Event()
    listener = WakeListener(tmp_path, lambda _tap: tapped.set())
    wake_agent(tmp_path)
    assert tapped.wait(60)
    listener.close()


def test_second_agent_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with only_agent(tmp_path), pytest.raises(AgentRunningError, match="already running"), only_agent(tmp_path):
        pass
    with only_agent(tmp_path):
        pass


def test_taps_are_told_apart_and_a_strange_one_is_nothing(tmp_path: Path) -> None:
    taps: SimpleQueue[Tap] = SimpleQueue()
    listener = WakeListener(tmp_path, taps.put)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(b"what", str(tmp_path / "agent.sock"))
    for tap in Tap:
        wake_agent(tmp_path, tap)
    assert [taps.get(timeout=60) for _ in Tap] == list(Tap)
    assert listener.living
    listener.close()
    assert not listener.living
