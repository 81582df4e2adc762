"""The whole of one case for its family or a court: an AES-256 ZIP file, which the usual programs open.

The format stretches a passphrase only weakly, so the hub makes one itself that needs no stretching.
"""

import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Final

import pyzipper

from hub.audit.service import AuditEntry
from hub.cases.service import CaseFile
from hub.clock import moment
from hub.exchange.model import Dossier, FileRejectedError, Recipient
from protocol.ids import PhotoId, local_part

# Letters and digits that are not mistaken for each other: 32 of them, five bits each.
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789+"
_GROUPS, _LETTERS = 5, 5
_PASSPHRASE: Final = re.compile(r"[a-z2-9+]{5}(?:-[a-z2-9+]{5}){4}")
_WITHHELD: Final = "withheld from families"
_SUFFIXES: Final = ((b"\xff\xd8\xff", ".jpg"), (b"\x89PNG", ".png"), (b"RIFF", ".webp"))


def make_dossier(
    file: CaseFile,
    photographs: Mapping[PhotoId, bytes],
    trail: list[AuditEntry],
    recipient: Recipient,
    passphrase: str,
) -> Dossier:
    """Everything that the hub holds about a case; `trail`: the audit entries that name it. Raises FileRejectedError.

    A family is not told who reported the case: somebody of it may be whom the child was reported for.
    """
    if not _PASSPHRASE.fullmatch(passphrase):
        raise FileRejectedError("This is no passphrase that the hub made. Open the page again.")
    content = io.BytesIO()
    with pyzipper.AESZipFile(content, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(passphrase.encode())
        archive.writestr(
            "case.json", json.dumps(_record(file, recipient), ensure_ascii=False, indent=2, default=_plain)
        )
        archive.writestr("trail.txt", "".join(map(_line, trail)))
        for number, facts in enumerate(file.photos, 1):
            data = photographs[facts.id]
            archive.writestr(f"photograph-{number}{_suffix(data)}", data)
    return Dossier(f"case-{local_part(file.summary.id)}.zip", content.getvalue(), passphrase)


def _record(file: CaseFile, recipient: Recipient) -> dict[str, object]:
    record = asdict(file)
    if recipient is Recipient.FAMILY and file.description.reporter is not None:
        record["description"]["reporter"] = _WITHHELD
    record["summary"].pop("despite")
    record["summary"].pop("taken")
    return record


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return sorted(map(str, value))
    return str(value)


def _line(entry: AuditEntry) -> str:
    detail = " ".join(f"{name}={value}" for name, value in sorted(entry.detail.items()))
    return f"{moment(entry.at).isoformat(timespec='seconds')} {entry.action} by {entry.actor} {detail}".rstrip() + "\n"


def _suffix(data: bytes) -> str:
    return next((suffix for start, suffix in _SUFFIXES if data.startswith(start)), "")


def new_passphrase(entropy: Callable[[int], bytes]) -> str:
    """125 bits, in groups that can be read out."""
    letters = [_ALPHABET[byte & 31] for byte in entropy(_GROUPS * _LETTERS)]
    return "-".join("".join(letters[start : start + _LETTERS]) for start in range(0, len(letters), _LETTERS))
