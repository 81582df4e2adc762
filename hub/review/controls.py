"""Control pairs: known pairs among the others, by which reviewers learn how well they do.

A control pair looks like any review until it has been answered: made-up reference, a site and unit of a real intake,
its own moment of arrival. It is never decided, and the database refuses a decision of one.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection

from faults import RejectedError
from hub.atrest import Vault
from hub.audit.service import AuditAction, record
from hub.clock import HOUR, MINUTE
from hub.db import Database
from hub.ingest.capture_time import CaptureTime
from hub.review import control_store, store
from hub.review.control_store import Disguise, SealedPictures
from hub.review.errors import ControlPairsError
from hub.review.manifest import Entry, read_manifest
from hub.review.model import (
    ControlPair,
    Finding,
    Heading,
    Kind,
    Missing,
    Pair,
    Review,
    ReviewId,
    ReviewRules,
    Side,
    Subject,
)
from hub.review.sources import plain_jpeg
from hub.review.urgency import urgency_of
from protocol.circumstances import Circumstances
from protocol.ids import CaseId, PhotoId, intake_reference
from protocol.person import AgeBand
from protocol.sighting import LegalBasis


class ReadPhotograph(Protocol):
    """A photograph with its one face."""

    @property
    def portrait(self) -> bytes:
        """JPEG, the face upright with a margin."""

    @property
    def fault(self) -> str | None:
        """The measure in which it is poor."""


class Photographs(Protocol):
    """What finds the face in a photograph."""

    def read(self, data: bytes, /, *, accept_poor: bool) -> ReadPhotograph:
        """Raises RejectedError for what is no photograph of one face."""


class Controls:
    """The control pairs of one hub. Methods with a connection join the caller's transaction."""

    def __init__(self, database: Database, vault: Vault, rules: ReviewRules, random: Callable[[int], bytes]) -> None:
        self._database = database
        self._vault = vault
        self._rules = rules
        self._random = random

    def load(self, folder: Path, photographs: Photographs, actor: str, at: int) -> int:
        """Take the folder's pairs in the place of those in use; all of them or none. Returns how many there are.

        Raises ControlPairsError, whose message names the line and what to mend.
        """
        found = [self._read(entry, photographs) for entry in read_manifest(folder)]
        with self._database.begin() as connection:
            for pair, origin, pictures in found:
                control_store.put_pair(connection, pair, origin, pictures, at)
            removed = control_store.retire_others(connection, [pair.id for pair, _, _ in found], at)
            action, pairs = AuditAction.CONTROL_PAIRS_LOADED, len(found)
            record(connection, action, actor=actor, subject="control pairs", at=at, pairs=pairs, removed=removed)
        return len(found)

    def open_beside(self, connection: Connection, review: Review, subject: Subject) -> None:
        """Now and then, prepare a control pair that looks as if it came within the hour after an intake."""
        share = self._rules.control_share
        # Each review gets two answers, a control pair too: so many pairs make up the wanted share of comparisons.
        if subject.unit is None or subject.capture is None or self._chance() >= share / (1 - share):
            return
        pairs = control_store.least_used(connection)
        if not pairs:
            return
        pair = control_store.find_pair(connection, pairs[self._below(len(pairs))])
        opened_at = review.opened_at + self._below(HOUR)
        delay = review.opened_at - subject.capture.at
        captured_at = opened_at - max(delay, 0) - self._below(10 * MINUTE)
        disguise = Disguise(pair.id, intake_reference(self._random(5)), subject.unit, captured_at)
        self._open(connection, pair, disguise, site=review.site, at=opened_at, recorded_at=review.opened_at)

    def truth(self, connection: Connection, review_id: ReviewId) -> bool:
        """Whether a control pair shows one person."""
        return control_store.find_pair(connection, control_store.find_disguise(connection, review_id).pair_id).same

    def subject(self, connection: Connection, review: Review) -> Subject:
        """What the review says of its intake."""
        disguise = control_store.find_disguise(connection, review.id)
        pair = control_store.find_pair(connection, disguise.pair_id)
        return Subject(
            reference=disguise.reference,
            site=review.site,
            unit=disguise.unit,
            capture=CaptureTime.exact(disguise.captured_at, review.opened_at),
            legal_basis=LegalBasis.BEST_INTERESTS,
            age_band=pair.age_band,
            birth=None,
            sex=pair.sex,
            doubt=pair.doubt,
        )

    def headings(self, connection: Connection, reviews: Sequence[Review]) -> list[Heading]:
        """What a list says of their intakes."""
        worn = control_store.disguises(connection, {review.id for review in reviews})
        return [_heading(review, *worn[review.id]) for review in reviews]

    def missing(self, connection: Connection, review: Review) -> Missing:
        """What the review says of its case."""
        pair = control_store.find_pair(connection, control_store.find_disguise(connection, review.id).pair_id)
        return Missing(CaseId(""), "", pair.sex, pair.birth, pair.taken, None)

    def circumstances(self, _connection: Connection, _review: Review) -> Circumstances | None:
        """Nothing, as of most intakes."""
        return None

    def picture(self, review: Review, side: Side, *, original: bool) -> bytes:
        """As an intake's or a case's."""
        with self._database.read() as connection:
            pair_id, sealed = control_store.pictures_of(connection, review.id)
        if side is Side.INTAKE:
            return self._vault.decrypt(sealed.probe, _place(pair_id, "probe"))
        if original:
            # Read and written anew like a case's: an answer that comes sooner would tell the pair from others.
            return plain_jpeg(self._vault.decrypt(sealed.original, _place(pair_id, "original")))
        return self._vault.decrypt(sealed.reference, _place(pair_id, "reference"))

    def finding(self, _connection: Connection, _review: Review) -> Finding | None:
        """No machine has compared the two."""
        return None

    def _open(
        self, connection: Connection, pair: ControlPair, disguise: Disguise, *, site: str, at: int, recorded_at: int
    ) -> None:
        live = not CaptureTime.exact(disguise.captured_at, at).historical
        urgency = urgency_of(high_risk=False, age_band=pair.age_band, live=live)
        review_id = ReviewId(self._random(8).hex())
        due_at = self._rules.targets.due_at(urgency, at)
        held = Pair(pair.id, "", CaseId(""), PhotoId(""), "")
        review = Review(review_id, Kind.CONTROL, review_id, held, site, urgency, at, due_at)
        store.add_review(connection, review)
        control_store.put_disguise(connection, review_id, disguise)
        action, kind = AuditAction.REVIEW_OPENED, str(Kind.CONTROL)
        record(connection, action, actor="hub", subject=review_id, at=recorded_at, kind=kind)

    def _read(self, entry: Entry, photographs: Photographs) -> tuple[ControlPair, str, SealedPictures]:
        try:
            probe = photographs.read(entry.probe, accept_poor=True)
            reference = photographs.read(entry.reference, accept_poor=True)
            plain_jpeg(entry.reference)
        except RejectedError as error:
            raise ControlPairsError(f"Line {entry.line}: {error}") from error
        # Equal pictures with an equal truth are the same pair, whatever their files are called.
        said = b"yes" if entry.same else b"no"
        pair_id = self._vault.index(said + entry.probe + entry.reference, "control pairs").hex()[:32]
        pair = ControlPair(pair_id, entry.same, entry.sex, entry.age_band, entry.birth, entry.taken, probe.fault)
        pictures = SealedPictures(
            self._vault.encrypt(probe.portrait, _place(pair_id, "probe")),
            self._vault.encrypt(reference.portrait, _place(pair_id, "reference")),
            self._vault.encrypt(entry.reference, _place(pair_id, "original")),
        )
        return pair, entry.origin, pictures

    def _below(self, limit: int) -> int:
        return int.from_bytes(self._random(8), "big") % limit

    def _chance(self) -> float:
        return int.from_bytes(self._random(4), "big") / 2**32


def _heading(review: Review, disguise: Disguise, age_band: AgeBand) -> Heading:
    return Heading(disguise.reference, CaptureTime.exact(disguise.captured_at, review.opened_at), age_band)


def _place(pair_id: str, column: str) -> str:
    return f"control_pairs/{column}/{pair_id}"
