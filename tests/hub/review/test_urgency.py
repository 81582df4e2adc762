"""What comes first: the child and the time decide, and never a score."""

import pytest

from hub.review.urgency import Targets, Urgency, urgency_of
from protocol.ids import CaseId
from protocol.person import AgeBand
from tests.support.databases import counted_statements, on_sqlite
from tests.support.desk import MINUTE, Case, Desk, Intake


@pytest.mark.parametrize(
    ("high_risk", "band", "live", "urgency"),
    [
        (True, AgeBand.ADULT, False, Urgency.URGENT),
        (False, AgeBand.INFANT, True, Urgency.URGENT),
        (False, AgeBand.CHILD, False, Urgency.SOON),
        (False, AgeBand.TEEN, True, Urgency.SOON),
        (False, AgeBand.TEEN, False, Urgency.ORDINARY),
        (False, None, False, Urgency.ORDINARY),
    ],
)
def test_urgency_follows_risk_age_and_recency(
    *, high_risk: bool, band: AgeBand | None, live: bool, urgency: Urgency
) -> None:
    assert urgency_of(high_risk=high_risk, age_band=band, live=live) is urgency


def test_old_review_waits_behind_fresh_urgent_ones_for_ever() -> None:
    targets = Targets()
    fresh = targets.due_at(Urgency.URGENT, 12 * 60 * MINUTE)
    assert targets.due_at(Urgency.ORDINARY, 0) < fresh


def test_queue_is_in_the_order_of_scores_or_late_unnoticed(desk: Desk) -> None:
    scores = iter((0.5, 0.9, 0.6, 0.8))
    wanted = [
        desk.open_review(Intake(age_band=AgeBand.INFANT), Case(CaseId("bd/c-1")), score=next(scores)),
        desk.open_review(Intake(age_band=AgeBand.TEEN), Case(CaseId("bd/c-2")), score=next(scores)),
    ]
    risky = desk.open_review(Intake(age_band=AgeBand.ADULT), Case(CaseId("bd/c-3"), high_risk=True), score=next(scores))

    order = [item.review.id for item in desk.queue(desk.amina).to_answer]
    assert set(order[:2]) == {wanted[0], risky}
    assert order[2] == wanted[1]
    desk.clock.now += 31 * MINUTE
    queue = desk.queue(desk.amina)
    assert [item.overdue for item in queue.to_answer] == [True, True, False]
    assert (queue.overdue, queue.to_answer[0].minutes) == (2, -1)


@on_sqlite
def test_long_queue_asks_the_database_for_every_line(desk: Desk) -> None:
    def asked() -> int:
        with counted_statements() as statements:
            desk.queue(desk.amina)
        return len(statements)

    desk.open_review(Intake(), Case(CaseId("bd/c-1")))
    few = asked()
    for number in range(2, 8):
        desk.open_review(Intake(), Case(CaseId(f"bd/c-{number}")))
    assert asked() == few
