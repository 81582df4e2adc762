"""Reviews of the time of three answers: kept, with their alerts; what was not agreed on waits for a senior."""

from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from hub.db import Database
from tests.support.postgres import Postgres

BEFORE = (
    "INSERT INTO operators (id, name, password_hash, added_at) VALUES (1, 'amina', 'x', 7), (2, 'bimal', 'x', 7)",
    (
        "INSERT INTO reviews (id, sighting_id, case_id, photo_id, site, opened_at) VALUES"
        " ('yes', 's1', 'bd/c-1', 'p', 'bd/a', 7), ('doubt', 's2', 'bd/c-1', 'p', 'bd/a', 8),"
        " ('open', 's3', 'bd/c-1', 'p', 'bd/a', 9)"
    ),
    (
        "INSERT INTO answers (review_id, position, operator_id, answer, comment, at) VALUES"
        " ('yes', 1, 1, 'same', '', 7), ('yes', 2, 2, 'same', '', 8),"
        " ('doubt', 1, 2, 'different', '', 7), ('doubt', 2, 1, 'cannot-tell', '', 8)"
    ),
    (
        "INSERT INTO decisions (review_id, first_operator, first_answer, second_operator, second_answer, outcome, at)"
        " VALUES ('yes', 1, 'same', 2, 'same', 'confirmed', 8),"
        " ('doubt', 2, 'different', 1, 'cannot-tell', 'unresolved', 8)"
    ),
    (
        "INSERT INTO alerts (id, review_id, outcome, case_id, reference, site, status, raised_at, document)"
        " VALUES ('a', 'yes', 'confirmed', 'bd/c-1', 'R', 'bd/a', 'Actual', 8, '')"
    ),
)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_answers_and_alerts_of_before_are_lost(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if kind == "sqlite":
        _carry_over(f"sqlite:///{tmp_path / 'hub.sqlite3'}")
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.database(migrated=False) as url:
        _carry_over(url)


def _carry_over(url: str) -> None:
    database = Database(url)
    database.migrate("0005")
    with database.begin() as connection:
        for statement in BEFORE:
            connection.exec_driver_sql(statement)
    database.migrate()
    with database.read() as connection:

        def column(query: str) -> list[object]:
            return list(connection.exec_driver_sql(query).scalars())

        assert column("SELECT answer FROM answers ORDER BY review_id, position") == [
            "exclusion",
            "inconclusive",
            "identification",
            "identification",
        ]
        assert column("SELECT review_id FROM decisions") == ["yes"]
        assert column("SELECT review_id FROM alerts") == ["yes"]
        assert column("SELECT review_id FROM waiting_reviews ORDER BY review_id") == ["doubt", "open"]
        assert len(column("SELECT operator_id FROM claims")) == 4
    with pytest.raises(DBAPIError, match="append-only"), database.begin() as connection:
        connection.exec_driver_sql("UPDATE answers SET answer = 'exclusion'")
    database.close()
