"""Faults that would not be faults: each tool of a campaign does to the letter what its kind of fault is named after."""

import asyncio
import errno
import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from random import Random

import pytest

from tests.chaos import disk, gate
from tests.chaos.disk import SmallDisk
from tests.chaos.gate import Call
from tests.chaos.link import CutAfter, Doubled, Link, NetworkThread, Swapped, Weather
from tests.chaos.programs import Program, Surroundings, program_server
from tests.chaos.tap import Doubling, Losing, Malice, Packet, Reordering, read_packet
from tests.support.broker import free_port

needs_disks = pytest.mark.skipif(not disk.can_mount(), reason="only root makes disks")
needs_gate = pytest.mark.skipif(not gate.is_available(), reason="this kernel has no user notification of seccomp")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    (tmp_path / "data").mkdir()
    small = SmallDisk(tmp_path / "data", tmp_path / "image", 32)
    yield small
    small.close()


@needs_disks
def test_power_cut_keeps_what_was_never_synced_or_loses_what_was(small_disk: SmallDisk, tmp_path: Path) -> None:
    with (tmp_path / "data" / "file").open("wb", buffering=0) as file:
        file.write(b"synced")
        os.fsync(file.fileno())
        file.write(b", and not")
        (tmp_path / "data" / "other").write_bytes(b"not synced")
        small_disk.cut_power()
        with pytest.raises(OSError, match="Input/output error"):
            file.write(b"too late")
    small_disk.repair()
    assert (tmp_path / "data" / "file").read_bytes() == b"synced"
    assert not (tmp_path / "data" / "other").exists()


@needs_disks
def test_full_disk_takes_more(small_disk: SmallDisk, tmp_path: Path) -> None:
    small_disk.fill(spare=1)
    with pytest.raises(OSError, match="No space left"):
        (tmp_path / "data" / "file").write_bytes(bytes(1_000_000))
    small_disk.empty()
    (tmp_path / "data" / "file").write_bytes(bytes(1_000_000))


@needs_disks
def test_read_only_disk_takes_what_an_open_file_is_given(small_disk: SmallDisk, tmp_path: Path) -> None:
    with (tmp_path / "data" / "file").open("wb", buffering=0) as file:
        small_disk.turn_read_only()
        with pytest.raises(OSError, match="Read-only") as refused:
            file.write(b"x")
    assert refused.value.errno == errno.EROFS
    small_disk.repair()
    (tmp_path / "data" / "file").write_bytes(b"x")


@needs_gate
def test_step_happens_before_which_the_program_was_killed(tmp_path: Path) -> None:
    goal = tmp_path / "authority"
    seen: list[str] = []

    def puts_it_in_place(call: Call) -> bool:
        seen.append(call.name)
        return call.name.startswith("rename") and call.path == str(goal)

    around = Surroundings(dict(os.environ), tmp_path, clock=None)
    with program_server(tmp_path):
        arguments = ["provision", "init", str(goal), "--hub", "bd"]
        killed = Program("provision", arguments, around).start(puts_it_in_place)
        assert killed.wait() == -9
        assert killed.was_stopped
        assert "fsync" in seen
        assert not goal.exists()
        assert Program("provision", arguments, around).start().wait() == 0
        assert goal.exists()


@pytest.mark.parametrize(
    ("weather", "arrives"),
    [
        (partial(CutAfter, 3), b"abc"),
        (partial(Doubled, 2), b"abcdefabcdef"),
        (partial(Swapped, 2), b"defabc"),
    ],
)
def test_link_is_fair_under_bad_weather(weather: "partial[Weather]", arrives: bytes) -> None:
    network, port = NetworkThread(), free_port()
    with socket.create_server(("127.0.0.1", 0)) as server:
        link = Link(network, port, server.getsockname()[1])
        link.turn(weather)
        with socket.create_connection(("127.0.0.1", port)) as sender:
            receiver, _ = server.accept()
            sender.sendall(b"abcdef")
            if len(arrives) != 3:
                sender.shutdown(socket.SHUT_WR)
            with receiver:
                assert b"".join(iter(partial(_receive, receiver), b"")) == arrives
        link.close()
    network.close()


def _receive(receiver: socket.socket) -> bytes:
    try:
        return receiver.recv(100)
    except ConnectionResetError:
        return b""


def message(number: int) -> bytes:
    """A PUBLISH packet of QoS 1 on the topic `t`, without properties."""
    return bytes([0x32, 6, 0, 1, ord("t"), 0, number, 0])


async def passed_on(malice: Malice, numbers: range) -> tuple[list[bytes], list[bytes]]:
    """What is delivered, and what is answered, after all that is held back was let go."""
    delivered: list[bytes] = []
    answered: list[bytes] = []

    async def send(data: bytes) -> None:
        delivered.append(data)

    async def answer(data: bytes) -> None:
        answered.append(data)

    for number in numbers:
        reader = asyncio.StreamReader()
        reader.feed_data(message(number))
        packet = await read_packet(reader)
        assert packet.is_message
        await malice.take(packet, send, answer)
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        await task
    return delivered, answered


def made_of(malice: Malice, numbers: range) -> tuple[list[bytes], list[bytes]]:
    """What the malice makes of messages, on a thread of its own: a browser's driver may have a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, passed_on(malice, numbers)).result()


def test_malicious_broker_delivers_all_once_and_in_order() -> None:
    numbers = range(1, 41)
    sent = list(map(message, numbers))
    doubled, _ = made_of(Doubling(), numbers)
    assert doubled == [one for one in sent for _ in range(2)]
    reordered, _ = made_of(Reordering(Random(1)), numbers)
    assert reordered != sent
    assert sorted(reordered) == sent
    delivered, answered = made_of(Losing(Random(1)), numbers)
    acknowledged = [bytes([0x40, 2, 0, number]) for number in numbers if message(number) not in delivered]
    assert answered == acknowledged
    assert 0 < len(delivered) < len(sent)


def test_packet_that_is_no_message_is_taken_for_one() -> None:
    assert not Packet(bytes([0x40, 2, 0, 1]), 2).is_message
    assert not Packet(bytes([0x30, 3, 0, 1, ord("t")]), 2).is_message
