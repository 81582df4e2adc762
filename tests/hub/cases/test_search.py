"""A case is not found by its name in another script; or a page is lost, doubled, or shows another site's."""

from collections.abc import Sequence
from typing import Any

import pytest

from hub.cases.search import PAGE_LENGTH
from hub.cases.service import CaseState, Cursor, CursorError, Filters, Page, Register, Risk
from hub.sites import Sites
from protocol.ids import CaseId, SiteId
from protocol.person import AgeBand, BirthBand, Month, Sex
from tests.support.cases import add_case, new_case
from tests.support.desk import SITE, Desk

TODAY = Month(2026, 11)


def page(desk: Desk, after: Cursor | None = None, **filters: Any) -> Page:
    with desk.database.read() as connection:
        return desk.registers.cases.search.page(connection, Filters(**filters), TODAY, after)


def found(desk: Desk, **filters: Any) -> list[CaseId]:
    return [line.summary.id for line in page(desk, **filters).lines]


@pytest.fixture
def three(desk: Desk) -> Sequence[CaseId]:
    cases = []
    for reference, name in (("GD 1", "রহিমা খাতুন"), ("GD 2", "Md. Karim Sheikh"), ("GD 3", "Rahim Khatun")):
        desk.clock.now += 1000
        cases.append(add_case(desk, new_case(reference, name)))
    return cases


@pytest.mark.parametrize("text", ["Rahima", "रहीमा", "রহিমা", "raheema khatoon", "Rohima"])
def test_name_in_another_script_finds_nobody(desk: Desk, three: Sequence[CaseId], text: str) -> None:
    # The close spelling comes first, although Rahim was registered later.
    assert found(desk, text=text) == [three[0], three[2]]


def test_first_name_of_thousands_is_needed_or_hides_the_given_one(desk: Desk, three: Sequence[CaseId]) -> None:
    for text in ("Mohammad Karim", "করিম", "Karim", "মোঃ করিম শেখ", "Mohammad"):
        assert found(desk, text=text) == [three[1]]


@pytest.mark.parametrize("text", ["Ramiha Khatun", "রহিমা খানুত", "रमीहा खातून", "Rahimma Khattun"])
def test_two_letters_that_changed_places_hide_a_child_or_come_first(
    desk: Desk, three: Sequence[CaseId], text: str
) -> None:
    assert set(found(desk, text=text)) == {three[0], three[2]}
    slipped = add_case(desk, new_case("GD 4", text))
    assert set(found(desk, text="Rahima Khatun")) == {three[0], three[2], slipped}
    assert not set(found(desk, text=f"{text} Sunita"))


@pytest.mark.parametrize("text", ["Nurjahan Begum", "নূর জাহান বেগম", "Nur Jahan", "Begum Nurjahan"])
def test_name_in_one_word_and_in_two_do_not_meet(desk: Desk, text: str) -> None:
    wanted = {add_case(desk, new_case("GD 1", "Nur Jahan Begum")), add_case(desk, new_case("GD 2", "नूरजहाँ बेगम"))}
    add_case(desk, new_case("GD 3", "Nur Begum"))
    assert set(found(desk, text=text)) == wanted


def test_name_after_a_slip_comes_before_the_name_itself(desk: Desk, three: Sequence[CaseId]) -> None:
    slipped = add_case(desk, new_case("GD 4", "Ramiha Khatun"))
    assert found(desk, text="Rahima Khatun") == [three[0], three[2], slipped]
    assert [line.close for line in page(desk, text="Rahima Khatun").lines] == [True, False, False]


def test_name_of_nobody_finds_somebody(desk: Desk, three: Sequence[CaseId]) -> None:
    assert found(desk, text="Sunita") == found(desk, text="Rahima Sunita") == []


def test_case_is_not_found_by_its_reference(desk: Desk, three: Sequence[CaseId]) -> None:
    assert found(desk, text="gd-2") == [three[1]]
    # The letters and digits of a case are random: some have no digit.
    assert [found(desk, text=case) for case in three] == [[case] for case in three]


def test_name_can_be_read_from_the_index(desk: Desk, three: Sequence[CaseId]) -> None:
    with desk.database.read() as connection:
        terms = {bytes(row[0]) for row in connection.exec_driver_sql("SELECT term FROM case_names").all()}
    assert all(len(term) == 16 for term in terms)
    for word in (b"rhm", b"rhIm", "রহিমা".encode()):
        assert not any(word in term for term in terms)


def test_filter_lets_another_case_through(desk: Desk) -> None:
    add_case(desk, new_case("GD 1"))
    other = add_case(
        desk,
        new_case(
            "S 1",
            register=Register.FOUND,
            sex=Sex.FEMALE,
            risk=Risk.HIGH,
            site=SITE,
            birth=BirthBand(Month(2021, 1), Month(2021, 12)),
        ),
    )
    wanted: list[dict[str, Any]] = [
        {"register": Register.FOUND},
        {"sex": Sex.FEMALE},
        {"risk": Risk.HIGH},
        {"site": SITE},
        {"age_band": AgeBand.CHILD},
        {"sites": Sites(frozenset({SITE}))},
    ]
    for filters in wanted:
        assert found(desk, **filters) == [other]
    assert found(desk, state=CaseState.CLOSED) == found(desk, sites=Sites(frozenset({SiteId("bd/other")}))) == []


@pytest.mark.parametrize("text", ["", "Rahima"])
def test_page_loses_or_doubles_a_case(desk: Desk, text: str) -> None:
    names = ["Rahima", "Rahim", "রহিমা", "रमीहा", "Ramiha Rahima"]
    cases = [add_case(desk, new_case(f"GD {number}", names[number % 5])) for number in range(PAGE_LENGTH * 3 + 7)]
    seen: list[CaseId] = []
    after = None
    while True:
        one = page(desk, after, text=text)
        seen += [line.summary.id for line in one.lines]
        if one.after is None:
            break
        after = Cursor.parse(str(one.after))
    assert sorted(seen) == sorted(cases)


@pytest.mark.parametrize("text", ["", "1", "3.5.x", "0.x.y", "0.5.", "0.9999999999999999.x"])
def test_address_that_no_page_links_to_is_taken(text: str) -> None:
    with pytest.raises(CursorError):
        Cursor.parse(text)
