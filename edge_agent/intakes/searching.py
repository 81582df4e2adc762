"""Comparing an intake with a watchlist, and what that says as a sighting tells it."""

from dataclasses import dataclass

from edge_agent.intakes.taken import Taken
from edge_agent.watchlist.index import Match, Probe
from edge_agent.watchlist.loading import Watchlist
from models.template import Template
from protocol.sighting import Candidate, Chance


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What a search said: with which list, among how many photographs that could compete, and whom it found."""

    list_version: int
    comparable: int
    candidates: tuple[Candidate, ...]


def search(taken: Taken, template: Template, watchlist: Watchlist, *, newer_than: int = 0) -> Result:
    """Compare with the whole list, or with what was added after version `newer_than`, by the whole list's measure.

    Raises models' PackMismatchError.
    """
    probe = Probe(template, taken.sex, taken.age_band, taken.day)
    found = watchlist.index.search(probe, newer_than=newer_than)
    candidates = tuple(_candidate(match, rank) for rank, match in enumerate(found.matches, 1))
    return Result(watchlist.installed.list_version, found.comparable, candidates)


def _candidate(match: Match, rank: int) -> Candidate:
    found = match.chance
    chance = None
    if found is not None:
        chance = Chance(found.per_search, found.low, found.high, found.candidates, found.counted)
    return Candidate(match.case, match.photo, rank, match.raw, match.score, chance)
