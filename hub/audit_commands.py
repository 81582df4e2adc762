"""`mca hub audit`: reading the account of what was done, and holding it against its signed heads."""

import json
from pathlib import Path
from typing import Annotated, Final

import typer

from hub.commands import InputError, services_of

app = typer.Typer(help="The account of what was done, and by whom.", no_args_is_help=True)

_SHOWN_FINDINGS: Final = 100

_Card = Annotated[Path | None, typer.Option(help="The hub's card as you kept it; without it, the one it has now.")]


@app.command("list")
def list_(
    context: typer.Context,
    subject: Annotated[str | None, typer.Option(help="An identifier, such as bd/c-7q2mfx4k.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show every entry, or those about one subject."""
    from hub.audit.service import numbered_entries
    from hub.clock import moment

    with services_of(context).database.read() as connection:
        for numbered in numbered_entries(connection, subject):
            position, entry = numbered.position, numbered.entry
            facts = {"position": position, "at": f"{moment(entry.at):%Y-%m-%dT%H:%M:%SZ}", "actor": entry.actor}
            facts |= {"action": str(entry.action), "subject": entry.subject, "detail": dict(entry.detail)}
            detail = " ".join(f"{name}={value}" for name, value in entry.detail.items())
            line = [facts["at"], entry.actor, entry.action, entry.subject, detail]
            typer.echo(json.dumps(facts) if as_json else f"{position:>7} " + "  ".join(map(str, line)).rstrip())


@app.command()
def head(
    context: typer.Context,
    out: Annotated[Path | None, typer.Option(help="Add it to this file too.")] = None,
) -> None:
    """Sign the trail as it is now, and show what was signed. Keep it where nobody here can change it."""
    from hub.witness import append_head

    note = services_of(context).audit.sign_head()
    if out is not None:
        append_head(out, note)
    typer.echo(note, nl=False)


@app.command()
def verify(
    context: typer.Context,
    since: Annotated[Path | None, typer.Option(help="A file with heads that were kept outside.")] = None,
    card: _Card = None,
) -> None:
    """Find any entry that was changed, inserted or removed. Says what, and ends with code 1 if there is one."""
    from credentials.identity import read_card
    from hub.audit.service import TrailBrokenError

    services = services_of(context)
    key = None if card is None else read_card(card).verify_key
    outside = [] if since is None else services.audit.read_heads(_read(since), key)
    if kept := services.audit.kept_note():
        outside += services.audit.read_heads(kept, key)
    with services.database.read() as connection:
        found = services.audit.verify(connection, outside, key)
    for finding in found.findings[:_SHOWN_FINDINGS]:
        typer.echo(finding)
    if found.findings:
        raise TrailBrokenError(
            f"The audit trail was changed past the program ({len(found.findings)} findings). Keep a copy of the"
            " database as it is, and tell whoever is responsible for the hub."
        )
    typer.echo(f"{found.size} entries; the first {found.signed} are as they were signed.")


@app.command()
def prove(
    context: typer.Context,
    position: Annotated[int | None, typer.Option("--entry", help="An entry's number, as `list` shows it.")] = None,
    since: Annotated[Path | None, typer.Option(help="A file with one head that was kept outside.")] = None,
) -> None:
    """Write a proof as JSON: that an entry stands in the trail, or that the trail continues an earlier head."""
    services = services_of(context)
    if (position is None) == (since is None):
        raise InputError("Name either an entry (--entry 17) or a file with an earlier head (--since head.txt).")
    with services.database.read() as connection:
        if position is not None:
            typer.echo(services.audit.prove_entry(connection, position).to_json())
        elif since is not None:
            typer.echo(services.audit.prove_continuation(connection, _read(since)).to_json())


@app.command()
def check(
    proof: Annotated[Path, typer.Argument(help="A file that `mca hub audit prove` wrote.")],
    card: Annotated[Path, typer.Option(help="The hub's public card: card.json, or a unit's hub-card.json.")],
) -> None:
    """Check a proof with nothing but the hub's public card."""
    from credentials.identity import read_card
    from hub.audit.service import EntryProof, read_proof
    from hub.clock import moment

    hub, given = read_card(card), read_proof(_read(proof))
    if isinstance(given, EntryProof):
        entry, newest = given.check(hub)
        what = f"{entry.actor} did {entry.action} to {entry.subject} at {moment(entry.at):%Y-%m-%d %H:%M:%S} UTC"
        typer.echo(f"Entry {given.position}: {what}. Details: {json.dumps(dict(entry.detail))}.")
    else:
        earlier, newest = given.check(hub)
        typer.echo(f"The first {earlier.size} entries are as they were on {moment(earlier.at):%Y-%m-%d %H:%M:%S} UTC.")
    typer.echo(f"Signed by {hub.name} on {moment(newest.at):%Y-%m-%d %H:%M:%S} UTC over {newest.size} entries.")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as text.") from error
