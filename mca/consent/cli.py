"""`mca consent verify`: whether a receipt is genuine, and what it says."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from protocol.consent_receipt import ConsentReceipt, read_receipt

app = typer.Typer(help="Receipts of consent.", no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def group() -> None:
    """Every command is below."""


@app.command()
def verify(
    receipt: Annotated[
        str, typer.Argument(help="The receipt's text (MCA1:…), or a file with the text or with a picture of its code.")
    ],
    authority: Annotated[
        Path, typer.Option(help="The certificate of the authority: `ca.crt` of any unit or hub.", show_default=False)
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say whether a unit of this authority gave this receipt, and what it says. Needs no network."""
    from credentials.endorsement import AuthorityKey
    from models.images.receipt_code import receipt_text

    found = read_receipt(receipt_text(receipt), AuthorityKey.read(authority).require_endorsed)
    if as_json:
        typer.echo(json.dumps(_facts(found)))
        return
    typer.echo("This receipt is genuine.")
    for name, value in _facts(found).items():
        typer.echo(f"{name.replace('_', ' ')}: {value}")


def _facts(receipt: ConsentReceipt) -> dict[str, str | int]:
    """What is shown of a receipt: never its token, by which it could be withdrawn."""
    return {
        "reference": receipt.reference,
        "unit": receipt.unit,
        "site": receipt.site,
        "recorded": datetime.fromtimestamp(receipt.recorded.at / 1000, UTC).isoformat(timespec="seconds"),
        "legal_basis": str(receipt.basis),
        "language": str(receipt.language),
        "days_on_the_unit_at_most": receipt.periods.intake,
        "days_to_search_again": receipt.periods.template,
        "days_of_the_record": receipt.periods.record,
        "record_id": receipt.record_id.hex(),
        "record_sha256": receipt.record.hex(),
    }
