"""`mca hub backup`, `restore` and `backup-key`."""

from pathlib import Path
from typing import Annotated

import typer

from hub.commands import actor, config_of, services_of

_PassphraseFile = Annotated[
    Path | None, typer.Option(help="A private file (chmod 600) with the passphrase; without it, it is asked for.")
]


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A new file. Keep copies of it away from this machine.")],
) -> None:
    """Write everything this hub consists of into one file that only the offline backup key opens."""
    from hub.backup.service import make_backup

    members = make_backup(services_of(context), config_of(context), file, actor())
    typer.echo(f"{file} holds {len(members.files)} files and the database.")
    for path in members.left_out:
        typer.echo(f"Not in it, because it lies outside {members.root}: {path}")


def backup_key(
    folder: Annotated[Path, typer.Argument(help="Where to make it: a stick that stays offline.")],
    passphrase_file: _PassphraseFile = None,
) -> None:
    """Make the key that opens backups, on a machine that is kept offline. Its public half goes to the hub."""
    from hub.backup.keys import PRIVATE, PUBLIC, create_backup_key

    create_backup_key(folder, _passphrase(passphrase_file, new=True))
    typer.echo(f"Copy {folder / PUBLIC} beside the hub's settings, and name it there: backup_key_file.")
    typer.echo(f"Keep {folder / PRIVATE} and its passphrase offline and apart, and copies of both: without them no")
    typer.echo("backup opens; with them, every one does.")


def restore(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    folder: Annotated[Path, typer.Argument(help="A new folder: it will hold hub/ and broker/.")],
    *,
    key: Annotated[Path, typer.Option(help="backup.key.")],
    card: Annotated[Path, typer.Option(help="The hub's card, kept apart: a unit's hub-card.json will do.")],
    ledger: Annotated[
        Path | None, typer.Option(help="The hub's erasures.ledger: what was erased since the backup stays erased.")
    ] = None,
    passphrase_file: _PassphraseFile = None,
) -> None:
    """Bring a backup back as a new folder: all of it, or nothing. Run the hub there, and never the old one again."""
    from credentials.identity import read_card
    from hub.backup import service
    from hub.backup.keys import load_private

    opening = load_private(key, _passphrase(passphrase_file, new=False))
    service.restore(file, folder, opening, read_card(card), ledger)
    typer.echo(f"The hub is restored in {folder}.")
    if ledger is None:
        typer.echo(
            "No --ledger was given: what people took back or had erased since this backup is in it once more. If "
            f"erasures.ledger is anywhere, copy it into {folder / 'hub' / 'data'} before the hub starts."
        )


def _passphrase(path: Path | None, *, new: bool) -> str:
    from credentials.passphrase import read_passphrase

    if path is not None:
        return read_passphrase(path)
    asked: str = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=new)
    return asked
