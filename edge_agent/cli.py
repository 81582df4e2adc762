"""`mca edge`: the unit's commands. What they print is the same whoever stands before the camera."""

import json
from pathlib import Path
from typing import Annotated

import typer

from edge_agent.commands import Json, Uncalibrated, opened_unit
from edge_agent.config import CONFIG_VARIABLE
from edge_agent.found_command import found
from edge_agent.intake_command import intake
from edge_agent.staff_command import staff

app = typer.Typer(help="A unit at a checkpoint or shelter.", no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def settings(
    context: typer.Context,
    config: Annotated[
        Path, typer.Option(envvar=CONFIG_VARIABLE, help="The unit's settings, as `mca provision unit` made them.")
    ] = Path("edge.toml"),
) -> None:
    """Remember where the settings are; each command reads them when it needs them."""
    context.obj = config


@app.command()
def run(context: typer.Context, *, uncalibrated: Uncalibrated = False) -> None:
    """Keep the unit in touch with its hub until SIGTERM: send sightings, take receipts, keep the watchlist fresh."""
    from edge_agent.bootstrap import run_agent

    with opened_unit(context, uncalibrated=uncalibrated) as unit:
        run_agent(unit)


app.command()(intake)
app.command()(found)
app.command()(staff)


@app.command()
def sync(
    context: typer.Context,
    stick: Annotated[
        Path | None,
        typer.Option("--from", metavar="FOLDER", help="Of a USB stick, as `mca hub watchlist export` made it."),
    ] = None,
) -> None:
    """Fetch the watchlist now, over the network or from a USB stick."""
    from edge_agent.bootstrap import build_stick_synchroniser, build_synchroniser
    from edge_agent.link.wake import wake_agent

    # Nobody is compared here, so it does not matter whether scores are calibrated.
    with opened_unit(context, uncalibrated=True) as unit:
        if stick is None:
            synchroniser = build_synchroniser(unit, stopping=lambda: False)
        else:
            synchroniser = build_stick_synchroniser(unit, stick)
        synced = synchroniser.sync()
        wake_agent(unit.settings.data)
    state = "is up to date" if synced.watchlist is None else "was updated"
    typer.echo(f"The watchlist {state}: version {synced.installed.list_version}.")


@app.command()
def status(context: typer.Context, as_json: Json = False) -> None:
    """Say how the unit is: its list, what waits for the hub, when it last synchronised."""
    from edge_agent.status import read_status, status_lines

    with opened_unit(context, uncalibrated=True) as unit:
        now = read_status(unit)
    if as_json:
        typer.echo(json.dumps(now))
    else:
        typer.echo("\n".join(status_lines(now)))


@app.command()
def withdraw(
    context: typer.Context,
    receipt: Annotated[
        str,
        typer.Argument(
            help="The receipt's text (MCA1:…) or code (MCAW-…), or a file with it or with a picture of its code."
        ),
    ],
) -> None:
    """Take consent back by its receipt, whichever unit gave it. What was held here is not said."""
    from edge_agent.bootstrap import build_withdrawing
    from edge_agent.link.wake import wake_agent
    from models.images.receipt_code import receipt_text

    text = receipt_text(receipt)
    with opened_unit(context, uncalibrated=True) as unit:
        build_withdrawing(unit).take(text)
        wake_agent(unit.settings.data)
    typer.echo("Received. What was kept by consent under this receipt is erased here; the hub will be told.")


@app.command()
def doctor(context: typer.Context, as_json: Json = False) -> None:
    """Test everything this unit consists of, and say what a technician has to mend. No picture is taken."""
    from rich.console import Console

    from edge_agent.config import load_settings
    from edge_agent.doctor import as_table, examine

    findings = examine(load_settings(context.obj))
    if as_json:
        typer.echo(json.dumps([finding.as_json() for finding in findings]))
    else:
        Console().print(as_table(findings))
    if any(finding.fault is not None for finding in findings):
        raise typer.Exit(2)


@app.command()
def zeroise(
    context: typer.Context,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Destroy this unit's keys and everything it holds, for ever. Sightings that the hub has not confirmed are lost."""
    from edge_agent.bootstrap import zeroise_unit
    from edge_agent.config import load_settings

    settings = load_settings(context.obj)
    if not yes:
        typer.confirm(f"Destroy the keys of {settings.unit} and all that it holds? It cannot be undone.", abort=True)
    zeroise_unit(settings)
    typer.echo(
        f"{settings.unit} is zeroised. Revoke it at the hub: mca provision revoke FOLDER {settings.unit}. "
        "The device must be provisioned anew, under another name."
    )
