"""What makes the database itself refuse an alert that rests on nothing, and keep the ledger whole.

The migration that creates the tables holds these statements as they were then; a test compares.
"""

from typing import Final

from hub.append_only import append_only, together

_RESTS: Final = (
    "(NEW.review_id IS NOT NULL AND EXISTS"
    " (SELECT 1 FROM decisions WHERE review_id = NEW.review_id AND outcome = 'confirmed'))"
    " OR (NEW.broadcast_id IS NOT NULL AND EXISTS"
    " (SELECT 1 FROM broadcast_screenings WHERE broadcast_id = NEW.broadcast_id AND verdict = 'approved'))"
)
_SAME_PERSON: Final = (
    "EXISTS (SELECT 1 FROM broadcasts WHERE id = NEW.broadcast_id AND proposed_by = NEW.screened_by)"
    " OR NOT EXISTS (SELECT 1 FROM broadcasts WHERE id = NEW.broadcast_id)"
)


def _guard(name: str, table: str, refused: str, says: str) -> dict[str, tuple[str, ...]]:
    body = f"BEGIN IF {refused} THEN RAISE EXCEPTION '{says}'; END IF; RETURN NEW; END"
    return {
        "sqlite": (
            f"CREATE TRIGGER {name} BEFORE INSERT ON {table} WHEN {refused} BEGIN SELECT RAISE(ABORT, '{says}'); END",
        ),
        "postgresql": (
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
            f"CREATE TRIGGER {name} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
        ),
    }


# As for decisions: refused for every connection, also one that does not check foreign keys.
TRIGGERS: Final = together(
    append_only("broadcasts", ("id",)),
    append_only("broadcast_screenings", ("broadcast_id",)),
    append_only("alerts", ("id",), ("review_id",), ("broadcast_id",)),
    append_only("alert_messages", ("id",), ("alert_id", "kind", "number")),
    append_only("alert_publications", ("message_id",)),
    append_only("delivery_attempts", ("message_id", "recipient", "number")),
    append_only("acknowledgements", ("message_id", "recipient")),
    _guard(
        "alerts_rest_on_two_people", "alerts", f"NOT ({_RESTS})", "an alert needs a confirmed decision or a screening"
    ),
    _guard("screenings_by_another_person", "broadcast_screenings", _SAME_PERSON, "a screening needs another person"),
)
