"""`mca hub statistics`."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from hub.commands import InputError, services_of

if TYPE_CHECKING:
    from hub.statistics.model import Row

_WITHHELD: Final = "*"
_CAPTION: Final = f"{_WITHHELD} withheld: so few that somebody might be recognised"
_UNFINISHED: Final = "The period has not ended. Keep this to the desk: subtracted from a later table, it tells of few."


def statistics(
    context: typer.Context,
    *,
    month: Annotated[str | None, typer.Argument(help="Any month of the period, YYYY-MM; without it, this one.")] = None,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help="Write a new CSV file instead, of a period that has ended.")
    ] = None,
) -> None:
    """Count intakes, candidates, decisions and alerts by month, site, sex and age band; small numbers are withheld.

    The table is of the whole period in which the month lies (`statistics_months`).
    """
    from hub.statistics.service import PeriodError, month_at, period_around
    from hub.statistics.service import statistics as make_statistics

    services = services_of(context)
    settings, now = services.settings, services.clock()
    period = period_around(month or month_at(now, settings.zone), settings.statistics_months, settings.zone)
    if csv_file is not None and not period.has_ended(now):
        raise PeriodError(f"The period until {period.months()[-1]} has not ended. Write a file of it afterwards.")
    with services.database.read() as connection:
        rows = make_statistics(services, connection, period)
    if csv_file is None:
        _print(rows, _CAPTION if period.has_ended(now) else f"{_CAPTION}. {_UNFINISHED}")
    else:
        _write(csv_file, rows)


def _headings() -> list[str]:
    from hub.statistics.model import MEASURES

    return ["by", "group", *MEASURES, "median hours", "p90 hours"]


def _cells(row: "Row") -> Iterator[str]:
    yield row.breakdown
    yield row.group
    yield from (_WITHHELD if count is None else str(count) for count in row.counts)
    yield from ("" if hours is None else f"{hours:.1f}" for hours in (row.median_hours, row.p90_hours))


def _print(rows: "Sequence[Row]", caption: str) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*_headings(), caption=caption)
    for before, row in zip([None, *rows], rows, strict=False):
        if before is not None and before.breakdown != row.breakdown:
            table.add_section()
        table.add_row(*_cells(row))
    Console().print(table)


def _write(path: Path, rows: "Sequence[Row]") -> None:
    try:
        with path.open("x", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(_headings())
            writer.writerows(_cells(row) for row in rows)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}.") from error
