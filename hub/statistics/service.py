"""The table of one period, from what the rooms know. What other rooms may use is named here."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from itertools import groupby
from typing import Final

from sqlalchemy import Connection

from hub.clock import Clock
from hub.dispatch.service import DispatchService
from hub.fleet.service import FleetService
from hub.ingest.service import SightingReader
from hub.review.service import ReviewService
from hub.statistics.model import MEASURES, Breakdown, Facts, Measure, Row
from hub.statistics.period import Period, PeriodError, month_at, period_around
from hub.statistics.table import tabulate
from protocol.person import AgeBand, Sex

__all__ = ["Breakdown", "Measure", "PeriodError", "StatisticsService", "Table"]

WITHHELD: Final = "*"
HEADINGS: Final = ("by", "group", *map(str, MEASURES), "median hours", "p90 hours")


@dataclass(frozen=True, slots=True)
class Table:
    """One period: the total and each group of each breakdown, small numbers withheld."""

    period: Period
    rows: Sequence[Row]
    has_ended: bool

    def lines(self) -> Iterator[tuple[str, ...]]:
        """Each row as text, in the order of HEADINGS."""
        for row in self.rows:
            counts = (WITHHELD if count is None else str(count) for count in row.counts)
            hours = ("" if value is None else f"{value:.1f}" for value in (row.median_hours, row.p90_hours))
            yield row.breakdown, row.group, *counts, *hours

    def sections(self) -> list[tuple[str, list[Row]]]:
        """The total and each breakdown, with its rows."""
        return [(breakdown, list(rows)) for breakdown, rows in groupby(self.rows, lambda row: row.breakdown)]

    def as_csv(self) -> bytes:
        """To be handed out. Raises PeriodError of a period that goes on: today's less yesterday's is one day's."""
        if not self.has_ended:
            last = self.period.months()[-1]
            raise PeriodError("The period until {month} has not ended. Write a file of it afterwards.", month=last)
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(HEADINGS)
        writer.writerows(self.lines())
        return text.getvalue().encode()


class StatisticsService:
    """Counts what the desk did in periods of so many `months` of the desk's `zone`."""

    def __init__(
        self,
        sightings: SightingReader,
        review: ReviewService,
        dispatch: DispatchService,
        fleet: FleetService,
        *,
        months: int,
        clock: Clock,
        zone: tzinfo,
    ) -> None:
        """`months` divides 12."""
        self._sightings = sightings
        self._review = review
        self._dispatch = dispatch
        self._fleet = fleet
        self._months = months
        self._clock = clock
        self._zone = zone

    def table(self, connection: Connection, month: str | None = None) -> Table:
        """The period in which a month lies, as YYYY-MM; without one, the period that goes on. Raises PeriodError."""
        now = self._clock()
        period = period_around(month or month_at(now, self._zone), self._months, self._zone)
        return Table(period, self._rows(connection, period), period.has_ended(now))

    def _rows(self, connection: Connection, period: Period) -> list[Row]:
        start, end = period.bounds()
        intakes = tuple(self._sightings.facts(connection, start, end))
        facts = Facts(
            intakes,
            tuple(self._review.facts(connection, start)),
            self._dispatch.alerted_reviews(connection, start),
            self._dispatch.acknowledged_reviews(connection, start),
        )
        sites = {intake.site for intake in intakes} | {unit.site for unit in self._fleet.units(connection)}
        groups: dict[str, Sequence[str]] = {
            Breakdown.MONTH: period.months(),
            Breakdown.SITE: sorted(sites),
            Breakdown.SEX: list(Sex),
            Breakdown.AGE_BAND: list(AgeBand),
        }
        return tabulate(facts, groups, period.month_of)
