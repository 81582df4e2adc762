"""What comes of files that come in, as values."""

from dataclasses import dataclass
from enum import StrEnum

from faults import RejectedError
from hub.cases.service import NewCase
from protocol.ids import CaseId


class FileRejectedError(RejectedError):
    """A file is not of the kind that it should be. Nothing was taken from it."""


class SharingError(RejectedError):
    """A case may not leave the hub in this way: its legal basis does not cover it."""


class ExportTooLongError(RejectedError):
    """More cases were asked for than one file takes: what goes out must come in again. None was exported."""


class Recipient(StrEnum):
    """Whom a copy of a whole case is for."""

    FAMILY = "family"
    COURT = "court"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a line (counted from 1, the heading included; of PFIF, the record) cannot be taken."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A case as a file has it. `photos`: the names of files beside it, with when they were taken and who gave them."""

    line: int
    case: NewCase
    photos: tuple[str, ...] = ()
    taken_on: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or a dry run would have. `cases` is empty where there is a problem: nothing was taken."""

    lines: int
    problems: tuple[Problem, ...]
    cases: tuple[CaseId, ...]
    photos_not_fetched: int = 0


@dataclass(frozen=True, slots=True)
class Dossier:
    """The whole of one case as an encrypted ZIP file. The passphrase is shown once and kept nowhere."""

    file_name: str
    content: bytes
    passphrase: str
