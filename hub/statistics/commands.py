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


def statistics(
    context: typer.Context,
    *,
    first: Annotated[str, typer.Option("--from", help="The first month, YYYY-MM.")],
    last: Annotated[str, typer.Option("--to", help="The last month, YYYY-MM, itself included.")],
    csv_file: Annotated[Path | None, typer.Option("--csv", help="Write a new CSV file instead of a table.")] = None,
) -> None:
    """Count intakes, candidates, decisions and alerts by month, site, sex and age band; small numbers are withheld."""
    from hub.statistics.service import parse_period
    from hub.statistics.service import statistics as make_statistics

    period, services = parse_period(first, last), services_of(context)
    with services.database.read() as connection:
        rows = make_statistics(services, connection, period)
    if csv_file is None:
        _print(rows)
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


def _print(rows: "Sequence[Row]") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*_headings(), caption=f"{_WITHHELD} withheld: so few that somebody might be recognised")
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
