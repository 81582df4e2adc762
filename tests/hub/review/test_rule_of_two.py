"""The rule of two people, against someone who writes to the database directly."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from hub.review.model import Answer, ReviewId
from tests.support.databases import new_database
from tests.support.desk import Desk

DECISION = (
    "INSERT INTO decisions (review_id, first_operator, first_answer, second_operator, second_answer, outcome, at)"
    " VALUES (?, ?, ?, ?, ?, ?, 0)"
)
ANSWER = "INSERT INTO answers (review_id, position, operator_id, answer, comment, at) VALUES (?, ?, ?, ?, '00', 0)"
ALERT = (
    "INSERT INTO alerts (id, review_id, outcome, case_id, reference, site, status, raised_at, document)"
    " VALUES ('00', ?, ?, 'bd/c-1', 'R', 'bd/s', 'Actual', 0, '00')"
)


# What a constraint says, and what a trigger says in each database; a statement that is wrong is neither.
REFUSALS = (sqlite3.IntegrityError, psycopg.IntegrityError, psycopg.errors.RaiseException)


@dataclass(frozen=True, slots=True)
class Administrator:
    """A connection as an administrator's own tool would make it: in SQLite without foreign keys unless it asks."""

    connection: Any
    mark: str

    def execute(self, statement: str, values: tuple[object, ...] = ()) -> None:
        self.connection.execute(statement.replace("?", self.mark), values)


@pytest.fixture(params=["sqlite", "sqlite-without-foreign-keys", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database_url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with new_database(kind.partition("-")[0], request, tmp_path) as url:
        yield url


@pytest.fixture
def database(kind: str, database_url: str) -> Iterator[Administrator]:
    if kind == "postgresql":
        with psycopg.connect(database_url, autocommit=True) as connection:
            yield Administrator(connection, "%s")
        return
    with closing(sqlite3.connect(str(make_url(database_url).database), isolation_level=None)) as file:
        file.execute(f"PRAGMA foreign_keys={'ON' if kind == 'sqlite' else 'OFF'}")
        yield Administrator(file, "?")


def test_same_person_cannot_decide_twice_even_in_raw_sql(desk: Desk, database: Administrator) -> None:
    review = desk.open_review()
    desk.answer(review, desk.amina, Answer.SAME)

    with pytest.raises(REFUSALS):
        database.execute(ANSWER, (review, 2, desk.amina.id, "same"))
    with pytest.raises(REFUSALS):
        database.execute(DECISION, (review, desk.amina.id, "same", desk.amina.id, "same", "confirmed"))


def test_third_answer_is_refused_even_in_raw_sql(desk: Desk, database: Administrator) -> None:
    review = desk.open_review()
    desk.confirm(review)
    chandra = desk.add_operator("chandra")

    for position in (1, 2, 3):
        with pytest.raises(REFUSALS):
            database.execute(ANSWER, (review, position, chandra.id, "different"))


def test_decision_without_two_answers_is_refused_even_in_raw_sql(desk: Desk, database: Administrator) -> None:
    review = desk.open_review()
    desk.answer(review, desk.amina, Answer.SAME)

    with pytest.raises(REFUSALS):
        database.execute(DECISION, (review, desk.amina.id, "same", desk.bimal.id, "same", "confirmed"))


def test_decision_cannot_claim_another_answer_than_was_given(desk: Desk, database: Administrator) -> None:
    review = desk.open_review()
    desk.answer(review, desk.amina, Answer.SAME)
    database.execute(ANSWER, (review, 2, desk.bimal.id, "different"))

    with pytest.raises(REFUSALS):
        database.execute(DECISION, (review, desk.amina.id, "same", desk.bimal.id, "same", "confirmed"))


@pytest.mark.parametrize("outcome", ["confirmed", "rejected"])
def test_outcome_cannot_differ_from_what_the_answers_come_to(desk: Desk, database: Administrator, outcome: str) -> None:
    review = desk.open_review()
    desk.answer(review, desk.amina, Answer.SAME)
    database.execute(ANSWER, (review, 2, desk.bimal.id, "different"))

    with pytest.raises(REFUSALS):
        database.execute(DECISION, (review, desk.amina.id, "same", desk.bimal.id, "different", outcome))


def test_alert_without_a_decision_is_refused_even_in_raw_sql(desk: Desk, database: Administrator) -> None:
    review = desk.open_review()
    desk.answer(review, desk.amina, Answer.SAME)

    with pytest.raises(REFUSALS):
        database.execute(ALERT, (review, "confirmed"))


@pytest.mark.parametrize("claimed", ["confirmed", "rejected"])
def test_alert_for_a_rejected_review_is_refused_even_in_raw_sql(
    desk: Desk, database: Administrator, claimed: str
) -> None:
    review = desk.open_review()
    desk.answer(review, desk.amina, Answer.DIFFERENT)
    desk.answer(review, desk.bimal, Answer.DIFFERENT)

    with pytest.raises(REFUSALS):
        database.execute(ALERT, (review, claimed))


CHANGES: list[Callable[[ReviewId], str]] = [
    lambda review: f"UPDATE answers SET answer = 'different' WHERE review_id = '{review}'",
    lambda review: f"DELETE FROM answers WHERE review_id = '{review}'",
    lambda review: f"UPDATE decisions SET outcome = 'rejected' WHERE review_id = '{review}'",
    lambda review: f"DELETE FROM decisions WHERE review_id = '{review}'",
    lambda review: f"UPDATE reviews SET case_id = 'bd/c-other' WHERE id = '{review}'",
    lambda review: f"DELETE FROM reviews WHERE id = '{review}'",
    lambda review: f"UPDATE alerts SET case_id = 'bd/c-other' WHERE review_id = '{review}'",
    lambda review: f"DELETE FROM alerts WHERE review_id = '{review}'",
]


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_said_and_decided_cannot_be_changed_or_deleted(
    desk: Desk, database: Administrator, change: Callable[[ReviewId], str]
) -> None:
    review = desk.open_review()
    desk.confirm(review)

    with pytest.raises(REFUSALS, match="append-only"):
        database.execute(change(review))


REPLACEMENTS: dict[str, tuple[str, ...]] = {
    "sqlite": (
        "INSERT OR REPLACE INTO answers SELECT review_id, position, operator_id, 'different', comment, at FROM answers",
        "INSERT OR REPLACE INTO decisions SELECT * FROM decisions",
    ),
    "postgresql": (
        "INSERT INTO answers SELECT * FROM answers ON CONFLICT (review_id, position) DO UPDATE SET comment = '00'",
        "INSERT INTO decisions SELECT * FROM decisions ON CONFLICT (review_id) DO UPDATE SET outcome = 'rejected'",
        "TRUNCATE answers CASCADE",
        "TRUNCATE reviews CASCADE",
    ),
}


def test_what_was_said_and_decided_cannot_be_replaced(desk: Desk, database: Administrator, kind: str) -> None:
    desk.confirm(desk.open_review())

    for statement in REPLACEMENTS[kind.partition("-")[0]]:
        with pytest.raises(REFUSALS, match="append-only"):
            database.execute(statement)
