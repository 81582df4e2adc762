"""A file of cases is taken half; a bad line is named badly; a spreadsheet computes what a cell says."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.audit.service import AuditAction
from hub.cases.service import BodyPart, Mark, Register
from hub.exchange import table
from hub.exchange.service import FileRejectedError, ImportReport
from protocol.ids import SliceName
from protocol.person import Sex
from tests.support.cases import SAMPLES
from tests.support.desk import Desk

HEAD = "register,reference,sex,born_from,born_to,legal_basis,names,photos"
GOOD = "missing,GD 1,female,2016-01,2016-12,police-order,Rahima; রহিমা,"
OTHER = "found,S 1,male,2016-01,2016-12,best-interests,,obama.jpg"


def read_file(name: str) -> bytes:
    path = SAMPLES / name
    if not path.is_file():
        raise FileRejectedError("There is no such file.")
    return path.read_bytes()


def take(desk: Desk, *lines: str, dry_run: bool = False) -> ImportReport:
    data = "\r\n".join([HEAD, *lines]).encode("utf-8-sig")
    return desk.registers.exchange.import_csv(data, read_file, "amina", dry_run=dry_run)


def count(desk: Desk) -> int:
    with desk.database.read() as connection:
        return len(desk.registers.cases.summaries(connection))


def test_cases_of_a_sound_file_are_not_all_taken(desk: Desk) -> None:
    report = take(desk, GOOD, OTHER)
    assert (report.lines, report.problems, len(report.cases)) == (2, (), 2)
    with desk.database.read() as connection:
        first, second = (desk.registers.cases.reader.file(connection, case) for case in report.cases)
    assert (first.summary.sex, first.description.names) == (Sex.FEMALE, ("Rahima", "রহিমা"))
    assert (second.summary.register, len(second.photos)) == (Register.FOUND, 1)
    imported = [entry for entry in desk.audited() if entry.action is AuditAction.CASES_IMPORTED]
    assert [entry.detail["cases"] for entry in imported] == [2]


def test_dry_run_takes_something(desk: Desk) -> None:
    before = desk.actions()
    report = take(desk, GOOD, OTHER, dry_run=True)
    assert (report.lines, report.problems, report.cases) == (2, (), ())
    assert count(desk) == 0
    assert desk.actions() == before


@pytest.mark.parametrize("dry_run", [True, False])
def test_bad_lines_are_not_all_named_or_the_good_ones_taken(desk: Desk, *, dry_run: bool) -> None:
    report = take(
        desk,
        GOOD,
        "lost,GD 2,woman,2016-13,2016-12,police-order,,",
        "missing,,female,2016-01,2016-12,police-order,,",
        "missing,GD 3,female,2016-12,2016-01,police-order,,",
        "missing,GD 1,female,2016-01,2016-12,police-order,,",
        "missing,GD 5,female,2016-01,2016-12,guardian-consent,,",
        "missing,GD 6,female,2016-01,2016-12,police-order,,nobody.jpg",
        "missing,GD 7,female,2016-01",
        "missing,GD 8,female,2150-01,2150-12,police-order,,",
        dry_run=dry_run,
    )
    assert count(desk) == 0
    assert report.cases == ()
    assert {(problem.line, problem.column) for problem in report.problems} == {
        (3, "register"),
        (3, "sex"),
        (3, "born_from"),
        (4, "reference"),
        (5, ""),
        (6, ""),
        (7, ""),
        (8, "photos"),
        (9, ""),
        (10, ""),
    }
    reasons = {problem.line: problem.reason for problem in report.problems}
    assert reasons[6].startswith("The reference is already")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff\xfe\x00", "UTF-8"),
        (b"reference,name\nGD 1,x\n", "No such column"),
        (b"reference,sex\nGD 1,male\n", "no column"),
        (b'register,"reference\n', "does not read as CSV|No such column|no column"),
        (b"", "no column"),
    ],
)
def test_file_of_another_kind_is_taken(desk: Desk, data: bytes, reason: str) -> None:
    with pytest.raises(FileRejectedError, match=reason):
        desk.registers.exchange.import_csv(data, read_file, "amina", dry_run=False)


def test_template_cannot_be_read_back() -> None:
    (draft,), problems = table.read(table.template(), SliceName("bd/missing"))
    assert problems == []
    assert draft.case.description.marks == (Mark(BodyPart.LEFT_ARM, "scar of a burn"),)


def test_exported_cases_do_not_read_back_as_they_were(desk: Desk) -> None:
    report = take(desk, GOOD, "missing,=cmd,female,2016-01,2016-12,police-order,-1+1,")
    with desk.database.begin() as connection:
        files = [desk.registers.cases.reader.file(connection, case) for case in report.cases]
        data = desk.registers.exchange.export_csv(connection, files, "amina")
    assert "\r\nmissing,'=cmd,,'-1+1" in data.decode("utf-8-sig")
    drafts, problems = table.read(data, SliceName("bd/missing"))
    assert problems == []
    assert [draft.case.reference for draft in drafts] == ["GD 1", "=cmd"]
    assert [draft.case.description.names for draft in drafts] == [("Rahima", "রহিমা"), ("-1+1",)]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_end_in_anything_but_a_refusal(data: bytes) -> None:
    try:
        table.read(HEAD.encode() + b"\n" + data, SliceName("bd/missing"))
    except FileRejectedError:
        return


def test_line_reaches_a_file_outside_the_folder(tmp_path: Path) -> None:
    from hub.case_commands import _photographs_in
    from hub.commands import InputError

    with pytest.raises(InputError):
        _photographs_in(tmp_path)("../secret.jpg")
