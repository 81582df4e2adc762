"""`mca hub consent`: consent that is taken back, from a command line."""

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from faults import RejectedError
from hub.commands import actor, services_of

if TYPE_CHECKING:
    from hub.erasure.service import Place


class UnknownErasureError(RejectedError):
    """There is no such erasure, or no place has said anything on it yet."""


app = typer.Typer(help="Consent that was taken back, and what is outstanding.", no_args_is_help=True)


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
    """Take consent back by its receipt, here and at every unit."""
    from models.images.receipt_code import receipt_text
    from protocol.withdrawal import read_token

    token, services = read_token(receipt_text(receipt)), services_of(context)
    with services.database.begin() as connection:
        erasure = services.intakes.withdrawals.take(connection, token, actor=actor(), at=services.clock())
    typer.echo(f"Received. {_state(erasure.hold)} mca hub consent list shows what is outstanding.")


@app.command("list")
def list_(context: typer.Context) -> None:
    """What was taken back, newest first, and where something is outstanding."""
    from hub.sites import EVERY_SITE

    services = services_of(context)
    with services.database.read() as connection:
        erasures = services.intakes.withdrawals.of_people(connection, EVERY_SITE)
    for erasure in erasures:
        waiting = ", ".join(_waits(place) for place in erasure.places if place.done_at is None)
        hold = f" (held: {erasure.hold})" if erasure.hold else ""
        typer.echo(
            f"{erasure.id}  {erasure.reference or 'not known here':<14}  {waiting or 'nothing outstanding'}{hold}"
        )


@app.command()
def records(
    context: typer.Context,
    erasure: Annotated[str, typer.Argument(help="Its first word in mca hub consent list.", show_default=False)],
) -> None:
    """Print each place's signed record of an erasure, one a line, for whoever checks it: mca consent erased."""
    from hub.erasure.model import ErasureId

    services = services_of(context)
    with services.database.read() as connection:
        found = services.intakes.withdrawals.records(connection, ErasureId(erasure))
    if not found:
        raise UnknownErasureError(
            "No place has signed anything on {erasure}. See mca hub consent list.", erasure=erasure
        )
    for signed in found:
        typer.echo(base64.b64encode(signed).decode())


@app.command("backups-destroyed")
def backups_destroyed(
    context: typer.Context,
    made_before: Annotated[datetime, typer.Argument(help="UTC, such as 2026-11-22T10:00:00.")],
) -> None:
    """Note that every backup from before a moment is destroyed, so that nothing is outstanding there any more."""
    services = services_of(context)
    before = round(made_before.replace(tzinfo=UTC).timestamp() * 1000)
    with services.database.begin() as connection:
        ended = services.intakes.withdrawals.end_backups(connection, before, actor=actor(), at=services.clock())
    typer.echo(f"Noted, for {ended} erasures.")


def _waits(place: "Place") -> str:
    return place.place if place.silent_since is None else f"{place.place} (revoked: cannot answer, not confirmed)"


def _state(hold: str | None) -> str:
    if hold is None:
        return "Nothing under this receipt is kept here any more; units and backups follow."
    return "The hub's own part is held until people of the desk have decided; everything else follows."
