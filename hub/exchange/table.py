"""Cases as a CSV file: the template, reading one line by line, and writing cases in the same columns."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from faults import RejectedError, Sentence
from hub.cases.service import MAX_ITEMS, Basis, CaseFile, Contact, Description, NewCase, Purpose, Register, Risk
from hub.exchange.columns import BY_NAME, COLUMNS, FURTHER, CellError, guardian_columns, joined
from hub.exchange.model import Draft, FileRejectedError, Problem
from protocol.ids import SliceName, parse_site_id
from protocol.person import BirthBand, Month

MAX_LINES: Final = 5_000
MAX_BYTES: Final = 20_000_000

_FORMULA: Final = frozenset("=+-@\t\r\n")
"""What a spreadsheet program takes for the beginning of a formula."""


def template() -> bytes:
    """An empty file with the columns and one made-up line, as spreadsheet programs write and read it."""
    return _written([{column.name: column.example for column in COLUMNS}])


def read(data: bytes, default_slice: SliceName) -> tuple[list[Draft], list[Problem]]:
    """What can be read, and everything that cannot, with its line. Raises FileRejectedError."""
    if len(data) > MAX_BYTES:
        raise FileRejectedError("The file has more than {number} MB. Divide it.", number=MAX_BYTES // 1000000)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileRejectedError("The file is not in UTF-8. Save it as “CSV UTF-8”.") from None
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        _require_columns(rows.fieldnames or ())
        return _read_rows(rows, default_slice)
    except csv.Error as error:
        raise FileRejectedError(
            "The file does not read as CSV in line {line}: {error}.", line=rows.line_num + 1, error=error
        ) from None


def read_one(cells: Mapping[str, str], default_slice: SliceName) -> tuple[list[Draft], list[Problem]]:
    """One case, of a form; columns that are not there are empty."""
    return _read_row(1, {name: cells.get(name, "") for name in BY_NAME}, default_slice)


def write(files: Sequence[CaseFile]) -> bytes:
    """Cases as such a file, without photographs."""
    return _written([line_of(file) for file in files])


def _require_columns(names: Iterable[str]) -> None:
    given = list(names)
    if len(given) == 1 and any(sign in given[0] for sign in ";\t"):
        raise FileRejectedError("The cells are not parted by commas. Save the file as “CSV UTF-8 (comma delimited)”.")
    strange = [name for name in given if name not in BY_NAME]
    lacking = [column.name for column in COLUMNS if column.required and column.name not in given]
    if strange:
        raise FileRejectedError(
            "No such column: {listed}. `mca hub case template` has them all.", listed=", ".join(strange)[:200]
        )
    if lacking:
        raise FileRejectedError("The file has no column {listed}.", listed=", ".join(lacking))
    if len(set(given)) != len(given):
        raise FileRejectedError("A column is there twice.")


def _read_rows(rows: "csv.DictReader[str]", default_slice: SliceName) -> tuple[list[Draft], list[Problem]]:
    drafts: list[Draft] = []
    problems: list[Problem] = []
    for count, row in enumerate(rows):
        if count >= MAX_LINES:
            raise FileRejectedError("The file has more than {most} lines. Divide it.", most=MAX_LINES)
        texts = {name: _unguarded(text.strip()) if isinstance(text, str) else text for name, text in row.items()}
        read, found = _read_row(rows.line_num, texts, default_slice)
        drafts += read
        problems += found
    return drafts, problems


def _read_row(line: int, row: Mapping[Any, Any], default_slice: SliceName) -> tuple[list[Draft], list[Problem]]:
    cells, problems = _cells(line, row)
    if problems:
        return [], problems
    try:
        return [_draft(line, cells, default_slice)], []
    except RejectedError as error:
        return [], [Problem(line, "", error.sentence)]


def _cells(line: int, row: Mapping[Any, Any]) -> tuple[dict[str, Any], list[Problem]]:
    if None in row or None in row.values():
        return {}, [Problem(line, "", Sentence("The line has more or fewer cells than there are columns."))]
    cells: dict[str, Any] = {}
    problems = []
    for name, text in row.items():
        column = BY_NAME[name or ""]
        given = text.strip()
        if not given:
            if column.required:
                problems.append(Problem(line, column.name, Sentence("This cell must not be empty.")))
            continue
        try:
            cells[column.name] = column.read(given)
        except CellError as error:
            problems.append(Problem(line, column.name, error.sentence))
    return cells, problems


def _draft(line: int, cells: dict[str, Any], default_slice: SliceName) -> Draft:
    register: Register = cells["register"]
    listed = SliceName(cells.get("slice", default_slice)) if register is Register.MISSING else None
    case = NewCase(
        reference=cells["reference"],
        slice=listed,
        sex=cells["sex"],
        birth=_birth(cells),
        last_seen=cells.get("last_seen"),
        register=register,
        site=parse_site_id(cells["site"]) if "site" in cells else "",
        risk=cells.get("risk", Risk.MEDIUM),
        basis=Basis(
            cells["legal_basis"],
            cells.get("basis_reference", ""),
            cells.get("purposes", frozenset({Purpose.SEARCH})),
            cells.get("basis_until"),
        ),
        description=_description(cells),
    )
    taken = cells.get("photo_taken_on")
    source = cells.get("photo_source", "")
    return Draft(line, case, cells.get("photos", ()), taken.isoformat() if taken else "", source)


def _birth(cells: dict[str, Any]) -> BirthBand:
    born: date | None = cells.get("born_on")
    if born is not None:
        month = Month(born.year, born.month)
        return BirthBand(month, month)
    if "born_from" not in cells or "born_to" not in cells:
        raise CellError("Give born_on, or born_from and born_to.")
    return BirthBand(cells["born_from"], cells["born_to"])


def _description(cells: dict[str, Any]) -> Description:
    plain = ("names", "born_on", "languages", "height_cm", "build", "complexion", "marks", "clothing", "place")
    known = {name: cells[name] for name in (*plain, "circumstances", "station") if name in cells}
    guardians = (_contact(cells, guardian_columns(number)) for number in range(1, MAX_ITEMS + 1))
    return Description(
        **known,
        reporter=_contact(cells, ("reporter_name", "reporter_relation", "reporter_telephone")),
        guardians=tuple(guardian for guardian in guardians if guardian is not None),
    )


def _contact(cells: dict[str, Any], names: tuple[str, str, str]) -> Contact | None:
    name, relation, telephone = (cells.get(column, "") for column in names)
    return Contact(name, relation, telephone) if name or relation or telephone else None


def guardian_fields(cells: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """The columns of the guardians that a form shows: of those who are filled in, and of one more."""
    names = [guardian_columns(number) for number in range(1, MAX_ITEMS + 1)]
    filled = [number for number, columns in enumerate(names, 1) if any(cells.get(column) for column in columns)]
    return names[: max(filled, default=0) + 1]


def line_of(file: CaseFile) -> dict[str, str]:
    """A case in the columns, without photographs."""
    case, words, basis = file.summary, file.description, file.basis
    reporter = words.reporter or Contact("")
    return {
        "register": case.register,
        "reference": case.reference,
        "station": words.station,
        "names": joined(words.names),
        "sex": case.sex,
        "born_on": words.born_on.isoformat() if words.born_on else "",
        "born_from": str(case.birth.earliest),
        "born_to": str(case.birth.latest),
        "languages": joined(words.languages),
        "height_cm": str(words.height_cm or ""),
        "build": words.build or "",
        "complexion": words.complexion or "",
        "marks": joined(f"{mark.where}: {mark.what}" for mark in words.marks),
        "clothing": words.clothing,
        "last_seen": case.last_seen.isoformat() if case.last_seen else "",
        "place": words.place,
        "circumstances": words.circumstances,
        "reporter_name": reporter.name,
        "reporter_relation": reporter.relation,
        "reporter_telephone": reporter.telephone,
        **_guardians(words.guardians),
        "risk": case.risk,
        "legal_basis": basis.ground,
        "basis_reference": basis.reference,
        "purposes": "; ".join(sorted(basis.purposes)),
        "basis_until": basis.until.isoformat() if basis.until else "",
        "site": case.site,
        "slice": case.slice or "",
    }


def _guardians(guardians: Sequence[Contact]) -> dict[str, str]:
    return {
        name: text
        for number, one in enumerate(guardians, 1)
        for name, text in zip(guardian_columns(number), (one.name, one.relation, one.telephone), strict=True)
    }


def _written(lines: Sequence[Mapping[str, str]]) -> bytes:
    text = io.StringIO(newline="")
    used = set().union(*lines)
    names = [column.name for column in (*COLUMNS, *FURTHER) if column in COLUMNS or column.name in used]
    writer = csv.DictWriter(text, names, restval="")
    writer.writeheader()
    writer.writerows({name: _guarded(cell) for name, cell in line.items()} for line in lines)
    return text.getvalue().encode("utf-8-sig")


def _guarded(cell: str) -> str:
    """A cell that no spreadsheet program computes: what begins like a formula gets an apostrophe before it."""
    return f"'{cell}" if _like_a_formula(cell) else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _like_a_formula(cell) else cell


def _like_a_formula(cell: str) -> bool:
    # Behind apostrophes as well, so that what had one before reads back as it was.
    return unicodedata.normalize("NFKC", cell.lstrip("' ")[:1]) in _FORMULA
