"""`mca hub recipient`: whom alerts go to, from a command line."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.commands import InputError, actor, services_of

if TYPE_CHECKING:
    from hub.dispatch.service import NewRecipient

app = typer.Typer(help="Whom alerts go to.", no_args_is_help=True)

_Kind = Annotated[str, typer.Option(help="police-desk, child-welfare-board, shelter or partner-hub.")]
_Reach = Annotated[str, typer.Option("--by", help="case, site or country.")]
_Of = Annotated[str, typer.Option("--of", help="Which one: bd/c-7q2mfx4k, bd/benapole, or a country's hub such as in.")]
_Grade = Annotated[str, typer.Option(help="What messages may say: reference, place or case.")]
_Language = Annotated[str, typer.Option(help="en, bn, hi or ne.")]
_Turn = Annotated[
    int, typer.Option(help="1 gets alerts at once, 2 when nobody of the same kind has confirmed, and so on.")
]


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A private file (chmod 600): one Apprise address a line.")],
    *,
    kind: _Kind = "police-desk",
    reach: _Reach = "country",
    of: _Of = "",
    grade: _Grade = "reference",
    language: _Language = "en",
    turn: _Turn = 1,
) -> None:
    """Add each address of a file, all or none; the address itself is no argument. Without --of, for the whole hub."""
    from hub.dispatch.service import read_addresses
    from hub.sites import EVERY_SITE

    services = services_of(context)
    lines = read_addresses(file)
    with services.database.begin() as connection:
        for number, address in lines:
            name = f"{file.stem} {number}"
            new = _recipient(
                name,
                address,
                kind=kind,
                reach=reach,
                of=of or services.settings.hub,
                grade=grade,
                language=language,
                turn=turn,
            )
            services.dispatch.directory.add(connection, new, EVERY_SITE, actor=actor(), at=services.clock(), local=True)
    typer.echo(f"Added {len(lines)} recipients. The file is no longer needed: delete it.")


@app.command("list")
def list_(context: typer.Context) -> None:
    """Show whom alerts go to."""
    from hub.reports import print_recipients

    services = services_of(context)
    with services.database.read() as connection:
        recipients = services.dispatch.directory.listed(connection)
    print_recipients(recipients)


@app.command()
def remove(context: typer.Context, recipient: Annotated[str, typer.Argument(help="As `list` shows it.")]) -> None:
    """Send no more alerts to a recipient; recalls of what was sent still go there."""
    from hub.sites import EVERY_SITE

    services = services_of(context)
    with services.database.begin() as connection:
        services.dispatch.directory.remove(connection, recipient, EVERY_SITE, actor=actor(), at=services.clock())
    typer.echo("Removed.")


def _recipient(
    name: str, address: str, *, kind: str, reach: str, of: str, grade: str, language: str, turn: int
) -> "NewRecipient":
    from hub.dispatch.service import Grade, NewRecipient, Reach, RecipientKind

    for value, known in ((kind, RecipientKind), (reach, Reach), (grade, Grade)):
        if value not in set(known):
            raise InputError(f"There is no {value!r} here. There are: {', '.join(known)}.")
    return NewRecipient(
        name, address, RecipientKind(kind), Reach(reach), of, Grade(grade), language=language, turn=turn
    )
