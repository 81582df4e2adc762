"""Searching kept templates again when the list has grown, so that nobody beside the unit learns what came of it.

A round is held when entries were added, and once a day. Whatever it finds, it puts equally many sightings of equal size
into the outbox and writes equally many records anew: of what it found first, and of others that it did not find. What
has no room is found again by the next round. docs/adr/0096-searching-again.md
"""

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Final

import sqlite_utils

from edge_agent.database import UnitDatabase
from edge_agent.intakes.kept import Kept, Progress
from edge_agent.intakes.searching import Result, search
from edge_agent.intakes.sending import SightingWriter
from edge_agent.intakes.store import IntakeStore, Round
from edge_agent.trusted_time import DAY
from edge_agent.watchlist.loading import Watchlist
from protocol.ids import SightingId
from protocol.moment import Moment

MESSAGES: Final = 2
"""Sightings of a round, or as many as there are records."""

_ALL: Final = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class LaterSearches:
    """Holds rounds. `entropy(n)` gives n random bytes; `source` chooses which records tell that nothing was found."""

    database: UnitDatabase
    store: IntakeStore
    writer: SightingWriter
    pack_digest: str
    entropy: Callable[[int], bytes]
    source: random.Random

    def hold(self, watchlist: Watchlist, now: Moment) -> None:
        """A round, if one is due. Raises the database's errors."""
        if not self.store.counts().kept:
            return
        last = self.store.last_round()
        if last is None:
            last = self._begin(now)
        grown = watchlist.index.newest > last.list_version
        if grown or not 0 <= now.at - last.at < DAY:
            self._hold(watchlist, now, Progress.from_bytes(last.content))

    def _begin(self, now: Moment) -> Round:
        """The first day begins with the first record, and not with a round that could find nothing new."""
        compared_with = min(kept.searched for kept in self._records().values())
        begun = Round(compared_with, now.at, Progress(0, (), 0).to_bytes())
        with self.database.transaction() as tables:
            self.store.note_round(tables, begun)
        return begun

    def _hold(self, watchlist: Watchlist, now: Moment, done: Progress) -> None:
        records = self._records()
        searched = {number: self._search(number, kept, watchlist, done) for number, kept in records.items()}
        hits = {number: result for number, result in searched.items() if result.candidates}
        version, slices = watchlist.installed.list_version, watchlist.installed.slices
        if len(hits) <= MESSAGES:
            done = Progress(version, slices, max(records))
        with self.database.transaction() as tables:
            for number in self._choose(records, hits):
                self._tell(tables, number, records[number], searched[number])
            self.store.note_round(tables, Round(version, now.at, done.to_bytes()))

    def _records(self) -> dict[int, Kept]:
        contents = {number: self.store.content("kept", number) for number in self.store.numbers("kept", _ALL)}
        return {number: Kept.from_bytes(content) for number, content in contents.items() if content is not None}

    def _search(self, number: int, kept: Kept, watchlist: Watchlist, done: Progress) -> Result:
        """What a record's template finds among entries that it was not compared with; none in one of another pack."""
        template, installed = kept.taken.template, watchlist.installed
        if template is None or kept.taken.pack_digest != self.pack_digest:
            return Result(installed.list_version, 0, ())
        if number <= done.last_record and done.slices == installed.slices:
            newer_than = done.list_version
        else:
            # Entries of a slice that the unit was given since are new to it, however old they are.
            newer_than = kept.searched if kept.slices == installed.slices else 0
        return search(kept.taken, template, watchlist, newer_than=newer_than)

    def _choose(self, records: Collection[int], hits: Collection[int]) -> list[int]:
        """The records that this round tells of: those that found somebody, oldest first, and then any."""
        told = sorted(hits)[:MESSAGES]
        others = [number for number in records if number not in hits]
        return told + self.source.sample(others, min(MESSAGES - len(told), len(others)))

    def _tell(self, tables: sqlite_utils.Database, number: int, kept: Kept, result: Result) -> None:
        rest = kept.taken.without_template() if result.candidates else kept.taken
        # Another process may have erased it meanwhile: its consent was taken back.
        if self.store.replace(tables, "kept", number, replace(kept, taken=rest).to_bytes()):
            sighting_id = SightingId(self.entropy(16).hex())
            keep = self.store.keep_of(number)
            self.writer.write_later(tables, kept.taken, result, sighting_id=sighting_id, kept=keep)
