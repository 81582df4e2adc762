"""What makes the database itself keep the rule of two people, beside the keys and checks of the tables.

The migration that creates the tables holds these statements as they were then; a test compares.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from hub.append_only import append_only, append_only_but_words, together


def _guard(name: str, when: str, refused: str, says: str) -> dict[str, tuple[str, ...]]:
    """A trigger that refuses rows for which `refused` holds, in both languages; `when`: `INSERT ON answers`."""
    call = f"BEFORE {when} FOR EACH ROW EXECUTE FUNCTION {name}()"
    returned = "OLD" if when.startswith("DELETE") else "NEW"
    body = f"BEGIN IF {refused} THEN RAISE EXCEPTION '{says}'; END IF; RETURN {returned}; END"
    return {
        "sqlite": (f"CREATE TRIGGER {name} BEFORE {when} WHEN {refused} BEGIN SELECT RAISE(ABORT, '{says}'); END",),
        "postgresql": (
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
            f"CREATE TRIGGER {name} {call}",
        ),
    }


def _answer(place: str) -> str:
    same = f"operator_id = NEW.{place}_operator AND answer = NEW.{place}_answer"
    return f"EXISTS (SELECT 1 FROM answers WHERE review_id = NEW.review_id AND {same})"  # noqa: S608 - our own names


_EARLIER: Final = "(SELECT count(*) FROM answers WHERE review_id = NEW.review_id AND position IN (1, 2))"
_CONTROL: Final = "EXISTS (SELECT 1 FROM reviews WHERE id = NEW.review_id AND kind = 'control')"

_DECIDED: Final = "EXISTS (SELECT 1 FROM decisions WHERE review_id = NEW.review_id)"

# SQLite checks foreign keys only for connections that ask for it. What they would refuse is refused here for every
# connection, a database administrator's own tool included.
_GUARDS: Final[Sequence[Mapping[str, Sequence[str]]]] = (
    _guard(
        "decisions_need_two_answers",
        "INSERT ON decisions",
        f"NOT {_answer('first')} OR NOT {_answer('second')}",
        "a decision needs the answers of two people",
    ),
    _guard("decisions_of_no_control", "INSERT ON decisions", _CONTROL, "a control pair is never decided"),
    _guard(
        "decisions_unresolved_by_a_senior",
        "INSERT ON decisions",
        "NEW.outcome = 'unresolved' AND NOT EXISTS"
        " (SELECT 1 FROM answers WHERE review_id = NEW.review_id AND position = 3)",
        "two people who do not agree need a senior",
    ),
    _guard(
        "answers_need_a_claim",
        "INSERT ON answers",
        "NOT EXISTS (SELECT 1 FROM claims WHERE review_id = NEW.review_id AND position = NEW.position"
        " AND operator_id = NEW.operator_id)",
        "an answer needs its claim",
    ),
    _guard(
        "answers_of_a_senior_come_third",
        "INSERT ON answers",
        f"NEW.position = 3 AND ({_EARLIER} <> 2 OR {_CONTROL} OR {_DECIDED})",
        "a senior answers after two people who do not agree",
    ),
    _guard(
        "claims_stay_with_their_answer",
        "UPDATE ON claims",
        "NEW.operator_id <> OLD.operator_id AND EXISTS (SELECT 1 FROM answers"
        " WHERE review_id = OLD.review_id AND position = OLD.position)",
        "this half has been answered",
    ),
    _guard(
        "claims_are_kept_with_their_answer",
        "DELETE ON claims",
        "EXISTS (SELECT 1 FROM answers WHERE review_id = OLD.review_id AND position = OLD.position)",
        "this half has been answered",
    ),
)

TRIGGERS: Final = together(
    append_only("reviews", ("id",), ("source", "case_id", "photo_id", "pack")),
    append_only_but_words(
        "answers",
        ("review_id", "position", "operator_id", "answer", "began_at", "at"),
        ("sealed_checklist", "sealed_comment"),
        ("review_id", "position"),
        ("review_id", "operator_id"),
    ),
    append_only("decisions", ("review_id",)),
    append_only_but_words(
        "remarks",
        ("review_id", "operator_id", "number", "at"),
        ("sealed_text",),
        ("review_id", "operator_id", "number"),
    ),
    append_only("control_reviews", ("review_id",)),
    *_GUARDS,
)
