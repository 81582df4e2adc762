"""What the review room needs of other rooms, as it needs it. The composition root brings them together."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Protocol

from sqlalchemy import Connection

from hub.ingest.capture_time import CaptureTime
from hub.matching.service import MatchId
from hub.review.model import Finding
from protocol.circumstances import Circumstances
from protocol.envelope import MessageType
from protocol.ids import CaseId, PhotoId, SightingId, SiteId, UnitId
from protocol.person import AgeBand, BirthBand, Sex
from protocol.sighting import Chance, LegalBasis, Quality
from protocol.topics import UnitChannel


class SightingFacts(Protocol):
    """What the review room needs to know of an intake."""

    @property
    def reference(self) -> str:
        """What staff wrote on paper."""

    @property
    def unit(self) -> UnitId:
        """The device."""

    @property
    def site(self) -> SiteId:
        """The checkpoint or shelter."""

    @property
    def capture(self) -> CaptureTime:
        """When it was photographed, as far as can be known."""

    @property
    def retrospective(self) -> bool:
        """Whether the unit searched again later, when it had no picture any more."""

    @property
    def legal_basis(self) -> LegalBasis:
        """What permitted the photograph."""

    @property
    def age_band(self) -> AgeBand:
        """As staff recorded it."""

    @property
    def sex(self) -> Sex:
        """As staff recorded it."""

    @property
    def pack_digest(self) -> bytes:
        """Which recogniser named the candidates."""

    @property
    def quality(self) -> Quality:
        """Of the picture that was sent."""


class CaseFacts(Protocol):
    """What the review room needs to know of a case."""

    @property
    def id(self) -> CaseId:
        """The pseudonymous identifier."""

    @property
    def reference(self) -> str:
        """The police reference."""

    @property
    def sex(self) -> Sex:
        """As registered."""

    @property
    def birth(self) -> BirthBand:
        """When the child was born."""

    @property
    def despite(self) -> Mapping[PhotoId, str]:
        """Photographs that were registered although they are poor: what is wrong with each, and why it was taken."""

    @property
    def taken(self) -> Mapping[PhotoId, date]:
        """The day on which a photograph was taken, where it is known."""

    @property
    def high_risk(self) -> bool:
        """As the desk graded it."""


class MatchFacts(Protocol):
    """A found child of the register who resembles a missing one."""

    @property
    def id(self) -> MatchId:
        """16 hexadecimal digits."""

    @property
    def missing(self) -> CaseId:
        """The missing child."""

    @property
    def found(self) -> CaseId:
        """The found child."""

    @property
    def missing_photo(self) -> PhotoId:
        """The missing child's photograph that matched."""

    @property
    def found_photo(self) -> PhotoId:
        """The found child's photograph that matched."""

    @property
    def raw(self) -> float:
        """The cosine, from −1 to 1."""

    @property
    def score(self) -> float:
        """Normalised."""

    @property
    def chance(self) -> Chance | None:
        """None: the hub's pack is not calibrated."""

    @property
    def comparable(self) -> int:
        """How many photographs competed."""

    @property
    def pack_digest(self) -> bytes:
        """Which recogniser named the pair."""

    @property
    def warning(self) -> str | None:
        """The measure of quality in which one of the photographs is poor."""

    @property
    def site(self) -> str:
        """Of the found child; empty: the whole hub's."""


class Sightings(Protocol):
    """The intakes that the hub received."""

    def sighting(self, connection: Connection, sighting_id: SightingId, /) -> SightingFacts:
        """What is known of an intake."""

    def sightings(
        self, connection: Connection, wanted: Collection[SightingId], /
    ) -> Mapping[SightingId, SightingFacts]:
        """The same of many; an intake that was erased is not among them."""

    def finding(self, connection: Connection, sighting_id: SightingId, case: CaseId, /) -> Finding:
        """What the machines say of a candidate. Asked for only when the reader has answered."""

    def circumstances(self, connection: Connection, sighting_id: SightingId, /) -> Circumstances:
        """How an intake was taken, as staff recorded it."""

    def portrait(self, sighting_id: SightingId, /) -> bytes:
        """The intake's aligned face with some margin, JPEG."""


class Cases(Protocol):
    """The register."""

    def summary(self, connection: Connection, case: CaseId, /) -> CaseFacts:
        """What is known of a case."""

    def references(self, connection: Connection, wanted: Collection[CaseId], /) -> Mapping[CaseId, str]:
        """The police references of many."""

    def surviving(self, connection: Connection, case: CaseId, /) -> CaseId:
        """The case itself, or the one that it was merged into in the end: that one has its photographs."""

    def known_as(self, connection: Connection, case: CaseId, /) -> frozenset[CaseId]:
        """A case and all that are one child with it by merging."""

    def has_ended(self, connection: Connection, case: CaseId, /) -> bool:
        """Whether a case's photographs are gone for good."""

    def portrait(self, case: CaseId, photo: PhotoId, /) -> bytes:
        """One photo's aligned face with some margin, JPEG."""

    def original(self, case: CaseId, photo: PhotoId, /) -> bytes:
        """The photograph's file as it was given."""

    def mark_located(self, connection: Connection, case: CaseId, actor: str, at: int, /) -> None:
        """The child has been found. Nothing happens where that is known already."""


class Matches(Protocol):
    """What the search of one register in the other has found."""

    def pending(self, connection: Connection, /) -> Sequence[MatchFacts]:
        """Matches that no review was opened for."""

    def taken(self, connection: Connection, match_id: MatchId, at: int, /) -> None:
        """A review has been opened, or needs not to be."""

    def find(self, connection: Connection, match_id: str, /) -> MatchFacts:
        """Raises RejectedError where the match has gone with one of its cases."""

    def confirmed(self, connection: Connection, match_id: str, actor: str, at: int, /) -> None:
        """Two people say that it is one child."""


class Alerts(Protocol):
    """Where a confirmed match leaves the hub."""

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
        historical: CaptureTime | None,
    ) -> None:
        """In the decision's own transaction; `historical`: when the child was photographed, where not just now."""


class Units(Protocol):
    """The way to the devices."""

    def enqueue(
        self,
        connection: Connection,
        unit: UnitId,
        channel: UnitChannel,
        message_type: MessageType,
        payload: bytes,
        /,
    ) -> None:
        """Send a message after the transaction has been committed."""
