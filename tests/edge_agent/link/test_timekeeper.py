"""A unit that goes by a wrong time for longer than it must, because it does not ask."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from credentials.keystore.file import FileKeyStore
from credentials.vault import Vault
from edge_agent.database import UnitDatabase
from edge_agent.link.timekeeper import Timekeeper
from edge_agent.sightings.outbox import Outbox
from edge_agent.time_store import TimeStore
from edge_agent.trusted_time import BUILT_AT, DAY, KnownTime, TrustedClock, machine_uptime
from protocol.errors import ReplayedError
from protocol.signed_time import SignedTime

NOW = BUILT_AT + 30 * DAY


@pytest.fixture
def clock() -> TrustedClock:
    return TrustedClock(lambda: 0, machine_uptime, KnownTime.nothing())


@pytest.fixture
def timekeeper(tmp_path: Path, clock: TrustedClock) -> Iterator[Timekeeper]:
    database = UnitDatabase(tmp_path / "unit.sqlite")
    outbox = Outbox(database, Vault.create(FileKeyStore(tmp_path / "key")), limit=10**9)
    yield Timekeeper(clock, TimeStore(database), outbox, secrets.token_bytes)
    database.close()


def answer(timekeeper: Timekeeper, at: int) -> None:
    """The hub's answer to the question that is asked now."""
    challenge = timekeeper.challenge()
    assert challenge is not None, "the unit asks nothing"
    timekeeper.take(SignedTime(challenge, at, 1))


def test_unit_that_was_answered_asks_with_every_report(timekeeper: Timekeeper) -> None:
    answer(timekeeper, NOW)
    assert timekeeper.challenge() is None


def test_unit_that_hears_of_a_later_time_than_the_hub_s_answer_waits_an_hour_to_ask(
    timekeeper: Timekeeper, clock: TrustedClock
) -> None:
    answer(timekeeper, NOW)
    timekeeper.learn(NOW + 200 * DAY)  # The hub's clock was wrong when it signed this, or when it answered.
    assert clock.now() >= NOW + 200 * DAY
    answer(timekeeper, NOW)
    assert clock.now() < NOW + DAY


def test_unit_that_was_answered_by_a_wrong_clock_waits_an_hour_to_ask(
    timekeeper: Timekeeper, clock: TrustedClock
) -> None:
    answer(timekeeper, NOW + 200 * DAY)
    timekeeper.ask_anew()  # As the agent does when what the hub signs seems to have expired.
    answer(timekeeper, NOW)
    assert clock.now() < NOW + DAY


def test_answer_to_a_question_that_was_put_anew_is_taken_for_an_attack_or_for_the_time(
    timekeeper: Timekeeper, clock: TrustedClock
) -> None:
    first = timekeeper.challenge()
    assert first is not None
    timekeeper.ask_anew()  # As at each connection: the answer may have been lost with the one before.
    timekeeper.take(SignedTime(first, NOW + 200 * DAY, 1))
    assert clock.moment().latest is None
    answer(timekeeper, NOW)
    assert clock.now() < NOW + DAY
    with pytest.raises(ReplayedError):
        timekeeper.take(SignedTime(first, NOW + 200 * DAY, 1))
