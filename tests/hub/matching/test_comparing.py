"""A child whom a shelter has is not found among the missing; or everybody is; or the trail does not say who looked."""

import secrets
from pathlib import Path

import pytest

from hub.audit.service import AuditAction, entries
from hub.bootstrap import build_register_searches
from hub.cases.service import CaseState, GivenPhoto, Reason, Register
from hub.clock import DAY
from hub.ingest.own_scores import OwnScores
from hub.matching.service import RegisterMatch, RegisterSearches, UnknownMatchError
from hub.sites import EVERY_SITE
from models.pack import default_pack_path, load_pack
from protocol.ids import HubId
from protocol.person import BirthBand, Month, Sex
from tests.support.cases import add_case, new_case, sample
from tests.support.desk import Desk
from tests.support.hub_site import HubSite


@pytest.fixture
def searches(desk: Desk) -> RegisterSearches:
    scores = OwnScores(load_pack(default_pack_path()), false_candidates_per_100=5, allow_uncalibrated=False)
    cases = desk.registers.cases
    return RegisterSearches(
        desk.database, cases, scores, clock=desk.clock, entropy=secrets.token_bytes, hub=HubId("bd")
    )


def search_all(searches: RegisterSearches) -> None:
    while searches.work():
        pass


def pending(desk: Desk) -> list[RegisterMatch]:
    with desk.database.read() as connection:
        return desk.registers.matches.pending(connection)


def reasons(desk: Desk, action: AuditAction) -> list[object]:
    return [entry.detail["reason"] for entry in desk.audited() if entry.action is action]


def test_found_child_is_not_compared_with_the_missing(desk: Desk, searches: RegisterSearches) -> None:
    missing = add_case(desk, new_case("GD 1"), "obama.jpg")
    add_case(desk, new_case("GD 2"), "collins.png")
    search_all(searches)
    assert pending(desk) == []
    found = add_case(desk, new_case("S 1", register=Register.FOUND, site="bd/benapole"), "obama2.jpg")
    search_all(searches)
    (match,) = pending(desk)
    assert (match.missing, match.found, match.site) == (missing, found, "bd/benapole")
    assert match.raw > 0.6
    assert match.chance is not None
    assert match.comparable == 2
    assert reasons(desk, AuditAction.CASE_SEARCHED) == ["nothing-found", "nothing-found", "candidates"]


def test_missing_child_is_not_compared_with_those_who_were_found_before(desk: Desk, searches: RegisterSearches) -> None:
    found = add_case(desk, new_case("S 1", register=Register.FOUND), "obama2.jpg")
    search_all(searches)
    missing = add_case(desk, new_case("GD 1"), "obama.jpg")
    search_all(searches)
    assert [(match.missing, match.found) for match in pending(desk)] == [(missing, found)]


def test_other_sex_or_age_competes(desk: Desk, searches: RegisterSearches) -> None:
    add_case(desk, new_case("GD 1", sex=Sex.FEMALE), "obama.jpg")
    add_case(desk, new_case("GD 2", birth=BirthBand(Month(1999, 1), Month(1999, 12))), "obama3.jpg")
    add_case(desk, new_case("S 1", register=Register.FOUND), "obama2.jpg")
    search_all(searches)
    assert pending(desk) == []


def test_new_photograph_of_an_old_case_is_not_searched_for(desk: Desk, searches: RegisterSearches) -> None:
    missing = add_case(desk, new_case("GD 1"), "collins.png")
    found = add_case(desk, new_case("S 1", register=Register.FOUND), "obama2.jpg")
    search_all(searches)
    assert pending(desk) == []
    registrar = desk.registers.cases.registrar
    (picture,) = registrar.photographs.read([desk_photo("obama.jpg")])
    with desk.database.begin() as connection:
        photo = registrar.add_photo(connection, missing, picture, "amina")
    search_all(searches)
    (match,) = pending(desk)
    assert (match.found, match.missing_photo) == (found, photo)


def desk_photo(name: str) -> GivenPhoto:
    return GivenPhoto(sample(name))


def test_same_two_photographs_are_matched_again_every_night(desk: Desk, searches: RegisterSearches) -> None:
    add_case(desk, new_case("GD 1"), "obama.jpg")
    add_case(desk, new_case("S 1", register=Register.FOUND), "obama2.jpg")
    search_all(searches)
    desk.clock.now += DAY
    search_all(searches)
    assert len(pending(desk)) == 1
    (night,) = [entry for entry in desk.audited() if entry.action is AuditAction.REGISTERS_COMPARED]
    assert (night.detail["cases"], night.detail["candidates"], night.detail["reason"]) == (1, 0, "nothing-found")
    assert not searches.work()


def test_two_reports_of_one_child_are_not_suggested_as_duplicates(desk: Desk, searches: RegisterSearches) -> None:
    first = add_case(desk, new_case("GD 1"), "obama.jpg")
    second = add_case(desk, new_case("GD 2"), "obama2.jpg")
    search_all(searches)
    with desk.database.read() as connection:
        (suggestion,) = desk.registers.cases.duplicates.suggestions(connection, first, EVERY_SITE)
    assert (suggestion.other.id, set(suggestion.grounds)) == (second, {"face"})
    assert pending(desk) == []


def test_confirmed_match_leaves_one_of_the_two_children_sought(desk: Desk, searches: RegisterSearches) -> None:
    both = (
        add_case(desk, new_case("GD 1"), "obama.jpg"),
        add_case(desk, new_case("S 1", register=Register.FOUND), "obama2.jpg"),
    )
    search_all(searches)
    (match,) = pending(desk)
    for _ in range(2):
        with desk.database.begin() as connection:
            desk.registers.matches.taken(connection, match.id, desk.clock())
            desk.registers.matches.confirmed(connection, match.id, "amina", desk.clock())
    assert pending(desk) == []
    with desk.database.read() as connection:
        assert {desk.registers.cases.summary(connection, case).state for case in both} == {CaseState.LOCATED}
        located = [entry for case in both for entry in entries(connection, case) if entry.action.endswith("located")]
    assert len(located) == 2


def test_found_match_does_not_reach_the_reviewers_queue(tmp_path: Path) -> None:
    with HubSite(tmp_path, units=()).services() as hub:
        for new, name in ((new_case("GD 1"), "obama.jpg"), (new_case("S 1", register=Register.FOUND), "obama2.jpg")):
            hub.cases.register(new, [GivenPhoto(sample(name))], "tester")
        assert build_register_searches(hub).work()
        with hub.database.begin() as connection:
            assert hub.review.open_matches(connection, hub.clock()) == 1
            assert hub.matches.pending(connection) == []
        with hub.database.read() as connection:
            assert hub.review.open_count(connection) == 1


def test_match_outlives_the_closing_of_one_of_its_cases(desk: Desk, searches: RegisterSearches) -> None:
    missing = add_case(desk, new_case("GD 1"), "obama.jpg")
    add_case(desk, new_case("S 1", register=Register.FOUND), "obama2.jpg")
    search_all(searches)
    (match,) = pending(desk)
    with desk.database.begin() as connection:
        desk.registers.erasure.close(connection, missing, Reason.WITHDRAWN, note="", actor="amina")
    assert pending(desk) == []
    with desk.database.read() as connection, pytest.raises(UnknownMatchError):
        desk.registers.matches.find(connection, match.id)
