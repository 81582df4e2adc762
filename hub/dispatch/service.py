"""Raising alerts and telling how far each has come."""

import secrets
from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from hub.audit.service import AuditAction, record
from hub.dispatch import store
from hub.dispatch.atom import atom_index
from hub.dispatch.cap import cap_document
from hub.dispatch.dispatcher import Dispatcher
from hub.dispatch.model import (
    Alert,
    AlertId,
    AlertSettings,
    AlertState,
    AlertStatus,
    AttemptResult,
    Backlog,
    RecipientsError,
    UnknownAlertError,
)
from hub.dispatch.recipients import Recipients, load_recipients
from hub.sites import Sites
from protocol.ids import CaseId, SiteId

__all__ = [
    "AlertSettings",
    "AlertState",
    "AlertStatus",
    "AttemptResult",
    "Backlog",
    "DispatchService",
    "Dispatcher",
    "Recipients",
    "RecipientsError",
    "UnknownAlertError",
    "load_recipients",
]

PAGE_LENGTH = 100


class DispatchService:
    """The alerts of one hub. Every method joins the caller's transaction."""

    def __init__(
        self, settings: AlertSettings, recipients: Recipients, random: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self._settings = settings
        self._recipients = recipients
        self._random = random

    def raise_alert(
        self,
        connection: Connection,
        *,
        review_id: str,
        case: CaseId,
        reference: str,
        site: SiteId,
        actor: str,
        at: int,
        historical: str | None = None,
    ) -> None:
        """Put an alert, and a delivery for each of today's recipients, into the decision's own transaction.

        `historical`: when the photograph was taken, in words, where that was not just before it was received.
        The database refuses it (IntegrityError) where the review has not been confirmed by two people.
        """
        # A reference comes from a device and goes into headers of messages: no line break may come with it.
        reference = "".join(letter if letter.isprintable() else "\ufffd" for letter in reference)
        alert = Alert(
            AlertId(self._random(8).hex()), review_id, case, reference, site, self._settings.status, at, historical
        )
        store.add_alert(connection, alert, cap_document(alert, self._settings))
        for recipient in self._recipients:
            store.add_delivery(connection, alert.id, recipient.key, recipient.label, at)
        record(connection, AuditAction.ALERT_RAISED, actor=actor, subject=alert.id, at=at, review=review_id)

    def alerted_reviews(self, connection: Connection, since: int) -> frozenset[str]:
        """The reviews whose decision raised an alert from a moment on (milliseconds since 1970 UTC)."""
        return store.alerted_reviews(connection, since)

    def backlog(self, connection: Connection) -> Backlog:
        """What has not reached its end."""
        return store.backlog(connection)

    def alert_count(self, connection: Connection, sites: Sites) -> int:
        """How many alerts of the sites have been raised."""
        return store.count(connection, sites)

    def alerts(self, connection: Connection, sites: Sites) -> Sequence[AlertState]:
        """The newest alerts of the sites and how far each has come."""
        return store.states(connection, store.newest(connection, sites, PAGE_LENGTH))

    def alert(self, connection: Connection, alert_id: str, sites: Sites) -> AlertState:
        """One alert. Raises UnknownAlertError, also for one of another site: that there is one is no less a secret."""
        found = store.find_alert(connection, alert_id)
        if found is None or not sites.include(found.site):
            raise UnknownAlertError("There is no such alert. Go to the list of alerts and choose one from there.")
        return store.states(connection, [found])[0]

    def alert_of(self, connection: Connection, review_id: str) -> AlertId | None:
        """The alert that a review's decision raised."""
        found = store.find_alert_of(connection, review_id)
        return None if found is None else found.id

    def document(self, connection: Connection, alert_id: str, sites: Sites) -> bytes:
        """The CAP document of an alert. Raises UnknownAlertError."""
        return store.document_of(connection, self.alert(connection, alert_id, sites).alert)

    def index(self, connection: Connection, sites: Sites, at: int) -> bytes:
        """The Atom index of the sites' alerts as it would be written now."""
        return atom_index(store.published(connection, sites, PAGE_LENGTH), self._settings, at)
