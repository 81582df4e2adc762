"""What makes the database itself keep the rule of two people, beside the keys and checks of the tables.

The migration that creates the tables holds these statements as they were then; a test compares.
"""

from typing import Final

from hub.append_only import append_only, together

# SQLite checks foreign keys only for connections that ask for it. A decision without its two answers is
# refused for every connection, a database administrator's own tool included.
_TWO_ANSWERS: Final = (
    "CREATE TRIGGER decisions_need_two_answers BEFORE INSERT ON decisions"
    " WHEN NOT EXISTS (SELECT 1 FROM answers WHERE review_id = NEW.review_id"
    " AND operator_id = NEW.first_operator AND answer = NEW.first_answer)"
    " OR NOT EXISTS (SELECT 1 FROM answers WHERE review_id = NEW.review_id"
    " AND operator_id = NEW.second_operator AND answer = NEW.second_answer)"
    " BEGIN SELECT RAISE(ABORT, 'a decision needs the answers of two people'); END"
)

TRIGGERS: Final = together(
    append_only("reviews", ("id",), ("sighting_id", "case_id")),
    append_only("answers", ("review_id", "position"), ("review_id", "operator_id")),
    append_only("decisions", ("review_id",)),
    {"sqlite": (_TWO_ANSWERS,)},
)
