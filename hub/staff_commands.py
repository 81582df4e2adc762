"""`mca hub staff`: the staff of sites, for units that are not connected."""

from pathlib import Path
from typing import Annotated

import typer

from hub.commands import InputError, services_of
from protocol.envelope import MessageType
from protocol.ids import parse_unit_id

app = typer.Typer(help="Who may sign in at units.", no_args_is_help=True)


@app.command()
def export(
    context: typer.Context,
    unit: Annotated[str, typer.Argument(metavar="UNIT_ID", help="The unit's name, such as bd/benapole-1.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it, such as on a USB stick.")],
) -> None:
    """Write the newest list of staff for one unit, sealed to it; there: `mca edge staff --from FILE`."""
    services = services_of(context)
    name = parse_unit_id(unit)
    services.fleet.refresh()
    with services.database.begin() as connection:
        site = services.fleet.unit(connection, name).site
        payload = services.staff.answer(connection, site, None)
        if payload is None:
            raise InputError("Nobody was added at {site} yet: do it at the console, on the page Site staff.", site=site)
        envelope = services.fleet.seal(connection, name, MessageType.STAFF, payload)
    try:
        file.write_bytes(envelope)
    except OSError as error:
        raise InputError("{file} cannot be written: {reason}.", file=file, reason=error.strerror) from error
    typer.echo(f"The list of {site} for {name} is in {file}. Only that unit can open it.")
