"""Matches of a missing and a found child, as values."""

from dataclasses import dataclass
from typing import NewType

from faults import RejectedError
from protocol.ids import CaseId, PhotoId
from protocol.sighting import Chance

MatchId = NewType("MatchId", str)


class UnknownMatchError(RejectedError):
    """There is no such match, or one of its cases was closed meanwhile."""


@dataclass(frozen=True, slots=True)
class RegisterMatch:
    """A missing and a found child whose faces are alike, to be judged by people.

    `raw`: the cosine, from −1 to 1. `chance`: None where the hub's pack is not calibrated. `comparable`: among how
    many photographs it was looked for. `warning`: the measure in which one of the photographs is poor. `site`: the
    found child's, `` for the whole hub. `at` in milliseconds since 1970 UTC.
    """

    id: MatchId
    missing: CaseId
    found: CaseId
    missing_photo: PhotoId
    found_photo: PhotoId
    pack_digest: bytes
    raw: float
    score: float
    chance: Chance | None
    comparable: int
    warning: str | None
    site: str
    at: int


@dataclass(frozen=True, slots=True)
class Likeness:
    """What a comparison says of one case of the gallery: its best photograph against the probe's best."""

    case: CaseId
    photo: PhotoId
    probe_photo: PhotoId
    raw: float
    score: float
    chance: Chance | None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The likeliest cases, best first, at most ten, of those that reach the threshold; and how many photos competed."""

    candidates: tuple[Likeness, ...]
    comparable: int
