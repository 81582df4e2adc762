"""Two reports of one child stay two cases; or two children become one; or a merged case loses its history."""

import pytest

from hub.audit.service import AuditAction
from hub.cases.service import (
    BodyPart,
    CaseError,
    CaseState,
    Description,
    Filters,
    Mark,
    Register,
    TransitionError,
)
from hub.sites import EVERY_SITE
from protocol.ids import CaseId
from protocol.person import BirthBand, Month, Sex
from tests.support.cases import add_case, new_case
from tests.support.desk import Desk


def suggested(desk: Desk, case: CaseId) -> dict[CaseId, set[str]]:
    with desk.database.read() as connection:
        found = desk.registers.cases.duplicates.suggestions(connection, case, EVERY_SITE)
        return {one.other.id: set(map(str, one.grounds)) for one in found}


def merge(desk: Desk, case: CaseId, into: CaseId, note: str = "") -> None:
    with desk.database.begin() as connection:
        desk.registers.cases.duplicates.merge(connection, case, into, note=note, actor="amina", at=desk.clock())


def test_same_name_or_reference_is_not_suggested(desk: Desk) -> None:
    first = add_case(desk, new_case("GD 12/2026", "Rahim Uddin"))
    second = add_case(desk, new_case("FIR 9", "রহিম উদ্দিন"))
    third = add_case(desk, new_case("gd-12-2026", description=Description(station="Jashore")))
    assert suggested(desk, first) == {second: {"name"}, third: {"reference"}}


@pytest.mark.parametrize(
    "other",
    [
        {"sex": Sex.FEMALE},
        {"birth": BirthBand(Month(2001, 1), Month(2001, 12))},
        {"register": Register.FOUND},
    ],
)
def test_other_child_of_the_same_name_is_suggested(desk: Desk, other: dict[str, object]) -> None:
    first = add_case(desk, new_case("GD 1", "Rahim Uddin"))
    add_case(desk, new_case("GD 2", "Rahim Uddin", **other))
    assert suggested(desk, first) == {}


def test_two_children_are_suggested_again(desk: Desk) -> None:
    first, second = add_case(desk, new_case("GD 1", "Rahim Uddin")), add_case(desk, new_case("GD 2", "Rohim Uddin"))
    duplicates = desk.registers.cases.duplicates
    with desk.database.begin() as connection:
        duplicates.mark_distinct(connection, first, second, "amina", desk.clock())
        duplicates.suggest(connection, second, desk.clock())
        duplicates.suggest_like_faces(connection, first, [second], desk.clock())
    assert suggested(desk, first) == suggested(desk, second) == {}
    with pytest.raises(CaseError, match="two children"):
        merge(desk, second, first)
    with desk.database.read() as connection:
        assert desk.registers.cases.summary(connection, second).state is CaseState.OPEN


@pytest.mark.parametrize("goes_on", [0, 1])
def test_two_children_are_suggested_again_after_a_merge(desk: Desk, goes_on: int) -> None:
    first, second, third = (add_case(desk, new_case(f"GD {number}", "Rahim Uddin")) for number in range(3))
    duplicates = desk.registers.cases.duplicates
    with desk.database.begin() as connection:
        duplicates.mark_distinct(connection, first, third, "amina", desk.clock())
    stays = (first, second)[goes_on]
    merge(desk, (second, first)[goes_on], stays)
    with desk.database.begin() as connection:
        duplicates.suggest(connection, third, desk.clock())
        duplicates.suggest_like_faces(connection, stays, [third], desk.clock())
    assert suggested(desk, stays) == suggested(desk, third) == {}
    with pytest.raises(CaseError, match="two children"):
        merge(desk, third, stays)


def test_merged_case_loses_its_photographs_names_or_history(desk: Desk) -> None:
    marks = (Mark(BodyPart.BACK, "birthmark"),)
    first = add_case(desk, new_case("GD 1", "Rahim Uddin"), "obama.jpg")
    second = add_case(
        desk, new_case("GD 2", "Karim", description=Description(names=("Karim Sheikh",), marks=marks)), "obama2.jpg"
    )
    merge(desk, second, first, note="the same school")
    cases = desk.registers.cases
    with desk.database.read() as connection:
        going_on, old = cases.reader.file(connection, first), cases.reader.file(connection, second)
        by_name = cases.search.page(connection, Filters(text="Karim Sheikh"), Month(2026, 11)).lines
    assert (len(going_on.photos), going_on.merged) == (2, (second,))
    assert (old.summary.state, old.summary.merged_into, old.description.marks) == (CaseState.MERGED, first, marks)
    assert old.events[-1].note == "the same school"
    assert [line.summary.id for line in by_name if line.summary.state is CaseState.OPEN] == [first]
    # What reviews know of the second case is still there.
    assert cases.portrait(second, going_on.photos[1].id)
    with desk.database.begin() as connection:
        cases.mark_located(connection, second, "amina", desk.clock())
        assert cases.summary(connection, first).state is CaseState.LOCATED
    assert [entry.action for entry in desk.audited()][-2:] == [AuditAction.CASES_MERGED, AuditAction.CASE_LOCATED]


def test_case_is_merged_into_itself_or_a_closed_one(desk: Desk) -> None:
    first, second = add_case(desk, new_case("GD 1")), add_case(desk, new_case("GD 2"))
    with pytest.raises(CaseError):
        merge(desk, first, first)
    merge(desk, second, first)
    with pytest.raises((CaseError, TransitionError)):
        merge(desk, first, second)
