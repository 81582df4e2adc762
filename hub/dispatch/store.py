"""Tables of alerts and of the ledger of their delivery. An alert cannot exist without a confirmed decision."""

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    Text,
    UniqueConstraint,
    exists,
    func,
    insert,
    select,
    update,
)

from hub.db import metadata
from hub.dispatch.model import Alert, AlertId, AlertState, AlertStatus, Attempt, AttemptResult, Backlog, Delivery
from hub.sites import Sites
from protocol.ids import CaseId, SiteId

alerts = Table(
    "alerts",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("review_id", String(16), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("case_id", String(130), nullable=False),
    Column("reference", String(16), nullable=False),
    Column("site", String(130), nullable=False),
    Column("status", String(16), nullable=False),
    Column("raised_at", BigInteger, nullable=False, index=True),
    Column("document", LargeBinary, nullable=False),  # CAP, as recipients of the feed read it
    Column("historical", Text),
    UniqueConstraint("review_id"),
    ForeignKeyConstraint(["review_id", "outcome"], ["decisions.review_id", "decisions.outcome"]),
    CheckConstraint("outcome = 'confirmed'", name="confirmed"),
)

alert_publications = Table(
    "alert_publications",
    metadata,
    Column("alert_id", String(16), ForeignKey("alerts.id"), primary_key=True),
    Column("published_at", BigInteger, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("alert_id", String(16), ForeignKey("alerts.id"), primary_key=True),
    Column("recipient", String(16), primary_key=True),
    Column("label", String(120), nullable=False),
    Column("next_at", BigInteger, nullable=True, index=True),
)

delivery_attempts = Table(
    "delivery_attempts",
    metadata,
    Column("alert_id", String(16), primary_key=True),
    Column("recipient", String(16), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("result", String(16), nullable=False),
    ForeignKeyConstraint(["alert_id", "recipient"], ["deliveries.alert_id", "deliveries.recipient"]),
)


def add_alert(connection: Connection, alert: Alert, document: bytes) -> None:
    """Insert an alert. The database refuses it where its review was not confirmed."""
    connection.execute(
        insert(alerts).values(
            id=alert.id,
            review_id=alert.review_id,
            outcome="confirmed",
            case_id=alert.case,
            reference=alert.reference,
            site=alert.site,
            status=str(alert.status),
            raised_at=alert.raised_at,
            document=document,
            historical=alert.historical,
        )
    )


def find_alert(connection: Connection, alert_id: str) -> Alert | None:
    """One alert."""
    row = connection.execute(select(alerts).where(alerts.c.id == alert_id)).one_or_none()
    return None if row is None else _alert(row)


def alert_of_delivery(connection: Connection, delivery: Delivery) -> Alert:
    """The alert that a delivery carries."""
    return _alert(connection.execute(select(alerts).where(alerts.c.id == delivery.alert_id)).one())


def document_of(connection: Connection, alert: Alert) -> bytes:
    """An alert's CAP document."""
    return bytes(connection.execute(select(alerts.c.document).where(alerts.c.id == alert.id)).scalar_one())


def find_alert_of(connection: Connection, review_id: str) -> Alert | None:
    """The alert that a review's decision raised."""
    row = connection.execute(select(alerts).where(alerts.c.review_id == review_id)).one_or_none()
    return None if row is None else _alert(row)


def count(connection: Connection, sites: Sites) -> int:
    """How many alerts of the sites have been raised."""
    query = select(func.count()).select_from(alerts).where(sites.condition(alerts.c.site))
    return int(connection.execute(query).scalar_one())


def newest(connection: Connection, sites: Sites, limit: int) -> list[Alert]:
    """Alerts of the sites, the newest first."""
    query = (
        select(alerts)
        .where(sites.condition(alerts.c.site))
        .order_by(alerts.c.raised_at.desc(), alerts.c.id)
        .limit(limit)
    )
    return [_alert(row) for row in connection.execute(query)]


def states(connection: Connection, some: Sequence[Alert]) -> list[AlertState]:
    """How far each alert has come, in the same order."""
    identifiers = [alert.id for alert in some]
    published = {
        row.alert_id: row.published_at
        for row in connection.execute(select(alert_publications).where(alert_publications.c.alert_id.in_(identifiers)))
    }
    query = select(deliveries).where(deliveries.c.alert_id.in_(identifiers)).order_by(deliveries.c.label)
    found: dict[AlertId, list[Delivery]] = {alert.id: [] for alert in some}
    for row in connection.execute(query).all():
        found[AlertId(row.alert_id)].append(_delivery(connection, row))
    return [AlertState(alert, published.get(alert.id), tuple(found[alert.id])) for alert in some]


def unpublished(connection: Connection) -> list[Alert]:
    """Alerts that do not stand in the feed yet, the oldest first."""
    query = (
        select(alerts)
        .outerjoin(alert_publications, alert_publications.c.alert_id == alerts.c.id)
        .where(alert_publications.c.alert_id.is_(None))
        .order_by(alerts.c.raised_at, alerts.c.id)
    )
    return [_alert(row) for row in connection.execute(query)]


def published(connection: Connection, sites: Sites, limit: int) -> list[tuple[Alert, int]]:
    """The sites' alerts of the feed with their moments of publication, the newest first."""
    query = (
        select(alerts, alert_publications.c.published_at)
        .join_from(alerts, alert_publications)
        .where(sites.condition(alerts.c.site))
        .order_by(alert_publications.c.published_at.desc(), alerts.c.id)
        .limit(limit)
    )
    return [(_alert(row), row.published_at) for row in connection.execute(query)]


def alerted_reviews(connection: Connection, since: int) -> frozenset[str]:
    """The reviews whose decision raised an alert from a moment on."""
    return frozenset(connection.scalars(select(alerts.c.review_id).where(alerts.c.raised_at >= since)))


def backlog(connection: Connection) -> Backlog:
    """What has not reached its end."""
    failed = delivery_attempts.c.result != str(AttemptResult.SENT)
    waiting = deliveries.c.next_at.is_not(None)
    tried = exists().where(
        delivery_attempts.c.alert_id == deliveries.c.alert_id, delivery_attempts.c.recipient == deliveries.c.recipient
    )
    published_ = exists().where(alert_publications.c.alert_id == alerts.c.id)
    return Backlog(
        unpublished=_total(connection, alerts, ~published_),
        waiting=_total(connection, deliveries, waiting),
        failing=_total(connection, deliveries, waiting & tried),
        failures=_total(connection, delivery_attempts, failed),
    )


def _total(connection: Connection, table: Table, condition: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).select_from(table).where(condition)) or 0


def add_publication(connection: Connection, alert_id: AlertId, at: int) -> None:
    """Note that an alert stands in the feed."""
    connection.execute(insert(alert_publications).values(alert_id=alert_id, published_at=at))


def add_delivery(connection: Connection, alert_id: AlertId, recipient: str, label: str, at: int) -> None:
    """Note that a recipient is to get an alert."""
    connection.execute(insert(deliveries).values(alert_id=alert_id, recipient=recipient, label=label, next_at=at))


def due(connection: Connection, at: int) -> list[Delivery]:
    """Deliveries to try now: the longest overdue first."""
    query = select(deliveries).where(deliveries.c.next_at <= at).order_by(deliveries.c.next_at, deliveries.c.alert_id)
    return [_delivery(connection, row) for row in connection.execute(query).all()]


def add_attempt(connection: Connection, delivery: Delivery, attempt: Attempt, next_at: int | None) -> None:
    """Enter an attempt in the ledger, and when to try again."""
    connection.execute(
        insert(delivery_attempts).values(
            alert_id=delivery.alert_id,
            recipient=delivery.recipient,
            number=attempt.number,
            at=attempt.at,
            result=str(attempt.result),
        )
    )
    connection.execute(
        update(deliveries)
        .where(deliveries.c.alert_id == delivery.alert_id, deliveries.c.recipient == delivery.recipient)
        .values(next_at=next_at)
    )


def _alert(row: Row[tuple[object, ...]]) -> Alert:
    return Alert(
        AlertId(row.id),
        row.review_id,
        CaseId(row.case_id),
        row.reference,
        SiteId(row.site),
        AlertStatus(row.status),
        row.raised_at,
        row.historical,
    )


def _delivery(connection: Connection, row: Row[tuple[object, ...]]) -> Delivery:
    query = (
        select(delivery_attempts)
        .where(delivery_attempts.c.alert_id == row.alert_id, delivery_attempts.c.recipient == row.recipient)
        .order_by(delivery_attempts.c.number)
    )
    attempts = tuple(Attempt(one.number, one.at, AttemptResult(one.result)) for one in connection.execute(query))
    return Delivery(AlertId(row.alert_id), row.recipient, row.label, row.next_at, attempts)
