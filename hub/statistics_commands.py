"""`mca hub statistics`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from hub.commands import InputError, services_of

if TYPE_CHECKING:
    from hub.statistics.service import Table

_CAPTION: Final = "* withheld: so few that somebody might be recognised"
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
    services = services_of(context)
    with services.database.read() as connection:
        table = services.statistics.table(connection, month)
    if csv_file is None:
        _print(table)
    else:
        _write(csv_file, table.as_csv())


def _print(table: "Table") -> None:
    from rich.console import Console
    from rich.table import Table as Drawing

    from hub.statistics.service import HEADINGS

    drawing = Drawing(*HEADINGS, caption=_CAPTION if table.has_ended else f"{_CAPTION}. {_UNFINISHED}")
    breakdown = None
    for line in table.lines():
        if breakdown not in (None, line[0]):
            drawing.add_section()
        breakdown = line[0]
        drawing.add_row(*line)
    Console().print(drawing)


def _write(path: Path, data: bytes) -> None:
    try:
        with path.open("xb") as file:
            file.write(data)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}.") from error
