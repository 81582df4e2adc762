"""`mca hub case`: cases that come from files, and cases that leave in them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.case_commands import CaseArgument, RegisterName
from hub.commands import InputError, actor, services_of
from protocol.ids import parse_case_id
from protocol.sighting import LegalBasis

if TYPE_CHECKING:
    from hub.exchange.service import ReadFile

app = typer.Typer()


@app.command()
def template(
    file: Annotated[Path, typer.Argument(help="Where to write the empty CSV file.")] = Path("cases.csv"),
) -> None:
    """Write an empty CSV file with every column, for mca hub case import."""
    from hub.exchange.table import template as text_of_template

    _write(file, text_of_template())
    typer.echo(f"Wrote {file}. Put one case in a line, and remove the example.")


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV in the columns of the template, or PFIF 1.4 (.xml).")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be refused.")] = False,
    photos: Annotated[Path | None, typer.Option(help="The photographs' folder; without it, the file's own.")] = None,
    basis: Annotated[LegalBasis | None, typer.Option(help="Of PFIF: what permits to keep the cases here.")] = None,
    basis_reference: Annotated[str, typer.Option(help="Of PFIF: number of the form, order or decision.")] = "",
) -> None:
    """Register the cases of a file: all of them, or none and every reason why."""
    from hub.cases.service import Basis

    services = services_of(context)
    data = _read(file)
    if file.suffix.lower() == ".xml":
        if basis is None:
            raise InputError("Say with --basis what permits to keep these cases here: no file can say it.")
        report = services.exchange.import_pfif(data, Basis(basis, basis_reference), actor(), dry_run=dry_run)
    else:
        folder = photos or file.parent
        report = services.exchange.import_csv(data, _photographs_in(folder), actor(), dry_run=dry_run)
    for problem in report.problems:
        column = f", {problem.column}" if problem.column else ""
        typer.echo(f"line {problem.line}{column}: {problem.reason}")
    if report.problems:
        raise InputError(f"{len(report.problems)} problems in {report.lines} lines: nothing was taken.")
    done = "would be taken" if dry_run else "were taken"
    typer.echo(f"{report.lines} cases {done}. {report.photos_not_fetched} addresses of photographs were not followed.")


@app.command("export")
def export(
    context: typer.Context,
    case_id: CaseArgument,
    folder: Annotated[Path, typer.Argument(help="Where to write the encrypted file.")],
    recipient: Annotated[str, typer.Option("--for", help="family or court.")],
) -> None:
    """Write the whole of one case as an encrypted ZIP file, and print its passphrase, once."""
    from hub.exchange.service import Recipient

    if recipient not in set(Recipient):
        raise InputError("--for takes family or court.")
    services = services_of(context)
    with services.database.begin() as connection:
        file = services.cases.reader.file(connection, parse_case_id(case_id))
        passphrase = services.exchange.new_passphrase()
        made = services.exchange.dossier(connection, file, Recipient(recipient), passphrase, actor())
    _write(folder / made.file_name, made.content)
    typer.echo(f"Wrote {folder / made.file_name}. Its passphrase, which is kept nowhere: {made.passphrase}")


@app.command("export-csv")
def export_csv(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Where to write the CSV file, which only you can read.")],
    *,
    text: Annotated[str, typer.Option(help="Only what is found by a name, a reference or a case.")] = "",
    register: Annotated[RegisterName | None, typer.Option(help="Only one of the two registers.")] = None,
    state: Annotated[str, typer.Option(help="open, located, closed, expired or merged.")] = "open",
) -> None:
    """Write cases as plain text in the columns of mca hub case import, without photographs."""
    from credentials.private_files import write_private
    from hub.cases.service import CaseState, Filters, Register

    if state not in set(CaseState):
        raise InputError("--state takes open, located, closed, expired or merged.")
    services = services_of(context)
    filters = Filters(text, None if register is None else Register(register), CaseState(state))
    # Noted before it is written: there is no copy that the hub does not know of.
    with services.database.begin() as connection:
        table = services.exchange.export_csv(connection, filters, actor())
    write_private(file, table)
    typer.echo(f"Wrote {file}. It names children in plain text: delete it when you have used it.")


def _photographs_in(folder: Path) -> "ReadFile":
    def read(name: str) -> bytes:
        # Named in a file from elsewhere: it must not reach out of the folder.
        if Path(name).name != name:
            raise InputError("A photograph is named without a folder.")
        path = folder / name
        if not path.is_file():
            raise InputError("There is no such file in the folder of photographs.")
        return _read(path)

    return read


def _read(path: Path) -> bytes:
    from models.images import MAX_BYTES

    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"The file cannot be read: {error.strerror}.") from error


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}.") from error
