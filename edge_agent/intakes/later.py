"""Searching kept templates again when the list has grown, so that nobody beside the unit learns what came of it.

A round is held when entries were added, and once a day. Whatever it finds, it rewrites every record, and puts equally
many sightings of equal size into the outbox: what it found first, and what it did not find for the rest. What has no
room goes with the next round. docs/adr/0096-searching-again.md
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from edge_agent.database import UnitDatabase
from edge_agent.intakes.kept import Kept
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
        last = self.store.last_round()
        grown = watchlist.index.newest > last.list_version
        if not self.store.counts().kept or not (grown or not 0 <= now.at - last.at < DAY):
            return
        records = {number: self._searched(kept, watchlist) for number, kept in self._records()}
        told = self._choose(records)
        with self.database.transaction() as tables:
            for number in told:
                kept = records[number]
                result = kept.hit or Result(watchlist.installed.list_version, 0, ())
                self.writer.write_later(
                    tables,
                    kept.taken,
                    result,
                    sighting_id=SightingId(self.entropy(16).hex()),
                    kept=self.store.keep_of(number),
                )
                if kept.hit is not None:
                    records[number] = replace(kept, taken=kept.taken.without_template(), hit=None)
            for number, kept in records.items():
                self.store.replace(tables, "kept", number, kept.to_bytes())
            self.store.note_round(tables, Round(watchlist.installed.list_version, now.at))

    def _records(self) -> list[tuple[int, Kept]]:
        numbers = self.store.numbers("kept", _ALL)
        contents = ((number, self.store.content("kept", number)) for number in numbers)
        return [(number, Kept.from_bytes(content)) for number, content in contents if content is not None]

    def _searched(self, kept: Kept, watchlist: Watchlist) -> Kept:
        """The record after a search of what it was not compared with. A template of another pack stays as it is."""
        template, installed = kept.taken.template, watchlist.installed
        if template is None or kept.hit is not None or kept.taken.pack_digest != self.pack_digest:
            return kept
        # Entries of a slice that the unit was given since are new to it, however old they are.
        newer_than = kept.searched if kept.slices == installed.slices else 0
        result = search(kept.taken, template, watchlist, newer_than=newer_than)
        hit = result if result.candidates else None
        return replace(kept, searched=installed.list_version, slices=installed.slices, hit=hit)

    def _choose(self, records: dict[int, Kept]) -> list[int]:
        """The records that this round's messages are about: what was found, oldest first, and then any."""
        found = [number for number, kept in records.items() if kept.hit is not None][:MESSAGES]
        others = [number for number, kept in records.items() if kept.hit is None]
        wanted = min(MESSAGES, len(records)) - len(found)
        return found + self.source.sample(others, min(wanted, len(others)))
