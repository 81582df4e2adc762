"""`mca hub`: the commands of the hub. Each of them may run while `mca hub serve` does."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from hub.audit_commands import app as audit
from hub.backup.commands import backup, backup_key, restore
from hub.commands import CommandContext, InputError, actor, services_of, settings_of
from hub.config import BrokerKind
from hub.operator_commands import app as operators
from hub.pack_commands import app as pack
from hub.statistics.commands import statistics
from protocol.errors import FieldError
from protocol.ids import parse_case_id, parse_slice_name, parse_unit_id
from protocol.person import BirthBand, Month, Sex

app = typer.Typer(help="Run a hub: cases, the watchlist, reviews and alerts.", no_args_is_help=True)
case = typer.Typer(help="Missing children.", no_args_is_help=True)
watchlist = typer.Typer(help="What units search for.", no_args_is_help=True)
app.add_typer(case, name="case")
app.add_typer(pack, name="pack")
app.add_typer(watchlist, name="watchlist")
app.add_typer(operators, name="operator")
app.add_typer(audit, name="audit")
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
    """Run the hub until it is stopped with SIGTERM or Ctrl-C. SIGHUP: look at the units again."""
    from hub.bootstrap import build_services
    from hub.server import HubServer

    settings = settings_of(context)
    if broker is not None:
        settings = settings.model_copy(update={"broker": broker})
    HubServer(build_services(settings)).run()


@case.command("add")
def case_add(
    context: typer.Context,
    *,
    photo: Annotated[list[Path], typer.Option(help="A photograph of the child alone. May be repeated.")],
    reference: Annotated[str, typer.Option(help="The police's reference, such as 'GD 123/2026'.")],
    sex: Annotated[Sex, typer.Option()],
    born_from: Annotated[str, typer.Option(help="Earliest month of birth, YYYY-MM.")],
    born_to: Annotated[str, typer.Option(help="Latest month of birth, YYYY-MM.")],
    last_seen: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day, if it is known.")] = None,
    slice_name: Annotated[str | None, typer.Option("--slice", help="Without it, the hub's first.")] = None,
    accept_poor_photo: Annotated[
        bool, typer.Option("--accept-poor-photo", help="Take a photograph that is too poor to be compared.")
    ] = False,
    reason: Annotated[str | None, typer.Option(help="Why a poor photograph is taken. Reviewers read it.")] = None,
) -> None:
    """Register a missing child. A hub that is running tells its units within seconds."""
    from hub.cases.service import NewCase

    if accept_poor_photo != (reason is not None):
        raise InputError("--accept-poor-photo and --reason TEXT belong together: say why a poor photograph is taken.")
    services = services_of(context)
    chosen = services.settings.slices[0] if slice_name is None else parse_slice_name(slice_name)
    new = NewCase(reference, chosen, sex, _birth(born_from, born_to), _day(last_seen))
    photographs = [_read_photograph(number, path) for number, path in enumerate(photo, 1)]
    typer.echo(services.cases.register(new, photographs, actor(), despite=reason))


@case.command("list")
def case_list(context: typer.Context) -> None:
    """Show every case."""
    from hub.reports import print_cases

    services = services_of(context)
    with services.database.read() as connection:
        cases = services.cases.summaries(connection)
    print_cases(cases)


@case.command("renew")
def case_renew(
    context: typer.Context,
    case_id: Annotated[str, typer.Argument(metavar="CASE", help="Such as bd/c-7q2mfx4k.")],
) -> None:
    """List a missing child for another period, before the listing runs out."""
    until = services_of(context).cases.renew(parse_case_id(case_id), actor())
    typer.echo(f"{case_id} is listed until {until.isoformat()}.")


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


def _birth(born_from: str, born_to: str) -> BirthBand:
    return BirthBand(_month(born_from), _month(born_to))


def _month(text: str) -> Month:
    year, _, month = text.partition("-")
    if not (year.isdecimal() and month.isdecimal() and len(year) == 4 and len(month) == 2):
        raise InputError(f"{text!r} is not a month: write YYYY-MM, such as 2014-07.")
    try:
        return Month(int(year), int(month))
    except FieldError as error:
        raise InputError(f"{text!r} is not a month of a person's birth.") from error


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def _read_photograph(number: int, path: Path) -> bytes:
    from models.images import MAX_BYTES

    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"Photograph {number} cannot be read: {error.strerror}.") from error
