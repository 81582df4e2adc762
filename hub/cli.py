"""`mca hub`: the commands of the hub. Each of them may run while `mca hub serve` does."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from hub.audit_commands import app as audit
from hub.backup.commands import backup, backup_key, restore
from hub.case_commands import app as case
from hub.case_file_commands import app as case_files
from hub.clock import SteadyClock, system_clock
from hub.commands import CommandContext, actor, services_of, settings_of
from hub.config import BrokerKind, HubSettings
from hub.consent_commands import app as consent
from hub.control_commands import app as control_pairs
from hub.operator_commands import app as operators
from hub.pack_commands import app as pack
from hub.recipient_commands import app as recipients
from hub.staff_commands import app as staff
from hub.statistics_commands import statistics
from protocol.ids import parse_unit_id

app = typer.Typer(help="Run a hub: cases, the watchlist, reviews and alerts.", no_args_is_help=True)
watchlist = typer.Typer(help="What units search for.", no_args_is_help=True)
case.add_typer(case_files)
app.add_typer(case, name="case")
app.add_typer(pack, name="pack")
app.add_typer(watchlist, name="watchlist")
app.add_typer(operators, name="operator")
app.add_typer(staff, name="staff")
app.add_typer(recipients, name="recipient")
app.add_typer(control_pairs, name="control-pairs")
app.add_typer(audit, name="audit")
app.add_typer(consent, name="consent")
app.command()(backup)
app.command("backup-key")(backup_key)
app.command()(restore)
app.command()(statistics)


@app.callback()
def hub(
    context: typer.Context,
    config: Annotated[Path, typer.Option(envvar="MCA_HUB_CONFIG", help="The settings.")] = Path("hub.toml"),
) -> None:
    """Every command reads the same settings."""
    context.obj = CommandContext(config)


@app.command()
def serve(
    context: typer.Context,
    broker: Annotated[BrokerKind | None, typer.Option(help="Run mosquitto here, or use another's broker.")] = None,
) -> None:
    """Run the hub until it is stopped with SIGTERM or Ctrl-C. SIGHUP: read units, keys and certificates again.

    Started a second time on the same database, it stands by, and takes over when the first ends.
    """
    from hub.bootstrap import build_services
    from hub.server import serve_when_leading

    def read_settings() -> HubSettings:
        settings = settings_of(context)
        return settings if broker is None else settings.model_copy(update={"broker": broker})

    services = build_services(read_settings(), listing_clock=SteadyClock(system_clock))
    serve_when_leading(services, read_settings)


@app.command()
def ingest(
    context: typer.Context,
    worker: Annotated[int, typer.Argument(min=1, help="Which certificate of the hub to use: tls/worker-N.")],
) -> None:
    """Take in units' messages beside `mca hub serve`, on this machine or another, until SIGTERM or Ctrl-C."""
    from hub.ingest_worker import IngestWorker

    IngestWorker(services_of(context), worker).run()


@watchlist.command()
def publish(context: typer.Context) -> None:
    """Publish what is listed now. A hub that is running does so by itself, and tells its units of this too."""
    published = services_of(context).watchlist.publish("command")
    what = "Published" if published.changed else "Nothing has changed since"
    typer.echo(f"{what} list version {published.list_version}.")


@watchlist.command()
def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Of a USB stick; what an earlier export left there is replaced.")],
    unit: Annotated[str, typer.Option(help="The unit that the stick is for, such as bd/benapole-1.")],
) -> None:
    """Write the published watchlist to a USB stick, for a unit without a network: mca edge sync --from FOLDER."""
    stick = services_of(context).watchlist.export(parse_unit_id(unit), folder, actor())
    until = datetime.fromtimestamp(stick.valid_until / 1000, tz=UTC)
    typer.echo(
        f"Wrote list version {stick.list_version} for {stick.unit} to {folder}: {len(stick.files)} files, "
        f"{sum(stick.files.values()) / 1e6:.1f} MB. The unit takes it until {until:%Y-%m-%d %H:%M} UTC."
    )


@app.command()
def status(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Show the units, what they hold, and how much of each kind of work there is."""
    from hub.reports import hub_status, print_status

    services = services_of(context)
    with services.database.read() as connection:
        report = hub_status(services, connection)
    print_status(report, as_json=as_json)
