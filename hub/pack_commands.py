"""`mca hub pack`: changing the recogniser's pack without losing a child on the way."""

from typing import TYPE_CHECKING

import typer

from faults import RejectedError
from hub.commands import services_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.bootstrap import Services

app = typer.Typer(help="The recogniser's pack, and changing it.", no_args_is_help=True)


class PhotographsUnreadableError(RejectedError):
    """In some photographs the hub's pack sees no face; an earlier one did."""


@app.command("status")
def pack_status(context: typer.Context) -> None:
    """Show which pack the hub runs and which each unit has reported. The list serves both until all are the same."""
    services = services_of(context)
    with services.database.read() as connection:
        for line in _lines(services, connection):
            typer.echo(line)


@app.command("migrate")
def pack_migrate(context: typer.Context) -> None:
    """Make the templates that the hub's pack lacks, now. A hub that is running does so by itself."""
    from hub.cases.service import Completion

    cases = services_of(context).cases
    made = 0
    while (done := cases.complete_templates()) is not Completion.DONE:
        made += done is Completion.MADE
    typer.echo(f"Made {made} templates.")
    if unreadable := cases.unreadable_count():
        raise PhotographsUnreadableError(
            f"In {unreadable} photographs this pack sees no face: a unit that runs it cannot recognise them. The log "
            "names the cases. Register those children again with better photographs, or keep the earlier pack."
        )


def _lines(services: "Services", connection: "Connection") -> list[str]:
    own = bytes.fromhex(services.pack.digest)
    reported = {health.unit: health.report.pack_digest for health in services.fleet.health(connection)}
    lines = [f"The hub runs the pack {services.pack.manifest.name} ({own.hex()[:16]})."]
    for unit in services.fleet.units(connection):
        pack = reported.get(unit.id)
        said = "not reported yet" if pack is None else "the same" if pack == own else f"another ({pack.hex()[:16]})"
        lines.append(f"{unit.id}: {said}")
    changing = services.watchlist.is_changing_pack(connection)
    lines.append(f"The watchlist serves {'the templates of every pack' if changing else 'this pack alone'}.")
    return lines
