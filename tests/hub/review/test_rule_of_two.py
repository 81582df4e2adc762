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

from hub.access.service import Role
from hub.review.conclusions import Answer
from hub.review.model import ReviewId
from tests.support.databases import new_database
from tests.support.desk import Desk

DECISION = (
    "INSERT INTO decisions (review_id, kind, first_operator, first_answer, second_operator, second_answer, outcome, at)"
    " VALUES (?, 'sighting', ?, ?, ?, ?, ?, 0)"
)
ANSWER = (
    "INSERT INTO answers (review_id, position, operator_id, answer, sealed_checklist, sealed_comment, began_at, at)"
    " VALUES (?, ?, ?, ?, '00', '00', 0, 0)"
)
CLAIM = "INSERT INTO claims (review_id, position, operator_id, claimed_at, expires_at) VALUES (?, ?, ?, 0, 0)"
ALERT = (
    "INSERT INTO alerts (id, review_id, outcome, case_id, reference, site, countries, status, raised_at, held_until)"
    " VALUES ('00', ?, ?, 'bd/c-1', 'R', 'bd/s', '', 'Actual', 0, 0)"
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
    desk.answer(review, desk.amina, Answer.IDENTIFICATION)

    for statement, values in ((CLAIM, ()), (ANSWER, ("identification",))):
        with pytest.raises(REFUSALS):
            database.execute(statement, (review, 2, desk.amina.id, *values))
    with pytest.raises(REFUSALS):
        database.execute(
            DECISION, (review, desk.amina.id, "identification", desk.amina.id, "identification", "confirmed")
        )


def test_third_answer_is_refused_even_in_raw_sql(desk: Desk, database: Administrator) -> None:
    review = desk.open_review()
    desk.confirm(review)
    chandra = desk.add_operator("chandra")

    for position in (1, 2, 3):
        with pytest.raises(REFUSALS):
            database.execute(ANSWER, (review, position, chandra.id, "exclusion"))


def test_decision_without_two_answers_is_refused_even_in_raw_sql(desk: Desk, database: Administrator) -> None:
    review = desk.open_review()
    desk.answer(review, desk.amina, Answer.IDENTIFICATION)

    with pytest.raises(REFUSALS):
        database.execute(
            DECISION, (review, desk.amina.id, "identification", desk.bimal.id, "identification", "confirmed")
        )


def test_decision_cannot_claim_another_answer_than_was_given(desk: Desk, database: Administrator) -> None:
    review = desk.open_review()
    desk.answer(review, desk.amina, Answer.IDENTIFICATION)
    database.execute(CLAIM, (review, 2, desk.bimal.id))
    database.execute(ANSWER, (review, 2, desk.bimal.id, "exclusion"))

    with pytest.raises(REFUSALS):
        database.execute(
            DECISION, (review, desk.amina.id, "identification", desk.bimal.id, "identification", "confirmed")
        )


@pytest.mark.parametrize("outcome", ["confirmed", "rejected"])
def test_outcome_cannot_differ_from_what_the_answers_come_to(desk: Desk, database: Administrator, outcome: str) -> None:
    review = desk.open_review()
    desk.answer(review, desk.amina, Answer.IDENTIFICATION)
    database.execute(CLAIM, (review, 2, desk.bimal.id))
    database.execute(ANSWER, (review, 2, desk.bimal.id, "exclusion"))

    with pytest.raises(REFUSALS):
        database.execute(DECISION, (review, desk.amina.id, "identification", desk.bimal.id, "exclusion", outcome))


def test_alert_without_a_decision_is_refused_even_in_raw_sql(desk: Desk, database: Administrator) -> None:
    review = desk.open_review()
    desk.answer(review, desk.amina, Answer.IDENTIFICATION)

    with pytest.raises(REFUSALS):
        database.execute(ALERT, (review, "confirmed"))


@pytest.mark.parametrize("claimed", ["confirmed", "rejected"])
def test_alert_for_a_rejected_review_is_refused_even_in_raw_sql(
    desk: Desk, database: Administrator, claimed: str
) -> None:
    review = desk.open_review()
    desk.answer(review, desk.amina, Answer.EXCLUSION)
    desk.answer(review, desk.bimal, Answer.EXCLUSION)

    with pytest.raises(REFUSALS):
        database.execute(ALERT, (review, claimed))


CHANGES: list[Callable[[ReviewId], str]] = [
    lambda review: f"UPDATE answers SET answer = 'exclusion' WHERE review_id = '{review}'",
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
        "INSERT OR REPLACE INTO answers SELECT * FROM answers",
        "INSERT OR REPLACE INTO decisions SELECT * FROM decisions",
    ),
    "postgresql": (
        "INSERT INTO answers SELECT * FROM answers ON CONFLICT (review_id, position) DO UPDATE SET at = 0",
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


@pytest.mark.parametrize("who", ["amina", "bimal"])
def test_one_of_the_two_cannot_be_their_senior_even_in_raw_sql(desk: Desk, database: Administrator, who: str) -> None:
    review = disputed(desk)
    operator = {"amina": desk.amina, "bimal": desk.bimal}[who]

    with pytest.raises(REFUSALS):
        database.execute(CLAIM, (review, 3, operator.id))
    with pytest.raises(REFUSALS):
        database.execute(ANSWER, (review, 3, operator.id, "identification"))


def test_two_who_do_not_agree_decide_nothing_without_a_senior_even_in_raw_sql(
    desk: Desk, database: Administrator
) -> None:
    review = disputed(desk)

    with pytest.raises(REFUSALS):
        database.execute(DECISION, (review, desk.amina.id, "identification", desk.bimal.id, "exclusion", "unresolved"))


def test_senior_s_answer_before_or_after_its_time_is_refused_even_in_raw_sql(
    desk: Desk, database: Administrator
) -> None:
    chandra = desk.add_operator("chandra", Role.SENIOR_REVIEWER)
    early, late = desk.open_review(), desk.open_review()
    desk.answer(early, desk.amina, Answer.IDENTIFICATION)
    desk.confirm(late)

    for review in (early, late):
        database.execute(CLAIM, (review, 3, chandra.id))
        with pytest.raises(REFUSALS):
            database.execute(ANSWER, (review, 3, chandra.id, "identification"))


def test_answer_without_a_claim_is_refused_even_in_raw_sql(desk: Desk, database: Administrator) -> None:
    review = desk.open_review()
    desk.take(review, desk.amina)

    with pytest.raises(REFUSALS):
        database.execute(ANSWER, (review, 1, desk.bimal.id, "identification"))


def test_half_that_somebody_holds_or_has_answered_cannot_be_claimed_even_in_raw_sql(
    desk: Desk, database: Administrator
) -> None:
    review = desk.open_review()
    desk.answer(review, desk.amina, Answer.IDENTIFICATION)
    desk.take(review, desk.bimal)
    chandra = desk.add_operator("chandra")

    for position in (1, 2):
        with pytest.raises(REFUSALS):
            database.execute(CLAIM, (review, position, chandra.id))
    with pytest.raises(REFUSALS):
        database.execute("UPDATE claims SET operator_id = ? WHERE review_id = ? AND position = 1", (chandra.id, review))
    with pytest.raises(REFUSALS):
        database.execute("DELETE FROM claims WHERE review_id = ? AND position = 1", (review,))


def test_control_pair_is_never_decided_nor_raises_an_alert_even_in_raw_sql(desk: Desk, database: Administrator) -> None:
    database.execute(
        "INSERT INTO reviews (id, kind, source, probe, probe_photo, case_id, photo_id, pack, site, urgency, opened_at,"
        " due_at) VALUES ('c0', 'control', 'c0', 'p', '', '', '', '', 'bd/s', 'soon', 0, 0)"
    )
    for position, operator in ((1, desk.amina), (2, desk.bimal)):
        database.execute(CLAIM, ("c0", position, operator.id))
        database.execute(ANSWER, ("c0", position, operator.id, "identification"))
    agreed = (desk.amina.id, "identification", desk.bimal.id, "identification", "confirmed")

    for kind in ("sighting", "control"):
        with pytest.raises(REFUSALS):
            database.execute(DECISION.replace("'sighting'", f"'{kind}'"), ("c0", *agreed))
    with pytest.raises(REFUSALS):
        database.execute(ALERT, ("c0", "confirmed"))


def disputed(desk: Desk) -> ReviewId:
    """A review on which amina and bimal do not agree."""
    review = desk.open_review()
    desk.answer(review, desk.amina, Answer.IDENTIFICATION)
    desk.answer(review, desk.bimal, Answer.EXCLUSION)
    return review
