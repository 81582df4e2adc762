"""`mca provision root`: keys for the root of the watchlist's signatures, and the ceremony that changes it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from tuf.api.metadata import Metadata, Root

from credentials.passphrase import read_passphrase
from provisioning.places import hub_tuf
from provisioning.root import ceremony
from provisioning.root.creation import LIFETIME, ROOT_FILE
from provisioning.root.keys import CARD_FILE, create_root_key, read_root_card
from provisioning.root.proposal import NEXT_FILE, Proposal, label, load_root

app = typer.Typer(
    no_args_is_help=True,
    help="Change who may sign the watchlist: keys, signatures, expiry.",
    pretty_exceptions_enable=False,  # They can print local variables, and here those are keys.
)

_Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The authority's folder.")]
_Proposal = Annotated[Path, typer.Argument(metavar="PROPOSAL", help="The folder that is carried to the signers.")]
_PassphraseFile = Annotated[Path | None, typer.Option(help="A private file (chmod 600) with the passphrase.")]


class OnlineRole(StrEnum):
    """A role of the hub whose key the root names."""

    TARGETS = "targets"
    SNAPSHOT = "snapshot"
    TIMESTAMP = "timestamp"


@app.command()
def key(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder, on a medium of its own.")],
    *,
    holder: Annotated[str, typer.Option(help="Who will hold it; by office, since it is published.")],
    passphrase: Annotated[bool, typer.Option("--passphrase", help="Ask for a passphrase to put it under.")] = False,
    passphrase_file: _PassphraseFile = None,
) -> None:
    """Make a further root key."""
    words = None
    if passphrase_file is not None or passphrase:
        words = _asker(passphrase_file, confirm=True)()
    made = create_root_key(folder.resolve(), holder, passphrase=words)
    typer.echo(f"The root key of {label(made)} is in {folder}. It signs nothing until a root names it:")
    typer.echo(f"carry {CARD_FILE} to the authority and give it to `mca provision root propose --add`.")


@app.command()
def propose(
    folder: _Folder,
    proposal: _Proposal,
    *,
    add: Annotated[list[Path] | None, typer.Option(help=f"A new root key's {CARD_FILE}; may be repeated.")] = None,
    remove: Annotated[
        list[str] | None, typer.Option(help="A root key's holder or identifier; may be repeated.")
    ] = None,
    threshold: Annotated[int | None, typer.Option(help="How many root keys must sign from then on.")] = None,
    rotate: Annotated[
        list[OnlineRole] | None, typer.Option(help="Give the hub a new key for this role; may be repeated.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long the root lasts from today.")] = LIFETIME.days,
) -> None:
    """Draw up the next root for others to sign; without options, the same one with a later expiry."""
    changes = ceremony.RootChanges(
        add=tuple(read_root_card(path) for path in add or ()),
        remove=tuple(remove or ()),
        threshold=threshold,
        rotate=tuple(rotate or ()),
        lifetime=timedelta(days=days),
    )
    made = ceremony.propose(folder.resolve(), proposal.resolve(), changes, now=datetime.now(UTC))
    _print_proposal(made)
    typer.echo(f"Carry {proposal} to those who sign: `mca provision root sign`.")


@app.command()
def sign(
    proposal: _Proposal,
    key_folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of the root key.")],
    *,
    passphrase_file: _PassphraseFile = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: the fingerprint is compared.")] = False,
) -> None:
    """Show what is proposed, and sign it with one root key."""
    _print_proposal(Proposal.load(proposal))
    if not yes:
        typer.confirm("Is this what was agreed, and the fingerprint the same for all? Sign it?", abort=True)
    signed = ceremony.sign(proposal, key_folder, _asker(passphrase_file, confirm=False))
    _print_lines(signed.signatures())


@app.command()
def finish(
    folder: _Folder,
    proposals: Annotated[list[Path], typer.Argument(metavar="PROPOSAL...", help="The signed copies of one proposal.")],
) -> None:
    """Put the signed root in force: it and its keys go into the hub's folder together."""
    finished = ceremony.finish(folder.resolve(), proposals, now=datetime.now(UTC))
    tuf = hub_tuf(folder)
    typer.echo(f"Root {finished.next.signed.version} is in {tuf}. Copy that folder to the hub and restart it:")
    typer.echo("it publishes the root, and each unit follows at its next synchronisation.")


@app.command("rekey-slices")
def rekey_slices(folder: _Folder) -> None:
    """Give the hub a new key for its slices; no root names it, so nobody else must sign."""
    ceremony.rekey_slices(folder.resolve())
    typer.echo(f"Copy {hub_tuf(folder) / 'slices.key'} to the hub and restart it: it signs its slices anew.")


@app.command()
def show(
    path: Annotated[Path, typer.Argument(metavar="DIR", help="The authority's folder, or a proposal.")],
) -> None:
    """Show who signed a proposal and what is missing, or the root in force and when it expires."""
    if (path / NEXT_FILE).exists():
        _print_proposal(Proposal.load(path))
    else:
        _print_root(load_root(hub_tuf(path) / ROOT_FILE), datetime.now(UTC))


def _print_proposal(proposal: Proposal) -> None:
    _print_lines(proposal.changes())
    typer.echo(f"Fingerprint: {proposal.fingerprint()}")
    _print_lines(proposal.signatures())


def _print_root(metadata: Metadata[Root], now: datetime) -> None:
    root = metadata.signed
    role = root.roles[Root.type]
    typer.echo(f"Root {root.version} expires on {root.expires:%Y-%m-%d}, in {(root.expires - now).days} days.")
    typer.echo(f"Signatures needed: {role.threshold} of {len(role.keyids)}.")
    for key_id in role.keyids:
        signed = "signed" if key_id in metadata.signatures else "did not sign"
        typer.echo(f"Root key of {label(root.keys[key_id])}: {signed}.")
    for online in OnlineRole:
        typer.echo(f"Key of the hub for {online}: {', '.join(key_id[:8] for key_id in root.roles[online].keyids)}.")


def _print_lines(lines: list[str]) -> None:
    for line in lines:
        typer.echo(line)


def _asker(file: Path | None, *, confirm: bool) -> Callable[[], str]:
    """Where the passphrase comes from: never an argument, which other users of the machine could see."""
    if file is not None:
        return lambda: read_passphrase(file)
    return lambda: str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm))
