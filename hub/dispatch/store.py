"""Alerts and their messages. An alert cannot exist without a confirmed decision or a screened broadcast."""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select

from hub.dispatch.model import Alert, AlertId, AlertMessage, AlertStatus, MessageId, MessageKind
from hub.dispatch.tables import (
    alert_messages,
    alert_publications,
    alerts,
    followed_alerts,
    held_alerts,
    unpublished_messages,
)
from hub.ingest.capture_time import CaptureTime
from hub.sites import Sites
from protocol.ids import CaseId, SiteId


def add_alert(connection: Connection, alert: Alert) -> None:
    """Insert an alert that is held. The database refuses it where nothing that it rests on is decided."""
    taken_from, taken_to = _between(alert.historical)
    connection.execute(
        insert(alerts).values(
            id=alert.id,
            review_id=alert.review_id,
            outcome=None if alert.review_id is None else "confirmed",
            broadcast_id=alert.broadcast_id,
            case_id=alert.case,
            reference=alert.reference,
            site=alert.site,
            countries=" ".join(sorted(alert.countries)),
            status=str(alert.status),
            raised_at=alert.raised_at,
            held_until=alert.held_until,
            photographed_from=taken_from,
            photographed_to=taken_to,
        )
    )
    connection.execute(insert(held_alerts).values(alert_id=alert.id, until=alert.held_until))


def find_alert(connection: Connection, alert_id: str) -> Alert | None:
    """One alert."""
    row = connection.execute(select(alerts).where(alerts.c.id == alert_id)).one_or_none()
    return None if row is None else _alert(row)


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


def about(connection: Connection, cases: Iterable[CaseId], sites: Sites) -> list[Alert]:
    """Alerts of some cases at the sites, the newest first."""
    here = (alerts.c.case_id.in_(sorted(cases)), sites.condition(alerts.c.site))
    query = select(alerts).where(*here).order_by(alerts.c.raised_at.desc(), alerts.c.id)
    return [_alert(row) for row in connection.execute(query)]


def alerted_reviews(connection: Connection, since: int) -> frozenset[str]:
    """The reviews whose decision raised an alert from a moment on."""
    query = select(alerts.c.review_id).where(alerts.c.raised_at >= since, alerts.c.review_id.is_not(None))
    return frozenset(connection.scalars(query))


def held_until(connection: Connection, at: int) -> list[Alert]:
    """Alerts that nobody has looked at in time."""
    query = select(alerts).join(held_alerts, held_alerts.c.alert_id == alerts.c.id).where(held_alerts.c.until <= at)
    return [_alert(row) for row in connection.execute(query.order_by(held_alerts.c.until, alerts.c.id))]


def held_count(connection: Connection) -> int:
    """How many alerts wait for somebody to look at them."""
    return connection.scalar(select(func.count()).select_from(held_alerts)) or 0


def end_hold(connection: Connection, alert_id: AlertId) -> None:
    """An alert is sent, or never will be."""
    connection.execute(delete(held_alerts).where(held_alerts.c.alert_id == alert_id))


def follow(connection: Connection, alert_id: AlertId, number: int, next_at: int) -> None:
    """Note when the next follow-up of an alert is due."""
    end_following(connection, alert_id)
    connection.execute(insert(followed_alerts).values(alert_id=alert_id, number=number, next_at=next_at))


def end_following(connection: Connection, alert_id: AlertId) -> None:
    """There are no more follow-ups."""
    connection.execute(delete(followed_alerts).where(followed_alerts.c.alert_id == alert_id))


def to_follow_up(connection: Connection, at: int) -> list[tuple[Alert, int]]:
    """Alerts whose next follow-up is due, and which it is."""
    query = (
        select(alerts, followed_alerts.c.number)
        .join(followed_alerts, followed_alerts.c.alert_id == alerts.c.id)
        .where(followed_alerts.c.next_at <= at)
        .order_by(followed_alerts.c.next_at, alerts.c.id)
    )
    return [(_alert(row), row.number) for row in connection.execute(query)]


def add_message(
    connection: Connection,
    message: AlertMessage,
    document: bytes,
    signature: bytes,
    reason: str = "",
    *,
    in_feed: bool = True,
) -> None:
    """Insert a message of an alert; `in_feed`: whether it is to be published."""
    connection.execute(
        insert(alert_messages).values(
            id=message.id,
            alert_id=message.alert.id,
            kind=str(message.kind),
            number=message.number,
            raised_at=message.raised_at,
            reason=reason,
            document=document,
            signature=signature,
        )
    )
    if in_feed:
        connection.execute(insert(unpublished_messages).values(message_id=message.id))


def find_message(connection: Connection, message_id: str) -> AlertMessage | None:
    """One message."""
    found = _messages(connection, alert_messages.c.id == message_id)
    return found[0] if found else None


def messages_of(connection: Connection, alert_ids: Iterable[AlertId]) -> list[AlertMessage]:
    """The messages of some alerts, in the order in which they were raised."""
    return _messages(connection, alert_messages.c.alert_id.in_(list(alert_ids)))


def document_of(connection: Connection, message_id: MessageId) -> tuple[bytes, bytes]:
    """A message's CAP document and the hub's signature of it; empty for one of an earlier version."""
    query = select(alert_messages.c.document, alert_messages.c.signature).where(alert_messages.c.id == message_id)
    row = connection.execute(query).one()
    return bytes(row.document), bytes(row.signature or b"")


def unpublished(connection: Connection) -> list[AlertMessage]:
    """Messages that do not stand in the feed yet, the oldest first."""
    return _messages(connection, alert_messages.c.id.in_(select(unpublished_messages.c.message_id)))


def unpublished_count(connection: Connection) -> int:
    """How many messages do not stand in the feed yet."""
    return connection.scalar(select(func.count()).select_from(unpublished_messages)) or 0


def published(connection: Connection, sites: Sites, limit: int) -> list[tuple[AlertMessage, int]]:
    """The sites' messages of the feed with their moments of publication, the newest first."""
    query = (
        select(alert_messages.c.id.label("message_id"), alert_publications.c.published_at)
        .join_from(alert_messages, alert_publications)
        .join(alerts, alerts.c.id == alert_messages.c.alert_id)
        .where(sites.condition(alerts.c.site))
        .order_by(alert_publications.c.published_at.desc(), alert_messages.c.raised_at.desc(), alert_messages.c.id)
        .limit(limit)
    )
    rows = connection.execute(query).all()
    found = {one.id: one for one in _messages(connection, alert_messages.c.id.in_([row.message_id for row in rows]))}
    return [(found[row.message_id], row.published_at) for row in rows]


def publications(connection: Connection, message_ids: Sequence[MessageId]) -> dict[MessageId, int]:
    """When each of the messages came into the feed."""
    query = select(alert_publications).where(alert_publications.c.message_id.in_(message_ids))
    return {MessageId(row.message_id): row.published_at for row in connection.execute(query)}


def add_publication(connection: Connection, message_id: MessageId, at: int) -> None:
    """Note that a message stands in the feed."""
    connection.execute(insert(alert_publications).values(message_id=message_id, published_at=at))
    connection.execute(delete(unpublished_messages).where(unpublished_messages.c.message_id == message_id))


def _messages(connection: Connection, condition: ColumnElement[bool]) -> list[AlertMessage]:
    query = (
        select(
            alerts,
            alert_messages.c.id.label("message_id"),
            alert_messages.c.kind,
            alert_messages.c.number,
            alert_messages.c.raised_at.label("said_at"),
        )
        .join(alert_messages, alert_messages.c.alert_id == alerts.c.id)
        .where(condition)
        .order_by(alert_messages.c.raised_at, alert_messages.c.kind, alert_messages.c.number, alert_messages.c.id)
    )
    return [
        AlertMessage(MessageId(row.message_id), _alert(row), MessageKind(row.kind), row.number, row.said_at)
        for row in connection.execute(query)
    ]


def _alert(row: Row[tuple[object, ...]]) -> Alert:
    return Alert(
        AlertId(row.id),
        row.review_id,
        CaseId(row.case_id),
        row.reference,
        SiteId(row.site),
        AlertStatus(row.status),
        row.raised_at,
        _historical(row.photographed_from, row.photographed_to),
        row.held_until,
        row.broadcast_id,
        frozenset(row.countries.split()),
    )


def _between(time: CaptureTime | None) -> tuple[int | None, int | None]:
    if time is None:
        return None, None
    return (time.earliest, time.latest) if time.uncertain else (time.at, time.at)


def _historical(earliest: int | None, latest: int | None) -> CaptureTime | None:
    if earliest is None or latest is None:
        return None
    return CaptureTime(earliest, earliest, latest, historical=True, uncertain=earliest != latest)
