"""The rule of two people, against someone who writes to the database directly."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from hub.review.model import Answer, ReviewId
from tests.support.desk import Desk

DECISION = (
    "INSERT INTO decisions (review_id, first_operator, first_answer, second_operator, second_answer, outcome, at)"
    " VALUES (?, ?, ?, ?, ?, ?, 0)"
)
ANSWER = "INSERT INTO answers (review_id, position, operator_id, answer, comment, at) VALUES (?, ?, ?, ?, x'00', 0)"
ALERT = (
    "INSERT INTO alerts (id, review_id, outcome, case_id, reference, site, status, raised_at, document)"
    " VALUES ('00', ?, ?, 'bd/c-1', 'R', 'bd/s', 'Actual', 0, x'00')"
)


@contextmanager
def raw(desk: Desk, *, foreign_keys: bool = True) -> Iterator[sqlite3.Connection]:
    """A connection as an administrator's own tool would make it: without foreign keys unless it asks for them."""
    with closing(sqlite3.connect(desk.path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")
        yield connection


@pytest.fixture(params=[True, False], ids=["foreign-keys-on", "foreign-keys-off"])
def database(desk: Desk, request: pytest.FixtureRequest) -> Iterator[sqlite3.Connection]:
    with raw(desk, foreign_keys=request.param) as connection:
        yield connection


def test_same_person_cannot_decide_twice_even_in_raw_sql(desk: Desk, database: sqlite3.Connection) -> None:
    review = desk.open_review()
    desk.answer(review, desk.amina, Answer.SAME)

    with pytest.raises(sqlite3.IntegrityError):
        database.execute(ANSWER, (review, 2, desk.amina.id, "same"))
    with pytest.raises(sqlite3.IntegrityError):
        database.execute(DECISION, (review, desk.amina.id, "same", desk.amina.id, "same", "confirmed"))


def test_third_answer_is_refused_even_in_raw_sql(desk: Desk, database: sqlite3.Connection) -> None:
    review = desk.open_review()
    desk.confirm(review)
    chandra = desk.add_operator("chandra")

    for position in (1, 2, 3):
        with pytest.raises(sqlite3.IntegrityError):
            database.execute(ANSWER, (review, position, chandra.id, "different"))


def test_decision_without_two_answers_is_refused_even_in_raw_sql(desk: Desk, database: sqlite3.Connection) -> None:
    review = desk.open_review()
    desk.answer(review, desk.amina, Answer.SAME)

    with pytest.raises(sqlite3.IntegrityError):
        database.execute(DECISION, (review, desk.amina.id, "same", desk.bimal.id, "same", "confirmed"))


def test_decision_cannot_claim_another_answer_than_was_given(desk: Desk, database: sqlite3.Connection) -> None:
    review = desk.open_review()
    desk.answer(review, desk.amina, Answer.SAME)
    database.execute(ANSWER, (review, 2, desk.bimal.id, "different"))

    with pytest.raises(sqlite3.IntegrityError):
        database.execute(DECISION, (review, desk.amina.id, "same", desk.bimal.id, "same", "confirmed"))


@pytest.mark.parametrize("outcome", ["confirmed", "rejected"])
def test_outcome_cannot_differ_from_what_the_answers_come_to(
    desk: Desk, database: sqlite3.Connection, outcome: str
) -> None:
    review = desk.open_review()
    desk.answer(review, desk.amina, Answer.SAME)
    database.execute(ANSWER, (review, 2, desk.bimal.id, "different"))

    with pytest.raises(sqlite3.IntegrityError):
        database.execute(DECISION, (review, desk.amina.id, "same", desk.bimal.id, "different", outcome))


def test_alert_without_a_decision_is_refused_even_in_raw_sql(desk: Desk, database: sqlite3.Connection) -> None:
    review = desk.open_review()
    desk.answer(review, desk.amina, Answer.SAME)

    with pytest.raises(sqlite3.IntegrityError):
        database.execute(ALERT, (review, "confirmed"))


@pytest.mark.parametrize("claimed", ["confirmed", "rejected"])
def test_alert_for_a_rejected_review_is_refused_even_in_raw_sql(
    desk: Desk, database: sqlite3.Connection, claimed: str
) -> None:
    review = desk.open_review()
    desk.answer(review, desk.amina, Answer.DIFFERENT)
    desk.answer(review, desk.bimal, Answer.DIFFERENT)

    with pytest.raises(sqlite3.IntegrityError):
        database.execute(ALERT, (review, claimed))


CHANGES: list[Callable[[ReviewId], str]] = [
    lambda review: f"UPDATE answers SET answer = 'different' WHERE review_id = '{review}'",
    lambda review: f"DELETE FROM answers WHERE review_id = '{review}'",
    lambda review: (
        f"INSERT OR REPLACE INTO answers SELECT review_id, position, operator_id, 'different', comment, at"
        f" FROM answers WHERE review_id = '{review}'"
    ),
    lambda review: f"UPDATE decisions SET outcome = 'rejected' WHERE review_id = '{review}'",
    lambda review: f"DELETE FROM decisions WHERE review_id = '{review}'",
    lambda review: f"INSERT OR REPLACE INTO decisions SELECT * FROM decisions WHERE review_id = '{review}'",
    lambda review: f"UPDATE reviews SET case_id = 'bd/c-other' WHERE id = '{review}'",
    lambda review: f"DELETE FROM reviews WHERE id = '{review}'",
    lambda review: f"UPDATE alerts SET case_id = 'bd/c-other' WHERE review_id = '{review}'",
    lambda review: f"DELETE FROM alerts WHERE review_id = '{review}'",
]


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_said_and_decided_cannot_be_changed_or_deleted(
    desk: Desk, database: sqlite3.Connection, change: Callable[[ReviewId], str]
) -> None:
    review = desk.open_review()
    desk.confirm(review)

    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        database.execute(change(review))
