"""Rows in every table of a hub's database, whatever its revision: made from the tables as they are."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import Boolean, Column, Connection, Date, Float, Integer, LargeBinary, MetaData, Table, insert
from sqlalchemy.types import TypeEngine

# Where not any value will do: what a constraint, a trigger or a later migration reads. `*`: in every table.
_WORDS: Final[Mapping[tuple[str, str], object]] = {
    ("*", "kind"): "sighting",
    ("*", "outcome"): "confirmed",
    ("*", "sex"): "female",
    ("*", "state"): "open",
    ("*", "site"): "bd/benapole",
    ("*", "role"): "reviewer",
    ("alert_messages", "kind"): "alert",
    ("alerts", "countries"): "in",
    ("alerts", "review_id"): "x",
    ("audit_entries", "action"): "case.registered",
    ("audit_entries", "detail"): "{}",
    ("audit_nodes", "level"): 0,
    ("audit_nodes", "number"): 0,
    ("broadcast_screenings", "screened_by"): 2,
    ("broadcast_screenings", "verdict"): "approved",
    ("case_pairs", "second_id"): "y",
    ("cases", "register"): "missing",
    ("cases", "slice"): "bd/missing",
    ("cases", "status"): "missing",
    ("deliveries", "kind"): "police-desk",
    ("decisions", "second_operator"): 2,
    ("delivery_attempts", "result"): "sent",
    ("alerts", "status"): "Exercise",
    ("erasure_requests", "asked_by"): 1,
    ("operators", "name"): "amina",
    ("recipients", "kind"): "police-desk",
    ("recipients", "language"): "en",
    ("recipients", "reach"): "country",
    ("site_staff", "state"): "active",
    ("site_staff", "sealed_verifier"): b"\1",
    ("unit_health", "report"): b"\1",
    ("watchlist_files", "role"): None,
}
# Of two rows: what differs between them.
_SECOND: Final[Mapping[str, Mapping[str, object]]] = {
    "operators": {"id": 2, "name": "bimal"},
    "claims": {"position": 2, "operator_id": 2},
    "answers": {"position": 2, "operator_id": 2},
    "cases": {"id": "y", "reference_index": b"\2" * 32, "revision": 2},
}
_PLAIN: Final[tuple[tuple[type[TypeEngine[Any]], object], ...]] = (
    (Boolean, True),
    (Integer, 1),
    (Float, 0.5),
    (LargeBinary, b"\1" * 32),
    (Date, date(2026, 11, 22)),
)


def seed(connection: Connection) -> None:
    """Fill every table but those that are made with their rows."""
    metadata = MetaData()
    metadata.reflect(connection)
    tables = metadata.tables
    # What the triggers ask for, and no foreign key says.
    for later, earlier in (("answers", "claims"), ("decisions", "answers"), ("alerts", "decisions")):
        if later in tables and earlier in tables:
            tables[later].add_is_dependent_on(tables[earlier])
    for table in metadata.sorted_tables:
        if table.name != "alembic_version" and connection.execute(table.select()).first() is None:
            for row in _rows(table, "claims" in tables):
                connection.execute(insert(table).values(**row))


def _rows(table: Table, blind: bool) -> Iterator[dict[str, object]]:
    words = dict(_WORDS)
    for name in ("answer", "first_answer", "second_answer"):
        words["*", name] = "identification" if blind else "same"
    first = {column.name: _value(table.name, column, words) for column in table.columns}
    yield first
    if table.name in _SECOND:
        yield {**first, **{name: value for name, value in _SECOND[table.name].items() if name in first}}


def _value(table: str, column: Column[Any], words: Mapping[tuple[str, str], object]) -> object:
    for key in ((table, column.name), ("*", column.name)):
        if key in words:
            return words[key]
    if column.nullable:
        return None
    return next((value for kind, value in _PLAIN if isinstance(column.type, kind)), "x")
