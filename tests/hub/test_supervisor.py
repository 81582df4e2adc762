"""No part of the hub ends unnoticed."""

import os
import signal
import threading

import pytest

from faults import MisconfiguredError
from hub.signals import queued_signals
from hub.supervisor import Supervisor, WorkerEndedError, finish


class BrokenPartError(MisconfiguredError):
    """For these tests."""


def fail_with(error: Exception) -> None:
    raise error


def wait_for(event: threading.Event) -> None:
    assert event.wait(20)


def test_worker_that_fails_stops_the_others_and_says_why() -> None:
    supervisor = Supervisor()
    ended = threading.Event()

    def work() -> None:
        supervisor.stop.wait(20)
        ended.set()

    threads = [supervisor.start("steady", work)]
    threads.append(supervisor.start("broken", lambda: fail_with(BrokenPartError("The key is missing."))))
    finish(threads, 20)
    assert ended.is_set()
    with pytest.raises(BrokenPartError, match="The key is missing"):
        supervisor.raise_failure()


def test_error_of_the_program_itself_ends_the_hub_with_the_workers_name_and_without_its_data() -> None:
    supervisor = Supervisor()
    finish([supervisor.start("watchlist", lambda: fail_with(KeyError("a child's data")))], 20)
    with pytest.raises(WorkerEndedError, match="The hub's watchlist failed: KeyError") as caught:
        supervisor.raise_failure()
    assert "child" not in str(caught.value)


def test_worker_that_returns_too_early_is_a_failure() -> None:
    supervisor = Supervisor()
    finish([supervisor.start("intake", lambda: None)], 20)
    assert supervisor.stop.is_set()
    with pytest.raises(WorkerEndedError, match="intake ended by itself"):
        supervisor.raise_failure()


def test_worker_that_returns_when_told_is_none() -> None:
    supervisor = Supervisor()
    thread = supervisor.start("intake", lambda: wait_for(supervisor.stop))
    supervisor.stop.set()
    finish([thread], 20)
    supervisor.raise_failure()


def test_worker_that_hangs_does_not_keep_the_others_waiting_for_ever() -> None:
    supervisor = Supervisor()
    release = threading.Event()
    supervisor.stop.set()
    thread = supervisor.start("stuck", lambda: wait_for(release))
    finish([thread], 0.05)
    assert thread.is_alive()
    release.set()
    thread.join()


def test_signals_are_queued_in_order_and_handlers_put_back() -> None:
    before = signal.getsignal(signal.SIGUSR1)
    with queued_signals((signal.SIGUSR1, signal.SIGUSR2)) as signals:
        assert signals.wait(0) == []
        os.kill(os.getpid(), signal.SIGUSR1)
        os.kill(os.getpid(), signal.SIGUSR2)
        came = signals.wait(10)
        while len(came) < 2:
            came += signals.wait(10)
        assert came == [signal.SIGUSR1, signal.SIGUSR2]
    assert signal.getsignal(signal.SIGUSR1) == before
