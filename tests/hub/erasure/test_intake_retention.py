"""Intakes are kept for longer than their people were promised, or a clock that is wrong ends them too early."""

from dataclasses import dataclass, replace

import pytest

from hub.audit.service import AuditAction
from hub.clock import DAY, HOUR, MINUTE
from hub.erasure.at_once import OwnErasures
from hub.erasure.clock_watch import LEAP, PATIENCE, ClockWatch
from hub.erasure.model import BACKUPS
from hub.erasure.retention import IntakeDays, IntakeRetention
from hub.erasure.wiring import build_retention
from hub.erasure.word import HubWord
from hub.erasure.worker import RetentionWorker
from hub.ingest.service import ErasureReason
from hub.review.service import Answer
from protocol.consent import StoragePeriods, open_record, sign_record
from protocol.envelope import MessageType
from protocol.ids import HubId
from protocol.receipt import Verdict
from protocol.sighting import LegalBasis, Sighting
from tests.hub.erasure.bench import Bench, on_sqlite
from tests.support.databases import stored_bytes

OFFICIAL = LegalBasis.BEST_INTERESTS


@dataclass
class Seconds:
    """A clock that goes evenly while a process runs."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def worker_of(bench: Bench, seconds: Seconds | None = None) -> RetentionWorker:
    hub = bench.hub
    return build_retention(
        hub.database, hub.erasure, hub.intakes, hub.clock, seconds or Seconds(), hub=hub.settings.hub
    )


def days_later(bench: Bench, days: int) -> None:
    """The hub has run all the time."""
    worker = worker_of(bench)
    for _ in range(days):
        bench.site.clock.now += DAY
        worker.work()


def reasons(bench: Bench) -> list[str]:
    with bench.hub.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT reason FROM erased_sightings ORDER BY erased_at, reason")
        return [row.reason for row in rows]


def test_intake_stays_when_its_time_is_over(bench: Bench) -> None:
    nobody = bench.intake(legal_basis=OFFICIAL)
    rejected = bench.intake(candidate=True, legal_basis=OFFICIAL)
    bench.answer(bench.review_of(rejected), Answer.EXCLUSION)
    undecided = bench.intake(candidate=True, legal_basis=OFFICIAL)
    confirmed = bench.intake(candidate=True, legal_basis=OFFICIAL)
    bench.answer(bench.review_of(confirmed), Answer.IDENTIFICATION)
    days_later(bench, 29)
    assert all(bench.holds(one) for one in (nobody, rejected, undecided, confirmed))
    days_later(bench, 1)
    assert not any(bench.holds(one) for one in (nobody, rejected, undecided))
    assert bench.holds(confirmed)
    assert reasons(bench) == [ErasureReason.NO_CANDIDATE, ErasureReason.REJECTED, ErasureReason.UNDECIDED]
    days_later(bench, 334)
    assert bench.holds(confirmed)
    days_later(bench, 1)
    assert not bench.holds(confirmed)
    assert bench.actions().count(AuditAction.SIGHTING_ERASED) == 4


def with_days(bench: Bench, sighting: Sighting, days: int) -> Sighting:
    """The same, of a unit that promises other periods."""
    record = open_record(sighting.consent, lambda _name: bench.unit.identity.public)
    shorter = replace(record, periods=StoragePeriods(days, 0, 365))
    return replace(sighting, consent=sign_record(shorter, bench.unit.identity.signing_key))


@on_sqlite
def test_receipt_promises_fewer_days_than_the_hub_keeps(bench: Bench) -> None:
    short, long = bench.unit.sighting(legal_basis=OFFICIAL), bench.unit.sighting(legal_basis=OFFICIAL)
    for sighting, days in ((short, 7), (long, 90)):
        bench.receive(with_days(bench, sighting, days).to_bytes(), MessageType.SIGHTING)
    days_later(bench, 6)
    assert bench.holds(short)
    days_later(bench, 1)
    assert (bench.holds(short), bench.holds(long)) == (False, True)
    days_later(bench, 23)
    assert not bench.holds(long)


def test_statistics_forget_what_is_erased(bench: Bench) -> None:
    for number in range(12):
        sighting = bench.intake(candidate=number % 2 == 0, legal_basis=OFFICIAL, token=bytes([number] * 16))
        if number % 2 == 0:
            bench.answer(bench.review_of(sighting), Answer.EXCLUSION)
    with bench.hub.database.read() as connection:
        before = bench.hub.statistics.table(connection)
        counts = bench.hub.sightings.counts(connection)
    days_later(bench, 31)
    assert len(reasons(bench)) == 12
    with bench.hub.database.read() as connection:
        assert bench.hub.statistics.table(connection, before.period.months()[0]).rows == before.rows
        assert bench.hub.sightings.counts(connection) == counts


@on_sqlite
def test_erased_intake_is_taken_in_once_more(bench: Bench) -> None:
    sighting = bench.intake(legal_basis=OFFICIAL)
    days_later(bench, 31)
    bench.receive(sighting.to_bytes(), MessageType.SIGHTING)
    assert bench.verdicts()[-1] is Verdict.REFUSED
    assert not bench.holds(sighting)


def test_record_of_what_retention_erased_is_never_complete(bench: Bench) -> None:
    sighting = bench.intake(candidate=True, legal_basis=OFFICIAL)
    with bench.hub.database.read() as connection:
        (sealed,) = connection.exec_driver_sql("SELECT sealed_portrait FROM sighting_faces").scalars()
    piece = bytes(sealed)[-64:]
    assert piece in stored_bytes(bench.hub.settings.database_url)
    days_later(bench, 30)
    assert not bench.holds(sighting)
    assert piece not in stored_bytes(bench.hub.settings.database_url)
    with bench.hub.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT cause, completed_at FROM intake_erasures").all()
        places = connection.exec_driver_sql("SELECT place FROM intake_erasure_places WHERE done_at IS NULL").scalars()
        assert [tuple(row) for row in rows] == [("retention", None)]
        assert list(places) == ["backups"]
    days_later(bench, 91)
    with bench.hub.database.read() as connection:
        assert connection.exec_driver_sql("SELECT completed_at FROM intake_erasures").scalar_one() is not None


@on_sqlite
def test_clock_that_leaps_ends_everything(bench: Bench) -> None:
    sighting, seconds = bench.intake(legal_basis=OFFICIAL), Seconds()
    undecided = bench.intake(candidate=True)
    bench.withdraw()
    worker = worker_of(bench, seconds)
    worker.work()
    right = bench.site.clock.now
    bench.site.clock.now += 400 * DAY
    for _ in range(3):
        bench.site.clock.now += 2 * MINUTE
        seconds.now += 120
        worker.work()
    assert bench.holds(sighting)
    assert bench.holds(undecided)
    assert BACKUPS in bench.outstanding()
    assert bench.actions().count(AuditAction.RETENTION_STOPPED) == 1
    # Started anew it is no more trusting, and set right it goes on as before.
    worker_of(bench, Seconds()).work()
    assert bench.holds(sighting)
    bench.site.clock.now = right + HOUR
    worker_of(bench, Seconds()).work()
    assert bench.holds(sighting)
    assert bench.hub.intakes.retention.expire_due() == 0


@on_sqlite
def test_hub_that_was_off_for_long_keeps_everything_for_ever(bench: Bench) -> None:
    sighting, seconds = bench.intake(legal_basis=OFFICIAL), Seconds()
    worker_of(bench, seconds).work()
    bench.site.clock.now += 100 * DAY
    worker = worker_of(bench, seconds)
    worker.work()
    for _ in range(23):
        bench.site.clock.now += HOUR
        seconds.now += 3600
        worker.work()
    assert bench.holds(sighting)
    bench.site.clock.now += HOUR
    seconds.now += 3600
    worker.work()
    assert not bench.holds(sighting)


@on_sqlite
@pytest.mark.parametrize("leap", [LEAP + MINUTE, -LEAP - MINUTE])
def test_clock_that_leaps_again_is_trusted_after_the_first_leap_s_time(bench: Bench, leap: int) -> None:
    seconds, clock = Seconds(), bench.site.clock
    watch = ClockWatch(bench.hub.database, bench.hub.clock, seconds, hub=HubId("bd"))
    assert watch.may_destroy()
    clock.now += leap
    assert not watch.may_destroy()
    clock.now += PATIENCE // 2 + leap
    seconds.now += PATIENCE / 2000
    assert not watch.may_destroy()
    clock.now += PATIENCE - HOUR
    seconds.now += (PATIENCE - HOUR) / 1000
    assert not watch.may_destroy()
    clock.now += HOUR
    seconds.now += HOUR / 1000
    assert watch.may_destroy()


@on_sqlite
def test_shorter_setting_reaches_only_what_comes_later(bench: Bench) -> None:
    sighting = bench.intake(legal_basis=OFFICIAL)
    bench.site.clock.now += 3 * DAY
    hub = bench.hub
    shorter = IntakeRetention(
        hub.database,
        hub.intakes.retention._erasing,
        hub.found,
        OwnErasures(HubWord(hub.identity), bytes),
        IntakeDays(no_candidate=2),
        clock=hub.clock,
        hub=hub.settings.hub,
    )
    assert shorter.expire_due() == 1
    assert not bench.holds(sighting)
