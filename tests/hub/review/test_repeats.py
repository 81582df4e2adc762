"""What was rejected stays rejected, until there is something new to see; and then it says so."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from hub.audit.service import AuditAction
from hub.matching.service import MatchId
from hub.review.conclusions import Answer
from hub.review.model import Evidence, Kind, ReviewId
from hub.sites import EVERY_SITE
from protocol.ids import CaseId, PhotoId, SightingId
from protocol.sighting import Candidate
from tests.support.desk import CASE, FOUND, PHOTO, Case, Desk, Finding, Intake, Match, sample_face

OTHER, OTHER_FOUND = CaseId("bd/c-other"), CaseId("bd/c-other-found")
OTHER_PHOTO, OTHER_PACK = PhotoId("22" * 8), b"\2" * 32


def search_again(
    desk: Desk,
    first: SightingId,
    number: int,
    *,
    photo: PhotoId = PHOTO,
    pack: bytes = b"\1" * 32,
    case: CaseId = CASE,
) -> None:
    """The same intake's template, searched again by its unit: another sighting of the same child."""
    again = SightingId(f"{number:032x}")
    desk.intakes.known[again] = replace(desk.intakes.known[first], pack_digest=pack)
    desk.intakes.faces[again] = desk.intakes.faces[first]
    candidate = Candidate(case, photo, 1, 0.7, 0.7, None)
    desk.intakes.findings[again, case] = Finding(candidate)
    with desk.database.begin() as connection:
        desk.review.open(connection, sighting_id=again, candidate=candidate, at=desk.clock())


def reject(desk: Desk, review: ReviewId) -> None:
    for operator in (desk.amina, desk.bimal):
        desk.answer(review, operator, Answer.EXCLUSION)


def open_for(desk: Desk) -> Sequence[Evidence | None]:
    return [item.review.evidence for item in desk.queue(desk.amina).to_answer]


def test_rejected_pair_comes_back_with_nothing_new(desk: Desk) -> None:
    sighting = desk.receive(Intake())
    reject(desk, desk.open_candidate(sighting, Case()))

    search_again(desk, sighting, 1)

    assert open_for(desk) == []
    assert desk.actions()[-1] is AuditAction.REVIEW_NOT_REPEATED


def test_rejected_pair_comes_back_because_a_case_went_into_another(desk: Desk) -> None:
    desk.register.known |= {OTHER: Case(id=OTHER), FOUND: Case(id=FOUND), OTHER_FOUND: Case(id=OTHER_FOUND)}
    desk.register.faces |= dict.fromkeys((CASE, OTHER, FOUND, OTHER_FOUND), b"")
    sighting = desk.receive(Intake())
    reject(desk, desk.open_candidate(sighting, Case()))
    for number, case in enumerate([FOUND, OTHER_FOUND]):
        desk.matches.found.append(Match(id=MatchId(f"{number:016x}"), found=case))
        with desk.database.begin() as connection:
            desk.review.open_matches(connection, desk.clock())
        for item in desk.queue(desk.amina).to_answer:
            reject(desk, item.review.id)
        desk.register.merged |= {CASE: OTHER, FOUND: OTHER_FOUND}
    assert desk.actions()[-1] is AuditAction.REVIEW_NOT_REPEATED

    search_again(desk, sighting, 1, case=OTHER)
    assert open_for(desk) == []
    search_again(desk, sighting, 2, case=OTHER, photo=OTHER_PHOTO)
    assert open_for(desk) == [Evidence.NEW_PHOTO]


def test_day_of_a_photograph_is_lost_where_its_case_went_into_another(desk: Desk) -> None:
    review, taken = desk.open_review(), date(2024, 5, 1)
    desk.register.known[OTHER] = Case(id=OTHER, taken={PHOTO: taken})
    desk.register.merged[CASE] = OTHER
    assert desk.seen(review, desk.amina).missing.taken == taken


def test_rejected_pair_stays_away_from_new_evidence_or_keeps_silent_about_it(desk: Desk) -> None:
    sighting = desk.receive(Intake())
    first = desk.open_candidate(sighting, Case())
    reject(desk, first)

    search_again(desk, sighting, 1, photo=OTHER_PHOTO)
    search_again(desk, sighting, 2, pack=OTHER_PACK)

    evidence = []
    while lines := desk.queue(desk.amina).to_answer:
        (item,) = lines  # One after the other: they are of one child.
        evidence.append(str(item.review.evidence))
        assert item.review.earlier == first
        reject(desk, item.review.id)
    assert sorted(evidence) == [Evidence.NEW_PACK, Evidence.NEW_PHOTO]
    search_again(desk, sighting, 3, photo=OTHER_PHOTO)
    search_again(desk, sighting, 4, pack=OTHER_PACK)
    assert open_for(desk) == []


def test_pair_that_waits_is_asked_about_twice(desk: Desk) -> None:
    sighting = desk.receive(Intake())
    desk.open_candidate(sighting, Case())
    search_again(desk, sighting, 1)
    assert open_for(desk) == [None]


def test_another_photograph_of_a_child_is_silenced_by_an_earlier_rejection(desk: Desk) -> None:
    reject(desk, desk.open_review())
    desk.open_review()
    assert open_for(desk) == [None]


def test_found_child_of_the_register_goes_through_the_same_two_people(desk: Desk) -> None:
    desk.register.known |= {CASE: Case(), FOUND: Case(id=FOUND, reference="Shelter 12, Jashore, Rahima")}
    desk.register.faces |= {CASE: sample_face("obama.jpg"), FOUND: sample_face("obama2.jpg")}
    desk.matches.found.append(Match())
    with desk.database.begin() as connection:
        assert desk.review.open_matches(connection, desk.clock()) == 1
        assert desk.review.open_matches(connection, desk.clock()) == 0
    (item,) = desk.queue(desk.amina).to_answer
    assert (item.review.kind, item.heading.reference, item.heading.capture) == (Kind.REGISTER, "c-found", None)

    desk.confirm(item.review.id)

    assert desk.matches.located == [Match().id]
    with desk.database.read() as connection:
        # What the police call a case is in words of their own, and goes to nobody by SMS.
        assert [one.alert.reference for one in desk.dispatch.alerts(connection, EVERY_SITE)] == ["c-found"]
    assert desk.actions().count(AuditAction.ALERT_RAISED) == 1
    with desk.database.read() as connection:
        assert desk.fleet.waiting_count(connection) == 0  # No unit photographed this child.
    machine = desk.seen(item.review.id, desk.amina).machine
    assert machine is not None
    assert machine.second_look is None


def test_register_s_match_that_went_with_its_case_takes_the_answers_with_it(desk: Desk) -> None:
    desk.register.known |= {CASE: Case(), FOUND: Case(id=FOUND)}
    desk.matches.found.append(Match())
    with desk.database.begin() as connection:
        desk.review.open_matches(connection, desk.clock())
    review = desk.queue(desk.amina).to_answer[0].review.id
    reject(desk, review)
    desk.matches.found.clear()
    seen = desk.seen(review, desk.amina)
    assert seen.machine is None
    assert len(seen.answers) == 2
