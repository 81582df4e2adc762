"""`mca provision`: make an authority and its hub, add units to it, renew them and take them out again."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from credentials.keystore.selection import KeyStoreKind
from protocol.ids import local_part, parse_hub_id, parse_site_id, parse_slice_name, parse_unit_id
from provisioning.deployment import Deployment
from provisioning.endpoints import parse_endpoint
from provisioning.installation import create_installation
from provisioning.overview import overview, table
from provisioning.places import AUTHORITY, BROKER, HUB, REVOKED_FILE
from provisioning.registry import Reason
from provisioning.renewal import DUE, Renewal
from provisioning.revocation import revoke_unit
from provisioning.root.cli import app as root_app
from provisioning.units import add_unit

app = typer.Typer(
    no_args_is_help=True,
    help="Make certificates, keys and first settings for a hub and its units.",
    pretty_exceptions_enable=False,  # They can print local variables, and here those are keys.
)
app.add_typer(root_app, name="root")

_Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The authority's folder.")]
_UnitName = Annotated[str, typer.Argument(metavar="UNIT_ID", help="The unit's name, such as bd/benapole-1.")]
_Slices = Annotated[list[str] | None, typer.Option("--slice", help="A slice of the watchlist; may be repeated.")]


@app.command()
def init(
    folder: _Folder,
    *,
    hub: Annotated[str, typer.Option(help="The hub's name, such as bd.")],
    slices: _Slices = None,
    broker_host: Annotated[str, typer.Option(help="Where units find the broker: a name or an address.")] = "127.0.0.1",
    broker_port: int = 8883,
    hub_host: Annotated[str, typer.Option(help="Where people and units find the hub.")] = "127.0.0.1",
    console_port: Annotated[int, typer.Option(help="For people's browsers.")] = 8443,
    units_port: Annotated[int, typer.Option(help="For the units' watchlist.")] = 8444,
) -> None:
    """Make an authority, its broker and its hub in a new or empty folder."""
    hub_id = parse_hub_id(hub)
    deployment = Deployment(
        hub=hub_id,
        slices=tuple(dict.fromkeys(parse_slice_name(name) for name in slices or [f"{hub_id}/missing"])),
        broker=parse_endpoint(broker_host, broker_port),
        console=parse_endpoint(hub_host, console_port),
        units=parse_endpoint(hub_host, units_port),
    )
    folder = folder.resolve()
    create_installation(folder, deployment, now=datetime.now(UTC))
    typer.echo(f"The hub {hub_id} is provisioned in {folder}.")
    typer.echo(f"Its settings are {folder / HUB / 'hub.toml'}; it and {folder / BROKER} go to the hub's machine.")
    typer.echo(f"Back up {folder / AUTHORITY} and keep it offline: who has it can pose as any unit.")
    typer.echo(f"People's browsers must trust {folder / AUTHORITY / 'ca.crt'} to open {deployment.console.url}.")


@app.command()
def unit(
    folder: _Folder,
    name: _UnitName,
    site: Annotated[str, typer.Option(help="The checkpoint or shelter it stands at, such as bd/benapole.")],
    slices: _Slices = None,
    key_store: Annotated[
        KeyStoreKind,
        typer.Option(help="Where the device keeps the key to all that it holds."),
    ] = KeyStoreKind.FILE,
) -> None:
    """Add a unit: make the folder to copy to the device, and tell the hub and the broker of it."""
    unit_id = parse_unit_id(name)
    target = add_unit(
        folder.resolve(),
        unit_id,
        site=parse_site_id(site),
        slices=tuple(dict.fromkeys(parse_slice_name(name) for name in slices or [])),
        now=datetime.now(UTC),
        key_store=key_store,
    )
    typer.echo(f"The unit {unit_id} is provisioned. Copy {target} to the device, then remove it here.")
    typer.echo(f"The hub needs {HUB}/units/{local_part(unit_id)}.json, and the broker {BROKER}/acl.conf and a reload.")
    typer.echo("Its keys lie there in plain files until the device's first start: copy it on a way nobody else reads.")
    if key_store is KeyStoreKind.FILE:
        typer.echo("WARNING: --key-store file is for development: whoever has the device's disk reads all it holds.")


@app.command()
def revoke(
    folder: _Folder,
    name: _UnitName,
    *,
    reason: Annotated[Reason, typer.Option(help="Why; kept in the hub's record.")] = Reason.UNSPECIFIED,
) -> None:
    """Revoke a unit for ever: nothing of it is accepted, and what is published later never opens for it."""
    unit_id = parse_unit_id(name)
    revoke_unit(folder.resolve(), unit_id, reason, now=datetime.now(UTC))
    typer.echo(f"The unit {unit_id} is revoked. It takes effect when these have reached the hub's machine:")
    typer.echo(f"  {HUB}/units (the unit's file has moved to {HUB}/units/revoked), and {HUB}/tls/{REVOKED_FILE}")
    typer.echo(f"  {BROKER}/acl.conf and {BROKER}/{REVOKED_FILE}")
    typer.echo(
        "and hub and broker were restarted. A reload alone leaves the unit's open connection, mute, until it ends."
    )


@app.command()
def renew(
    folder: _Folder,
    name: Annotated[str | None, typer.Argument(metavar="[UNIT_ID]", help="One unit.")] = None,
    *,
    broker: Annotated[bool, typer.Option("--broker", help="The broker's certificate.")] = False,
    hub: Annotated[bool, typer.Option("--hub", help="The hub's certificates.")] = False,
) -> None:
    """Make new certificates over the same keys; without a choice, for all that end within 60 days."""
    renewal = Renewal(folder.resolve(), now=datetime.now(UTC))
    renewed = renewal.unit(parse_unit_id(name)) if name is not None else []
    renewed += renewal.broker() if broker else []
    renewed += renewal.hub() if hub else []
    if name is None and not broker and not hub:
        renewed = renewal.due()
    for new in renewed:
        what = new.path if new.key is None else f"{new.path} and {new.key}"
        typer.echo(f"{new.name}: until {new.until:%Y-%m-%d}. Copy {what} to its place and restart what reads it.")
    if any(new.key is not None for new in renewed):
        typer.echo(f"The broker needs {BROKER}/acl.conf and a reload.")
    if not renewed:
        typer.echo(f"Nothing ends within {DUE.days} days.")


@app.command("list")
def list_units(folder: _Folder) -> None:
    """Show units, their sites, until when certificates last, and what is revoked."""
    for line in table(overview(folder.resolve(), now=datetime.now(UTC))):
        typer.echo(line)
