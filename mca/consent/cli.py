"""`mca consent`: whether a receipt is genuine and what it says, and whether places have signed what they erased."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from faults import RejectedError
from protocol.consent_receipt import ConsentReceipt, read_receipt
from protocol.erasure import MAX_RECORD, ErasureRecord, open_erasure
from protocol.moment import Moment
from protocol.withdrawal import read_token

_MAX_FILE = 1000 * 2 * MAX_RECORD


class RecordsUnreadableError(RejectedError):
    """A file holds no erasure records, or another consent's."""


app = typer.Typer(
    help="Receipts of consent, and records of erasure.", no_args_is_help=True, pretty_exceptions_enable=False
)


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


@app.command()
def erased(
    records: Annotated[Path, typer.Argument(help="What `mca hub consent records` has written.", show_default=False)],
    card: Annotated[list[Path], typer.Option(help="The card of a hub or unit; once for each.", show_default=False)],
    receipt: Annotated[
        str, typer.Option(help="The receipt, its code, or a file with it: the records must be of this consent.")
    ] = "",
) -> None:
    """Say which places have signed what they erased of a consent that was taken back. Needs no network."""
    from credentials.identity import read_card
    from models.images.receipt_code import receipt_text
    from protocol.consent_receipt import withdrawal_of

    known = {one.name: one for one in map(read_card, card)}
    wanted = withdrawal_of(read_token(receipt_text(receipt))) if receipt else None
    for signed in _signed(records):
        record = open_erasure(signed, known.get)
        wanted = wanted or record.withdrawal
        if record.withdrawal != wanted:
            raise RecordsUnreadableError("The record of {place} is of another consent.", place=record.place)
        typer.echo(f"{record.place}, {_time(record.at)}: {_removed(record)}")


def _signed(path: Path) -> Iterator[bytes]:
    """One signed record a line. Raises RecordsUnreadableError."""
    try:
        with path.open("rb") as file:
            lines = file.read(_MAX_FILE).split()
        if not lines:
            raise RecordsUnreadableError("{path} holds no erasure record.", path=path)
        for line in lines:
            yield base64.b64decode(line, validate=True)
    except (OSError, ValueError) as error:
        raise RecordsUnreadableError("{path} cannot be read as erasure records.", path=path) from error


def _removed(record: ErasureRecord) -> str:
    removed = ", ".join(f"{name} {count}" for name, count in sorted(record.removed.items())) or "held nothing"
    return f"{removed}; holds back what no consent permitted or the desk has to keep" if record.kept else removed


def _time(moment: Moment) -> str:
    return _at(moment.at) if moment.latest is not None else f"{_at(moment.at)} (the clock was not certain)"


def _at(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")


def _facts(receipt: ConsentReceipt) -> dict[str, str | int]:
    """What is shown of a receipt: never its token, by which it could be withdrawn."""
    recorded = receipt.recorded
    return {
        "reference": receipt.reference,
        "unit": receipt.unit,
        "site": receipt.site,
        "recorded": _at(recorded.at),
        "recorded_not_before": _at(recorded.earliest),
        "recorded_not_after": "not known" if recorded.latest is None else _at(recorded.latest),
        "legal_basis": str(receipt.basis),
        "taken_for": "the family of a found child" if receipt.found else "a comparison with missing children",
        "language": str(receipt.language),
        "days_on_the_unit_at_most": receipt.periods.intake,
        "days_to_search_again": receipt.periods.template,
        "days_of_the_record": receipt.periods.record,
        "record_id": receipt.record_id.hex(),
        "record_sha256": receipt.record.hex(),
    }
