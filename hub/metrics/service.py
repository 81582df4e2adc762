"""Reading the numbers of one moment from the rooms."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection

from hub.clock import SECOND
from hub.db import size_in_bytes
from hub.metrics.model import Kind, Metric, Sample
from hub.sites import EVERY_SITE

if TYPE_CHECKING:
    from hub.bootstrap import Services

_PREFIX: Final = "mca_hub_"


def collect(services: "Services") -> list[Metric]:
    """Every metric, of one consistent moment. Raises DatabaseUnavailableError."""
    now, kept = services.clock(), services.audit.kept_note()
    with services.database.read() as connection:
        return [
            *_intake(services, connection),
            *_reviews(services, connection, now),
            *_alerts(services, connection),
            *_watchlist(services, connection, now),
            *_units(services, connection, now),
            *_installation(services, connection, now, kept),
        ]


def _intake(services: "Services", connection: Connection) -> Iterator[Metric]:
    counts = services.sightings.counts(connection)
    rejections = services.sightings.rejections(connection)
    yield _counter("sightings_total", "Intakes received from units.", counts.sightings)
    yield _counter("sightings_with_candidates_total", "Intakes that named a candidate.", counts.with_candidates)
    yield _labelled("rejected_messages_total", "Messages refused.", Kind.COUNTER, "reason", rejections)


def _reviews(services: "Services", connection: Connection, now: int) -> Iterator[Metric]:
    review = services.review
    yield _gauge("reviews_open", "Candidates that wait for a decision.", review.open_count(connection))
    yield _age("oldest_open_review_age_seconds", "How long the oldest has waited.", review.oldest_open(connection), now)
    decided = review.decided_counts(connection)
    yield _labelled("reviews_decided_total", "Decisions.", Kind.COUNTER, "outcome", decided)


def _alerts(services: "Services", connection: Connection) -> Iterator[Metric]:
    backlog = services.dispatch.backlog(connection)
    yield _counter("alerts_total", "Alerts raised.", services.dispatch.alert_count(connection, EVERY_SITE))
    yield _gauge("alerts_unpublished", "Alerts that do not stand in the feed yet.", backlog.unpublished)
    yield _gauge("deliveries_waiting", "Alerts that have not reached a recipient yet.", backlog.waiting)
    yield _gauge("deliveries_failing", "Of these, how many have been tried in vain.", backlog.failing)
    yield _gauge("alerts_held", "Alerts that wait for somebody to look at them.", backlog.held)
    yield _gauge("recalls_waiting", "Recalls that have not reached a recipient yet.", backlog.unrecalled)
    yield _counter("delivery_failures_total", "Attempts in vain.", backlog.failures)
    yield _gauge("notices_waiting", "Messages that wait for units.", services.fleet.waiting_count(connection))


def _watchlist(services: "Services", connection: Connection, now: int) -> Iterator[Metric]:
    watchlist = services.watchlist
    yield _gauge("cases_missing", "Children who are missing.", services.cases.missing_count(connection))
    yield _gauge("cases_listed", "Of these, how many units search for.", watchlist.entry_count(connection))
    yield _gauge("list_version", "Version of the published list.", watchlist.versions(connection).list_version)
    signed_at = watchlist.timestamp_signed_at(connection)
    yield _age(
        "list_timestamp_age_seconds", "Age of the list's timestamp; units refuse it after a day.", signed_at, now
    )


def _units(services: "Services", connection: Connection, now: int) -> Iterator[Metric]:
    health = services.fleet.health(connection)
    yield _gauge("units", "Units that are enrolled.", len(services.fleet.units(connection)))
    seen: dict[str, float] = {report.unit: (now - report.received_at) / SECOND for report in health}
    yield _labelled("unit_last_seen_age_seconds", "Since a unit's last report.", Kind.GAUGE, "unit", seen)
    pending: dict[str, float] = {report.unit: report.report.pending for report in health}
    yield _labelled("unit_pending_messages", "Messages that wait on a unit.", Kind.GAUGE, "unit", pending)
    versions: dict[str, float] = {report.unit: report.report.list_version for report in health}
    yield _labelled("unit_list_version", "The list that a unit searches.", Kind.GAUGE, "unit", versions)


def _installation(services: "Services", connection: Connection, now: int, kept: str) -> Iterator[Metric]:
    intact = services.audit.is_continued(connection, kept)
    head = services.audit.newest_head(connection) if intact else None
    yield _gauge("database_bytes", "Size of the database.", size_in_bytes(connection))
    yield _gauge("audit_entries", "Entries of the audit trail.", services.audit.size(connection))
    yield _age(
        "audit_head_age_seconds", "Since the audit trail was last signed.", None if head is None else head.at, now
    )
    yield _gauge("audit_trail_intact", "0 if the trail no longer continues its newest signed head.", int(intact))


def _counter(name: str, text: str, value: float) -> Metric:
    return Metric(_PREFIX + name, text, Kind.COUNTER, (Sample(value),))


def _gauge(name: str, text: str, value: float) -> Metric:
    return Metric(_PREFIX + name, text, Kind.GAUGE, (Sample(value),))


def _age(name: str, text: str, since: int | None, now: int) -> Metric:
    samples = () if since is None else (Sample((now - since) / SECOND),)
    return Metric(_PREFIX + name, text, Kind.GAUGE, samples)


def _labelled(name: str, text: str, kind: Kind, label: str, values: Mapping[str, float]) -> Metric:
    samples = tuple(Sample(value, {label: str(key)}) for key, value in sorted(values.items()))
    return Metric(_PREFIX + name, text, kind, samples)
