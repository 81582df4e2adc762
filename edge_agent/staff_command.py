"""`mca edge staff`: who may sign in at this unit, and a list of them for a unit that is not connected."""

import json
from pathlib import Path
from typing import Annotated

import typer

from edge_agent.commands import Json, opened_unit


def staff(
    context: typer.Context,
    *,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="A list that `mca hub staff export` made for this unit."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Take the hub's list of staff from a file, or say which one this unit has. Names are not shown."""
    from edge_agent.link.wake import wake_agent
    from edge_agent.staff.files import take_file
    from edge_agent.trusted_time import as_datetime

    # Nobody is compared here, so it does not matter whether scores are calibrated.
    with opened_unit(context, uncalibrated=True) as unit:
        if source is not None:
            take_file(source, store=unit.staff, identity=unit.identity, hub=unit.hub, heard=unit.clock.not_before)
            wake_agent(unit.settings.data)
        known, now = unit.staff.list(), unit.clock.now()
    if known is None:
        serial, people, until, ended = None, 0, None, False
    else:
        until = as_datetime(known.until).isoformat(timespec="minutes")
        serial, people, ended = known.serial, len(known.members), now >= known.until
    if as_json:
        typer.echo(json.dumps({"serial": serial, "people": people, "until": until, "ended": ended}))
    elif until is None:
        typer.echo("This unit has no list of staff yet: connect it, or bring one with --from FILE.")
    elif ended:
        typer.echo(f"Nobody can sign in: the list has ended, {until}. Connect this unit, or bring a list with --from.")
    else:
        typer.echo(f"{people} people can sign in here, until {until} also without the hub.")
