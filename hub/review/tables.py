"""The tables of reviews. The rule of two people is in their keys, checks and triggers; `sealed_…` is encrypted."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from hub.db import metadata

SAME = "('identification', 'support-same')"
DIFFERENT = "('support-different', 'exclusion')"

reviews = Table(
    "reviews",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("source", String(32), nullable=False, index=True),  # sighting or register match; a control is its own
    Column("probe", String(300), nullable=False),
    Column("probe_photo", String(16), nullable=False),
    Column("case_id", String(130), nullable=False, index=True),
    Column("photo_id", String(16), nullable=False),
    Column("pack", String(64), nullable=False),
    Column("site", String(130), nullable=False, server_default=""),  # of the child; none: shown to the whole hub alone
    Column("urgency", String(16), nullable=False),
    Column("opened_at", BigInteger, nullable=False, index=True),
    Column("due_at", BigInteger, nullable=False),
    Column("earlier", String(16), ForeignKey("reviews.id")),
    Column("evidence", String(16)),
    UniqueConstraint("source", "case_id", "photo_id", "pack"),
    UniqueConstraint("id", "kind"),  # what a decision refers to
    CheckConstraint("kind IN ('sighting', 'register', 'control')", name="kind"),
    CheckConstraint("(earlier IS NULL) = (evidence IS NULL)", name="evidence"),
)

# What has no end yet. Rows come and go with the reviews' beginning and end, so that no queue reads the past.
waiting_reviews = Table(
    "waiting_reviews",
    metadata,
    Column("review_id", String(16), ForeignKey("reviews.id"), primary_key=True),
    Column("due_at", BigInteger, nullable=False, index=True),
)

claims = Table(
    "claims",
    metadata,
    Column("review_id", String(16), ForeignKey("reviews.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("operator_id", Integer, ForeignKey("operators.id"), nullable=False),
    Column("claimed_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    UniqueConstraint("review_id", "operator_id"),
    UniqueConstraint("review_id", "position", "operator_id"),  # what an answer refers to
    CheckConstraint("position IN (1, 2, 3)", name="position"),
)

answers = Table(
    "answers",
    metadata,
    Column("review_id", String(16), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("operator_id", Integer, ForeignKey("operators.id"), nullable=False),
    Column("answer", String(20), nullable=False),
    Column("sealed_checklist", LargeBinary, nullable=False),
    Column("sealed_comment", LargeBinary, nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    ForeignKeyConstraint(
        ["review_id", "position", "operator_id"], ["claims.review_id", "claims.position", "claims.operator_id"]
    ),
    UniqueConstraint("review_id", "operator_id"),
    UniqueConstraint("review_id", "operator_id", "answer"),  # what a decision refers to
    CheckConstraint("position IN (1, 2, 3)", name="position"),
    CheckConstraint(f"answer IN {SAME} OR answer IN {DIFFERENT} OR answer = 'inconclusive'", name="answer"),
)

remarks = Table(
    "remarks",
    metadata,
    Column("review_id", String(16), primary_key=True),
    Column("operator_id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sealed_text", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    # Only somebody who has answered has read what there is to remark on.
    ForeignKeyConstraint(["review_id", "operator_id"], ["answers.review_id", "answers.operator_id"]),
)

decisions = Table(
    "decisions",
    metadata,
    Column("review_id", String(16), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("first_operator", Integer, nullable=False),
    Column("first_answer", String(20), nullable=False),
    Column("second_operator", Integer, nullable=False),
    Column("second_answer", String(20), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
    ForeignKeyConstraint(["review_id", "kind"], ["reviews.id", "reviews.kind"]),
    ForeignKeyConstraint(
        ["review_id", "first_operator", "first_answer"],
        ["answers.review_id", "answers.operator_id", "answers.answer"],
    ),
    ForeignKeyConstraint(
        ["review_id", "second_operator", "second_answer"],
        ["answers.review_id", "answers.operator_id", "answers.answer"],
    ),
    UniqueConstraint("review_id", "outcome"),  # what an alert refers to
    CheckConstraint("first_operator <> second_operator", name="two_people"),
    # A control pair is never decided, so that no alert can refer to one.
    CheckConstraint("kind IN ('sighting', 'register')", name="no_control"),
    CheckConstraint(
        "outcome = CASE"
        f" WHEN first_answer IN {SAME} AND second_answer IN {SAME}"
        " AND 'identification' IN (first_answer, second_answer) THEN 'confirmed'"
        f" WHEN first_answer IN {DIFFERENT} AND second_answer IN {DIFFERENT} THEN 'rejected'"
        " ELSE 'unresolved' END",
        name="outcome_follows",
    ),
)

drafts = Table(
    "drafts",
    metadata,
    Column("review_id", String(16), ForeignKey("reviews.id"), primary_key=True),
    Column("operator_id", Integer, ForeignKey("operators.id"), primary_key=True, autoincrement=False),
    Column("sealed_draft", LargeBinary, nullable=False),
    Column("saved_at", BigInteger, nullable=False),
)

face_views = Table(
    "face_views",
    metadata,
    Column("review_id", String(16), ForeignKey("reviews.id"), primary_key=True),
    Column("operator_id", Integer, ForeignKey("operators.id"), primary_key=True, autoincrement=False),
    Column("purpose", String(16), primary_key=True),
    Column("noted_at", BigInteger, nullable=False),
)

control_pairs = Table(
    "control_pairs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("same", Boolean, nullable=False),
    Column("sex", String(16), nullable=False),
    Column("age_band", String(8), nullable=False),
    Column("born_from", Integer, nullable=False),  # months since the year 0
    Column("born_to", Integer, nullable=False),
    Column("taken", Date),
    Column("doubt", String(40)),
    Column("origin", String(200), nullable=False),  # whose photographs they are and on what terms
    Column("sealed_probe", LargeBinary, nullable=False),
    Column("sealed_reference", LargeBinary, nullable=False),
    Column("sealed_original", LargeBinary, nullable=False),
    Column("added_at", BigInteger, nullable=False),
    Column("retired_at", BigInteger),
)

# What a control pair says of itself, so that it looks like any other review.
control_reviews = Table(
    "control_reviews",
    metadata,
    Column("review_id", String(16), ForeignKey("reviews.id"), primary_key=True),
    Column("pair_id", String(32), ForeignKey("control_pairs.id"), nullable=False, index=True),
    Column("reference", String(16), nullable=False),
    Column("unit", String(130), nullable=False),
    Column("captured_at", BigInteger, nullable=False),
)
