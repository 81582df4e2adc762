"""`mca hub case`: the two registers from a command line."""

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.commands import InputError, actor, services_of
from protocol.errors import FieldError
from protocol.ids import CaseId, parse_case_id, parse_site_id, parse_slice_name
from protocol.person import BirthBand, Month, Sex
from protocol.sighting import LegalBasis

if TYPE_CHECKING:
    from hub.bootstrap import Services
    from hub.cases.service import CaseState

app = typer.Typer(help="Missing children, and children who were found and are untraced.", no_args_is_help=True)

CaseArgument = Annotated[str, typer.Argument(metavar="CASE", help="Such as bd/c-7q2mfx4k.")]
Note = Annotated[str, typer.Option(help="In your own words; kept with the case, encrypted.")]


class RegisterName(StrEnum):
    """Which register."""

    MISSING = "missing"
    FOUND = "found"


@app.command("add")
def add(
    context: typer.Context,
    *,
    photo: Annotated[list[Path], typer.Option(help="A photograph of the child alone. May be repeated.")],
    reference: Annotated[str, typer.Option(help="The police's reference, such as 'GD 123/2026'.")],
    sex: Annotated[Sex, typer.Option()],
    born_from: Annotated[str, typer.Option(help="Earliest month of birth, YYYY-MM.")],
    born_to: Annotated[str, typer.Option(help="Latest month of birth, YYYY-MM.")],
    name: Annotated[list[str] | None, typer.Option(help="In any script. May be repeated.")] = None,
    register: Annotated[RegisterName, typer.Option(help="missing, or found and untraced.")] = RegisterName.MISSING,
    station: Annotated[str, typer.Option(help="The police station that gave the reference.")] = "",
    last_seen: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day, if it is known.")] = None,
    basis: Annotated[LegalBasis, typer.Option(help="What permits to keep the case.")] = LegalBasis.POLICE_ORDER,
    basis_reference: Annotated[str, typer.Option(help="Number of the form, order or decision.")] = "",
    basis_until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Its last day; a consent needs one.")
    ] = None,
    site: Annotated[str, typer.Option(help="Whose staff may see it, such as bd/benapole.")] = "",
    slice_name: Annotated[str | None, typer.Option("--slice", help="Without it, the hub's first.")] = None,
    accept_poor_photo: Annotated[
        bool, typer.Option("--accept-poor-photo", help="Take a photograph that is too poor to be compared.")
    ] = False,
    reason: Annotated[str | None, typer.Option(help="Why a poor photograph is taken. Reviewers read it.")] = None,
) -> None:
    """Register a child. A hub that is running compares the registers and tells its units within seconds."""
    from hub.cases.service import Basis, Description, GivenPhoto, NewCase, Register

    if accept_poor_photo != (reason is not None):
        raise InputError("--accept-poor-photo and --reason TEXT belong together: say why a poor photograph is taken.")
    services = services_of(context)
    chosen = services.settings.slices[0] if slice_name is None else parse_slice_name(slice_name)
    new = NewCase(
        reference,
        chosen if register is RegisterName.MISSING else None,
        sex,
        BirthBand(_month(born_from), _month(born_to)),
        _day(last_seen),
        register=Register(register),
        site=parse_site_id(site) if site else "",
        basis=Basis(basis, basis_reference, until=_day(basis_until)),
        description=Description(names=tuple(name or ()), station=station),
    )
    photographs = [GivenPhoto(_read_photograph(number, path)) for number, path in enumerate(photo, 1)]
    typer.echo(services.cases.register(new, photographs, actor(), despite=reason))


@app.command("list")
def list_(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="A name in any script, a reference, or a case.")] = "",
) -> None:
    """Show every case, or those that are found by a text."""
    from hub.cases.service import Filters
    from hub.clock import utc_day
    from hub.reports import print_cases

    services = services_of(context)
    today = utc_day(services.clock())
    with services.database.read() as connection:
        if text:
            page = services.cases.search.page(connection, Filters(text=text), Month(today.year, today.month))
            cases = [line.summary for line in page.lines]
        else:
            cases = services.cases.summaries(connection)
    print_cases(cases)


@app.command()
def renew(context: typer.Context, case_id: CaseArgument) -> None:
    """Search for a child for another period, before the listing runs out."""
    until = services_of(context).cases.renew(parse_case_id(case_id), actor())
    typer.echo(f"{case_id} is listed until {until.isoformat()}.")


@app.command()
def close(
    context: typer.Context,
    case_id: CaseArgument,
    reason: Annotated[str, typer.Option(help="reunited, in-care, of-age, deceased, withdrawn or mistake.")],
    note: Note = "",
) -> None:
    """End the search: faces and templates are deleted at once, the record after its time."""
    from hub.cases.service import CaseState

    _end(context, parse_case_id(case_id), CaseState.CLOSED, reason, note)


@app.command()
def erase(
    context: typer.Context,
    case_id: CaseArgument,
    reason: Annotated[str, typer.Option(help="family-asked, court-order or mistake.")],
    note: Note = "",
) -> None:
    """Delete everything about a child, and print the record of what was removed where."""
    from hub.cases.service import CaseState

    _end(context, parse_case_id(case_id), CaseState.ERASED, reason, note)


@app.command()
def erasures(context: typer.Context, case_id: CaseArgument) -> None:
    """Show what was removed of a case where, and what is outstanding."""
    _show_erasures(services_of(context), parse_case_id(case_id))


@app.command()
def merge(context: typer.Context, case_id: CaseArgument, into: CaseArgument, note: Note = "") -> None:
    """Make two cases of one child one: the second goes on, with the photographs and names of both."""
    services = services_of(context)
    with services.database.begin() as connection:
        services.cases.duplicates.merge(
            connection, parse_case_id(case_id), parse_case_id(into), note=note, actor=actor(), at=services.clock()
        )
    typer.echo(f"{case_id} is merged into {into}.")


def _end(context: typer.Context, case: CaseId, state: "CaseState", reason: str, note: str) -> None:
    from hub.cases.service import CaseState, Reason

    if reason not in set(Reason):
        raise InputError(f"{reason!r} is no reason: see --help.")
    services = services_of(context)
    with services.database.begin() as connection:
        act = services.erasure.erase if state is CaseState.ERASED else services.erasure.close
        act(connection, case, Reason(reason), note=note, actor=actor())
    _show_erasures(services, case)


def _show_erasures(services: "Services", case: CaseId) -> None:
    from hub.reports import print_erasures

    services.erasure.follow_up()
    with services.database.read() as connection:
        print_erasures(services.erasure.of_case(connection, case))


def _read_photograph(number: int, path: Path) -> bytes:
    from models.images import MAX_BYTES

    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"Photograph {number} cannot be read: {error.strerror}.") from error


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
