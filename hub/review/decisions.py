"""What follows when answers decide: a decision, and from it the alert, the case and the word to the site."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from hub.access.service import Operator
from hub.audit.service import AuditAction, record
from hub.review import store
from hub.review.conclusions import Outcome, agreement
from hub.review.model import Decision, GivenAnswer, Kind, Review, Subject
from hub.review.neighbours import Alerts, Cases, Matches, Units
from hub.review.sources import Source
from protocol.envelope import MessageType
from protocol.ids import SightingId, SiteId, UnitId
from protocol.notice import Notice, NoticeKind
from protocol.topics import UnitChannel


class Decisions:
    """Decides reviews. Every method joins the caller's transaction."""

    def __init__(
        self,
        sources: Mapping[Kind, Source],
        cases: Cases,
        matches: Matches | None,
        alerts: Alerts,
        units: Units,
    ) -> None:
        self._sources = sources
        self._cases = cases
        self._matches = matches
        self._alerts = alerts
        self._units = units

    def decide(
        self, connection: Connection, review: Review, answers: Sequence[GivenAnswer], operator: Operator, at: int
    ) -> Outcome | None:
        """The outcome if the answers so far decide; a control pair only ends."""
        if review.kind is Kind.CONTROL:
            if len(answers) == 2:
                store.close_review(connection, review.id)
            return None
        agreed = agreement([given.answer for given in answers])
        if agreed is None:
            return None
        decision = Decision(review.id, agreed.outcome, at)
        store.add_decision(connection, review, decision, answers[agreed.first], answers[agreed.second])
        store.close_review(connection, review.id)
        action, name, outcome = AuditAction.REVIEW_DECIDED, operator.name, str(agreed.outcome)
        record(connection, action, actor=name, subject=review.id, at=at, outcome=outcome)
        subject = self._sources[review.kind].subject(connection, review)
        if agreed.outcome is Outcome.CONFIRMED:
            self._confirm(connection, review, subject, name, at)
        self.tell_site(connection, review, subject, name, at)
        return agreed.outcome

    def _confirm(self, connection: Connection, review: Review, subject: Subject, actor: str, at: int) -> None:
        capture = subject.capture
        self._cases.mark_located(connection, review.pair.case, actor, at)
        if self._matches is not None and review.kind is Kind.REGISTER:
            self._matches.confirmed(connection, review.source, actor, at)
        self._alerts.raise_alert(
            connection,
            review_id=review.id,
            case=review.pair.case,
            reference=subject.reference,
            site=SiteId(review.site),
            actor=actor,
            at=at,
            historical=capture if capture and capture.historical else None,
        )

    def tell_site(self, connection: Connection, review: Review, subject: Subject, actor: str, at: int) -> None:
        """One notice for each intake that was looked into, of one size: that one comes says nothing of what it says."""
        if subject.unit is None:
            return
        confirmed = store.is_source_confirmed(connection, review.source)
        if not confirmed and store.is_source_open(connection, review.source):
            return  # The last of its candidates will bring the notice.
        if confirmed and store.decision_of(connection, review.id) != Decision(review.id, Outcome.CONFIRMED, at):
            return  # The site was asked to telephone when the other candidate was confirmed.
        kind = NoticeKind.CALL_DESK if confirmed else NoticeKind.NO_ACTION
        notice = Notice(SightingId(review.source), subject.reference, kind, at)
        unit = UnitId(subject.unit)
        self._units.enqueue(connection, unit, UnitChannel.NOTICES, MessageType.NOTICE, notice.to_bytes())
        record(connection, AuditAction.NOTICE_QUEUED, actor=actor, subject=unit, at=at, review=review.id)
