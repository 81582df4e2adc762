"""A receipt as one page to print: the sentences that the person was told, and the QR code. It loads nothing else."""

from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Final

import segno

from credentials.private_files import write_private
from edge_agent.consent.recorder import TakeAway
from edge_agent.consent.texts import Texts, texts
from protocol.consent_receipt import ConsentReceipt
from protocol.moment import Moment
from protocol.withdrawal import withdrawal_code

_STYLE: Final = (
    "body{font:16px/1.5 'Noto Sans','Noto Sans Bengali','Noto Sans Devanagari',sans-serif;max-width:40em;margin:auto}"
    "dt{font-weight:bold}svg{width:9cm;height:9cm}p.code{font:9px/1.3 monospace;overflow-wrap:anywhere}"
)
_SURE_MS: Final = 5 * 60 * 1000


def write_page(path: Path, take_away: TakeAway) -> None:
    """Write the page for its owner alone to read. Raises DiskError."""
    write_private(path, receipt_page(take_away).encode())


def receipt_page(take_away: TakeAway) -> str:
    """The whole page, in the receipt's language."""
    receipt = take_away.receipt
    words = texts(receipt.language)
    facts = "".join(
        f"<dt>{escape(name, quote=False)}</dt><dd>{escape(value, quote=False)}</dd>"
        for name, value in receipt_facts(receipt)
    )
    sentences = "".join(f"<p>{escape(sentence, quote=False)}</p>" for sentence in receipt_sentences(receipt))
    return (
        f'<!doctype html><html lang="{receipt.language}"><head><meta charset="utf-8">'
        f"<title>{escape(words.receipt['title'])}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(words.receipt['title'])}</h1><dl>{facts}</dl>{sentences}"
        f'{qr_svg(take_away.text)}<p class="code">{escape(take_away.text)}</p></body></html>'
    )


def qr_svg(text: str) -> str:
    """An inline SVG of the code, quiet zone included; its squares hold the text, its markup does not."""
    picture = segno.make_qr(text, error="m")
    return str(picture.svg_inline(scale=1, border=4, dark="#000", light="#fff", omitsize=True))


def receipt_facts(receipt: ConsentReceipt) -> list[tuple[str, str]]:
    """What the receipt is of, each fact with its name, in the receipt's language."""
    words = texts(receipt.language)
    return [
        (words.receipt["reference"], receipt.reference),
        (words.receipt["site"], receipt.site),
        (words.receipt["unit"], receipt.unit),
        (words.receipt["recorded"], _when(receipt.recorded, words)),
        (words.receipt["basis"], words.basis[receipt.basis]),
        (words.receipt["code"], withdrawal_code(receipt.token)),
    ]


def receipt_sentences(receipt: ConsentReceipt) -> list[str]:
    """What the person was told, and how to keep the receipt."""
    words = texts(receipt.language)
    record = words.receipt["record"].format(record=receipt.periods.record)
    return [*words.told(receipt.periods, found=receipt.found), record, words.receipt["care"]]


def _when(moment: Moment, words: Texts) -> str:
    """The day and minute in UTC, with a word of doubt where the unit could not be sure of it."""
    shown = f"{datetime.fromtimestamp(moment.at / 1000, UTC):%Y-%m-%d %H:%M} UTC"
    sure = moment.latest is not None and moment.latest - moment.earliest <= _SURE_MS
    return shown if sure else f"{shown} ({words.receipt['uncertain']})"
