"""A file of cases is taken half; a bad line is named badly; a spreadsheet computes what a cell says."""

import csv
import io
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.audit.service import AuditAction
from hub.cases.service import BodyPart, Contact, Description, Filters, Mark, NewCase, Reason, Register
from hub.exchange import table
from hub.exchange.service import FileRejectedError, ImportReport
from hub.sites import Sites
from protocol.ids import SliceName
from protocol.person import Sex
from tests.hub.exchange.made_up import new_cases
from tests.support.cases import SAMPLES, add_case, file_with, new_case
from tests.support.desk import SITE, Desk

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


def exported(desk: Desk, filters: Filters | None = None) -> bytes:
    with desk.database.begin() as connection:
        return desk.registers.exchange.export_csv(connection, filters or Filters(), "amina")


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
        (6, "reference"),
        (7, ""),
        (8, "photos"),
        (9, ""),
        (10, ""),
    }
    reasons = {problem.line: problem.reason for problem in report.problems}
    assert reasons[6].startswith("Line 2 has the same reference")


def test_many_faults_in_a_line_count_as_many_lines() -> None:
    bad = "lost,,woman,2016-13,2016-13,nobody,,\r\n"
    drafts, problems = table.read(f"{HEAD}\r\n{bad * 1000}".encode(), SliceName("bd/missing"))
    assert (drafts, len({problem.line for problem in problems}), len(problems)) == ([], 1000, 6000)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff\xfe\x00", "UTF-8"),
        (b"reference,name\nGD 1,x\n", "No such column"),
        (b"reference,sex\nGD 1,male\n", "no column"),
        (b'register,"reference\n', "does not read as CSV|No such column|no column"),
        (b"", "no column"),
        (HEAD.replace(",", ";").encode(), "comma"),
        (HEAD.replace(",", "\t").encode(), "comma"),
        (HEAD.encode("utf-16"), "UTF-8"),
        (f"{HEAD}\nmissing,Bénapole,male".encode("cp1252"), "UTF-8"),
        (f"{HEAD},names\n".encode(), "twice"),
        (f'{HEAD}\n{GOOD}\nmissing,"GD 2" and more'.encode(), "line 3"),
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
    assert len(report.cases) == 2
    data = exported(desk)
    assert "\r\nmissing,'=cmd,,'-1+1" in data.decode("utf-8-sig")
    drafts, problems = table.read(data, SliceName("bd/missing"))
    assert problems == []
    read = {draft.case.reference: draft.case.description.names for draft in drafts}
    assert read == {"GD 1": ("Rahima", "রহিমা"), "=cmd": ("-1+1",)}


@settings(max_examples=80, deadline=None)
@given(st.lists(new_cases(), min_size=1, max_size=3))
def test_field_is_lost_or_altered_on_the_way_out_and_in(cases: list[NewCase]) -> None:
    drafts, problems = table.read(table.write([file_with(case) for case in cases]), SliceName("bd/missing"))
    assert problems == []
    assert [draft.case for draft in drafts] == cases


def test_second_guardian_is_lost_on_the_way_out_and_in(desk: Desk) -> None:
    guardians = tuple(Contact(f"Guardian {number}; ওর খালা", "aunt", f"+880 {number}") for number in range(1, 21))
    add_case(desk, new_case(description=Description(guardians=guardians)))
    (draft,), problems = table.read(exported(desk), SliceName("bd/missing"))
    assert problems == []
    assert draft.case.description.guardians == guardians


def test_second_guardian_is_lost_by_saving_the_form_unchanged(desk: Desk) -> None:
    guardians = (Contact("Amina Begum", "mother"), Contact("", "", "+880 1711"), Contact("'=Karim", "uncle"))
    case = add_case(desk, new_case(description=Description(guardians=guardians)))
    exchange = desk.registers.exchange
    with desk.database.read() as connection:
        cells = exchange.as_form(desk.registers.cases.reader.file(connection, case))
    shown = {name for fields in exchange.guardian_fields(cells) for name in fields}
    assert len(shown) == 12  # One more guardian can be entered.
    new, problems = exchange.read_form({name: cells.get(name, "") for name in {*cells, *shown}})
    assert problems == ()
    assert new is not None
    assert new.description.guardians == guardians


def test_export_holds_cases_of_other_sites_or_erased_ones_or_goes_unnoted(desk: Desk) -> None:
    own, erased = (add_case(desk, new_case(f"GD {number}", site="bd/benapole")) for number in (1, 2))
    add_case(desk, new_case("GD 3", site="bd/other"))
    with desk.database.begin() as connection:
        desk.registers.erasure.erase(connection, erased, Reason.MISTAKE, note="", actor="amina")
    drafts, _ = table.read(exported(desk, Filters(sites=Sites(frozenset({SITE})))), SliceName("bd/missing"))
    assert [draft.case.reference for draft in drafts] == ["GD 1"]
    noted = [entry for entry in desk.audited() if entry.action is AuditAction.CASE_EXPORTED]
    assert [(entry.subject, entry.actor, entry.detail) for entry in noted] == [(own, "amina", {"format": "csv"})]


def test_spreadsheet_computes_a_cell_or_a_cell_changes_on_the_way(desk: Desk) -> None:
    texts = ["=1+1", "+880 17", "-1", "@SUM(A1)", "'=1", "''+1", "\uff1d1+1", "\uff0b1", "'", "' =1", "O'Neill", "'Ali"]
    guardians = tuple(Contact(text) for text in texts)
    add_case(desk, new_case(description=Description(guardians=guardians)))
    data = exported(desk)
    (_, cells) = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    assert not [cell for cell in cells if unicodedata.normalize("NFKC", cell.strip()[:1]) in {"=", "+", "-", "@"}]
    (draft,), _ = table.read(data, SliceName("bd/missing"))
    assert draft.case.description.guardians == guardians


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_end_in_anything_but_a_refusal(data: bytes) -> None:
    try:
        table.read(HEAD.encode() + b"\n" + data, SliceName("bd/missing"))
    except FileRejectedError:
        return


def test_line_reaches_a_file_outside_the_folder(tmp_path: Path) -> None:
    from hub.case_file_commands import _photographs_in
    from hub.commands import InputError

    with pytest.raises(InputError):
        _photographs_in(tmp_path)("../secret.jpg")
