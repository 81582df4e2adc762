"""What makes the database itself refuse an alert without a confirmed decision, and keep the ledger whole.

The migration that creates the tables holds these statements as they were then; a test compares.
"""

from typing import Final

from hub.append_only import append_only, together

# As for decisions: refused for every connection, also one that does not check foreign keys.
_CONFIRMED: Final = (
    "CREATE TRIGGER alerts_need_a_confirmed_decision BEFORE INSERT ON alerts"
    " WHEN NOT EXISTS (SELECT 1 FROM decisions WHERE review_id = NEW.review_id AND outcome = 'confirmed')"
    " BEGIN SELECT RAISE(ABORT, 'an alert needs a confirmed decision'); END"
)

TRIGGERS: Final = together(
    append_only("alerts", ("id",), ("review_id",)),
    append_only("alert_publications", ("alert_id",)),
    append_only("delivery_attempts", ("alert_id", "recipient", "number")),
    {"sqlite": (_CONFIRMED,)},
)
