"""What one person may see and know of a review now. The only place where what the machine found is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from faults import RejectedError
from hub.access.service import Operator
from hub.atrest import Vault
from hub.audit.service import AuditAction, record
from hub.clock import MINUTE
from hub.review import answer_store, look_store, store
from hub.review.claims import Claims
from hub.review.contradictions import age_in_words, contradictions, gap_in_words
from hub.review.controls import Controls
from hub.review.errors import FacesWithheldError
from hub.review.model import EMPTY_DRAFT, SENIOR, Claim, Decision, GivenAnswer, Kind, Purpose, Review, Side, Subject
from hub.review.sources import Source
from hub.review.statements import Whose, details, disagreements, second_look, statement
from hub.review.views import Comparison, Machine, Stage
from protocol.circumstances import Circumstances
from protocol.person import AgeBand

_A_LOOK: Final = 30 * MINUTE


class Showing:
    """Puts the page of a review together for one person."""

    def __init__(self, sources: Mapping[Kind, Source], claims: Claims, controls: Controls, vault: Vault) -> None:
        self._sources = sources
        self._claims = claims
        self._controls = controls
        self._vault = vault

    def picture(
        self, connection: Connection, review: Review, side: Side, operator: Operator, at: int, *, original: bool
    ) -> bytes:
        """One of the two faces, or its photograph, for who holds the review or has answered it; audited as a look.

        Raises FacesWithheldError.
        """
        has_answered = operator.id in answer_store.answerers(connection, review.id).values()
        if not has_answered and self._claims.holder(connection, review, operator, at) is None:
            raise FacesWithheldError("Its faces are shown only to those who work on this review or have answered it.")
        purpose = Purpose.LOOKING_BACK if has_answered else Purpose.COMPARING
        if look_store.note_view(connection, review.id, operator.id, purpose, at=at, lasts=_A_LOOK):
            action, name = AuditAction.FACES_VIEWED, operator.name
            record(connection, action, actor=name, subject=review.id, at=at, purpose=str(purpose))
        return self._sources[review.kind].picture(review, side, original=original)

    def note_name(self, connection: Connection, review: Review, operator: Operator, at: int) -> None:
        """The name that the child says is about to be shown; audited as a look."""
        purpose = Purpose.AFTER_ANSWER
        if look_store.note_view(connection, review.id, operator.id, purpose, at=at, lasts=_A_LOOK):
            action, name = AuditAction.NAME_VIEWED, operator.name
            record(connection, action, actor=name, subject=review.id, at=at, purpose=str(purpose))

    def comparison(self, connection: Connection, review: Review, operator: Operator, at: int) -> Comparison:
        """A review as the person may see it now."""
        has_answered = operator.id in answer_store.answerers(connection, review.id).values()
        blind = self._blind(connection, review, operator, at, has_answered=has_answered)
        return self._seeing(connection, blind, operator) if has_answered else blind

    def _blind(
        self, connection: Connection, review: Review, operator: Operator, at: int, *, has_answered: bool
    ) -> Comparison:
        """Without a word of the machine or of a colleague."""
        source = self._sources[review.kind]
        subject, missing = source.subject(connection, review), source.missing(connection, review)
        claim = None if has_answered else self._claims.holder(connection, review, operator, at)
        captured_at = subject.captured_at
        return Comparison(
            review=review,
            stage=self._stage(connection, review, operator, claim, at),
            subject=subject,
            missing=missing,
            circumstances=_without_words(source.circumstances(connection, review)),
            age_then=age_in_words(missing.birth, at if captured_at is None else captured_at),
            age_gap=gap_in_words(missing.taken, captured_at),
            contradictions=contradictions(subject, missing),
            as_senior=claim is not None and claim.position == SENIOR,
            draft=self._claims.draft(connection, review.id, operator) or EMPTY_DRAFT,
            expires_at=None if claim is None else claim.expires_at,
        )

    def _seeing(self, connection: Connection, blind: Comparison, operator: Operator) -> Comparison:
        """What is told in addition to somebody who has answered."""
        review = blind.review
        answers = answer_store.answers_of(connection, review.id, self._vault)
        own = next(given for given in answers if given.operator_id == operator.id)
        if review.kind is Kind.CONTROL:
            return replace(blind, stage=Stage.CONTROL, own=own, truth=self._controls.truth(connection, review.id))
        decision = store.decision_of(connection, review.id)
        remarks = answer_store.remarks_of(connection, review.id, self._vault)
        still_asked = self._still_asked(connection, review, operator)
        said = blind.circumstances if still_asked else self._sources[review.kind].circumstances(connection, review)
        return replace(
            blind,
            stage=self._stage_after(connection, review, answers, decision),
            own=own,
            circumstances=said,
            machine=self._machine(connection, review, blind.subject, still_asked=still_asked),
            confirmed_elsewhere=store.is_confirmed_elsewhere(connection, review),
            decision=decision,
            answers=tuple(answers) if decision else (),
            remarks=tuple(one for one in remarks if decision or one.operator_id == operator.id),
        )

    def _stage(self, connection: Connection, review: Review, operator: Operator, claim: Claim | None, at: int) -> Stage:
        if claim is not None:
            return Stage.ASKED
        if not store.is_open(connection, review.id):
            by_people = review.kind is Kind.CONTROL or store.decision_of(connection, review.id) is not None
            return Stage.CLOSED if by_people else Stage.ENDED
        return Stage.FREE if self._claims.is_free(connection, review, operator, at) else Stage.TAKEN

    def _stage_after(
        self, connection: Connection, review: Review, answers: Sequence[GivenAnswer], decision: Decision | None
    ) -> Stage:
        if decision is not None:
            return Stage.DECIDED
        if not store.is_open(connection, review.id):
            return Stage.ENDED
        return Stage.WAITING if len(answers) == 1 else Stage.DISPUTED

    def _still_asked(self, connection: Connection, review: Review, operator: Operator) -> bool:
        """Whether the person may yet be asked about another candidate of the same search."""
        siblings = {one.id for one in store.reviews_of(connection, review.source)}
        unanswered = siblings - answer_store.answered_by(connection, operator.id, list(siblings))
        return any(store.is_open(connection, one) for one in unanswered)

    def _machine(
        self, connection: Connection, review: Review, subject: Subject, *, still_asked: bool
    ) -> Machine | None:
        try:
            finding = self._sources[review.kind].finding(connection, review)
        except RejectedError:
            return None  # It has been erased with its case: what people said of it stays.
        if finding is None:
            return None
        band = subject.age_band or AgeBand.CHILD
        by_unit = review.kind is Kind.SIGHTING
        return Machine(
            statement=statement(finding.candidate.chance, band, Whose.UNIT if by_unit else Whose.HUB),
            details=details(finding) if by_unit else (),
            second_look=second_look(finding, band) if by_unit else None,
            disagreements=disagreements(finding.look),
            raw=finding.candidate.raw,
            rank=None if still_asked else finding.candidate.rank,
            candidates=len(store.reviews_of(connection, review.source)),
        )


def _without_words(how: Circumstances | None) -> Circumstances | None:
    """How the picture was taken, without what the child says: that is for who has answered."""
    return None if how is None else replace(how, speaks="", given_name="")
