"""Review: claims with leases, checklists, the five steps, senior decisions, control pairs."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

# What each answer of three steps is on the scale of five.
_STEP = "CASE {} WHEN 'same' THEN 'identification' WHEN 'different' THEN 'exclusion' ELSE 'inconclusive' END"

_REBUILT = ("decisions", "answers", "reviews")

TRIGGERS = {
    "sqlite": (
        "CREATE TRIGGER reviews_no_update BEFORE UPDATE ON reviews BEGIN SELECT RAISE(ABORT, 'reviews is append-only'); END",
        "CREATE TRIGGER reviews_no_delete BEFORE DELETE ON reviews BEGIN SELECT RAISE(ABORT, 'reviews is append-only'); END",
        "CREATE TRIGGER reviews_no_replace BEFORE INSERT ON reviews WHEN EXISTS (SELECT 1 FROM reviews WHERE (id = NEW.id) OR (source = NEW.source AND case_id = NEW.case_id AND photo_id = NEW.photo_id AND pack = NEW.pack)) BEGIN SELECT RAISE(ABORT, 'reviews is append-only'); END",
        "CREATE TRIGGER answers_no_update BEFORE UPDATE ON answers BEGIN SELECT RAISE(ABORT, 'answers is append-only'); END",
        "CREATE TRIGGER answers_no_delete BEFORE DELETE ON answers BEGIN SELECT RAISE(ABORT, 'answers is append-only'); END",
        "CREATE TRIGGER answers_no_replace BEFORE INSERT ON answers WHEN EXISTS (SELECT 1 FROM answers WHERE (review_id = NEW.review_id AND position = NEW.position) OR (review_id = NEW.review_id AND operator_id = NEW.operator_id)) BEGIN SELECT RAISE(ABORT, 'answers is append-only'); END",
        "CREATE TRIGGER decisions_no_update BEFORE UPDATE ON decisions BEGIN SELECT RAISE(ABORT, 'decisions is append-only'); END",
        "CREATE TRIGGER decisions_no_delete BEFORE DELETE ON decisions BEGIN SELECT RAISE(ABORT, 'decisions is append-only'); END",
        "CREATE TRIGGER decisions_no_replace BEFORE INSERT ON decisions WHEN EXISTS (SELECT 1 FROM decisions WHERE (review_id = NEW.review_id)) BEGIN SELECT RAISE(ABORT, 'decisions is append-only'); END",
        "CREATE TRIGGER remarks_no_update BEFORE UPDATE ON remarks BEGIN SELECT RAISE(ABORT, 'remarks is append-only'); END",
        "CREATE TRIGGER remarks_no_delete BEFORE DELETE ON remarks BEGIN SELECT RAISE(ABORT, 'remarks is append-only'); END",
        "CREATE TRIGGER remarks_no_replace BEFORE INSERT ON remarks WHEN EXISTS (SELECT 1 FROM remarks WHERE (review_id = NEW.review_id AND operator_id = NEW.operator_id AND number = NEW.number)) BEGIN SELECT RAISE(ABORT, 'remarks is append-only'); END",
        "CREATE TRIGGER control_reviews_no_update BEFORE UPDATE ON control_reviews BEGIN SELECT RAISE(ABORT, 'control_reviews is append-only'); END",
        "CREATE TRIGGER control_reviews_no_delete BEFORE DELETE ON control_reviews BEGIN SELECT RAISE(ABORT, 'control_reviews is append-only'); END",
        "CREATE TRIGGER control_reviews_no_replace BEFORE INSERT ON control_reviews WHEN EXISTS (SELECT 1 FROM control_reviews WHERE (review_id = NEW.review_id)) BEGIN SELECT RAISE(ABORT, 'control_reviews is append-only'); END",
        "CREATE TRIGGER decisions_need_two_answers BEFORE INSERT ON decisions WHEN NOT EXISTS (SELECT 1 FROM answers WHERE review_id = NEW.review_id AND operator_id = NEW.first_operator AND answer = NEW.first_answer) OR NOT EXISTS (SELECT 1 FROM answers WHERE review_id = NEW.review_id AND operator_id = NEW.second_operator AND answer = NEW.second_answer) BEGIN SELECT RAISE(ABORT, 'a decision needs the answers of two people'); END",
        "CREATE TRIGGER decisions_of_no_control BEFORE INSERT ON decisions WHEN EXISTS (SELECT 1 FROM reviews WHERE id = NEW.review_id AND kind = 'control') BEGIN SELECT RAISE(ABORT, 'a control pair is never decided'); END",
        "CREATE TRIGGER decisions_unresolved_by_a_senior BEFORE INSERT ON decisions WHEN NEW.outcome = 'unresolved' AND NOT EXISTS (SELECT 1 FROM answers WHERE review_id = NEW.review_id AND position = 3) BEGIN SELECT RAISE(ABORT, 'two people who do not agree need a senior'); END",
        "CREATE TRIGGER answers_need_a_claim BEFORE INSERT ON answers WHEN NOT EXISTS (SELECT 1 FROM claims WHERE review_id = NEW.review_id AND position = NEW.position AND operator_id = NEW.operator_id) BEGIN SELECT RAISE(ABORT, 'an answer needs its claim'); END",
        "CREATE TRIGGER answers_of_a_senior_come_third BEFORE INSERT ON answers WHEN NEW.position = 3 AND ((SELECT count(*) FROM answers WHERE review_id = NEW.review_id AND position IN (1, 2)) <> 2 OR EXISTS (SELECT 1 FROM reviews WHERE id = NEW.review_id AND kind = 'control') OR EXISTS (SELECT 1 FROM decisions WHERE review_id = NEW.review_id)) BEGIN SELECT RAISE(ABORT, 'a senior answers after two people who do not agree'); END",
        "CREATE TRIGGER claims_stay_with_their_answer BEFORE UPDATE ON claims WHEN NEW.operator_id <> OLD.operator_id AND EXISTS (SELECT 1 FROM answers WHERE review_id = OLD.review_id AND position = OLD.position) BEGIN SELECT RAISE(ABORT, 'this half has been answered'); END",
        "CREATE TRIGGER claims_are_kept_with_their_answer BEFORE DELETE ON claims WHEN EXISTS (SELECT 1 FROM answers WHERE review_id = OLD.review_id AND position = OLD.position) BEGIN SELECT RAISE(ABORT, 'this half has been answered'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION reviews_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'reviews is append-only'; END $$",
        "CREATE TRIGGER reviews_no_change BEFORE UPDATE OR DELETE ON reviews FOR EACH ROW EXECUTE FUNCTION reviews_refuse()",
        "CREATE TRIGGER reviews_no_truncate BEFORE TRUNCATE ON reviews FOR EACH STATEMENT EXECUTE FUNCTION reviews_refuse()",
        "CREATE FUNCTION answers_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'answers is append-only'; END $$",
        "CREATE TRIGGER answers_no_change BEFORE UPDATE OR DELETE ON answers FOR EACH ROW EXECUTE FUNCTION answers_refuse()",
        "CREATE TRIGGER answers_no_truncate BEFORE TRUNCATE ON answers FOR EACH STATEMENT EXECUTE FUNCTION answers_refuse()",
        "CREATE FUNCTION decisions_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'decisions is append-only'; END $$",
        "CREATE TRIGGER decisions_no_change BEFORE UPDATE OR DELETE ON decisions FOR EACH ROW EXECUTE FUNCTION decisions_refuse()",
        "CREATE TRIGGER decisions_no_truncate BEFORE TRUNCATE ON decisions FOR EACH STATEMENT EXECUTE FUNCTION decisions_refuse()",
        "CREATE FUNCTION remarks_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'remarks is append-only'; END $$",
        "CREATE TRIGGER remarks_no_change BEFORE UPDATE OR DELETE ON remarks FOR EACH ROW EXECUTE FUNCTION remarks_refuse()",
        "CREATE TRIGGER remarks_no_truncate BEFORE TRUNCATE ON remarks FOR EACH STATEMENT EXECUTE FUNCTION remarks_refuse()",
        "CREATE FUNCTION control_reviews_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'control_reviews is append-only'; END $$",
        "CREATE TRIGGER control_reviews_no_change BEFORE UPDATE OR DELETE ON control_reviews FOR EACH ROW EXECUTE FUNCTION control_reviews_refuse()",
        "CREATE TRIGGER control_reviews_no_truncate BEFORE TRUNCATE ON control_reviews FOR EACH STATEMENT EXECUTE FUNCTION control_reviews_refuse()",
        "CREATE FUNCTION decisions_need_two_answers() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM answers WHERE review_id = NEW.review_id AND operator_id = NEW.first_operator AND answer = NEW.first_answer) OR NOT EXISTS (SELECT 1 FROM answers WHERE review_id = NEW.review_id AND operator_id = NEW.second_operator AND answer = NEW.second_answer) THEN RAISE EXCEPTION 'a decision needs the answers of two people'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER decisions_need_two_answers BEFORE INSERT ON decisions FOR EACH ROW EXECUTE FUNCTION decisions_need_two_answers()",
        "CREATE FUNCTION decisions_of_no_control() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM reviews WHERE id = NEW.review_id AND kind = 'control') THEN RAISE EXCEPTION 'a control pair is never decided'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER decisions_of_no_control BEFORE INSERT ON decisions FOR EACH ROW EXECUTE FUNCTION decisions_of_no_control()",
        "CREATE FUNCTION decisions_unresolved_by_a_senior() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.outcome = 'unresolved' AND NOT EXISTS (SELECT 1 FROM answers WHERE review_id = NEW.review_id AND position = 3) THEN RAISE EXCEPTION 'two people who do not agree need a senior'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER decisions_unresolved_by_a_senior BEFORE INSERT ON decisions FOR EACH ROW EXECUTE FUNCTION decisions_unresolved_by_a_senior()",
        "CREATE FUNCTION answers_need_a_claim() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM claims WHERE review_id = NEW.review_id AND position = NEW.position AND operator_id = NEW.operator_id) THEN RAISE EXCEPTION 'an answer needs its claim'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER answers_need_a_claim BEFORE INSERT ON answers FOR EACH ROW EXECUTE FUNCTION answers_need_a_claim()",
        "CREATE FUNCTION answers_of_a_senior_come_third() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.position = 3 AND ((SELECT count(*) FROM answers WHERE review_id = NEW.review_id AND position IN (1, 2)) <> 2 OR EXISTS (SELECT 1 FROM reviews WHERE id = NEW.review_id AND kind = 'control') OR EXISTS (SELECT 1 FROM decisions WHERE review_id = NEW.review_id)) THEN RAISE EXCEPTION 'a senior answers after two people who do not agree'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER answers_of_a_senior_come_third BEFORE INSERT ON answers FOR EACH ROW EXECUTE FUNCTION answers_of_a_senior_come_third()",
        "CREATE FUNCTION claims_stay_with_their_answer() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.operator_id <> OLD.operator_id AND EXISTS (SELECT 1 FROM answers WHERE review_id = OLD.review_id AND position = OLD.position) THEN RAISE EXCEPTION 'this half has been answered'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER claims_stay_with_their_answer BEFORE UPDATE ON claims FOR EACH ROW EXECUTE FUNCTION claims_stay_with_their_answer()",
        "CREATE FUNCTION claims_are_kept_with_their_answer() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM answers WHERE review_id = OLD.review_id AND position = OLD.position) THEN RAISE EXCEPTION 'this half has been answered'; END IF; RETURN OLD; END $$",
        "CREATE TRIGGER claims_are_kept_with_their_answer BEFORE DELETE ON claims FOR EACH ROW EXECUTE FUNCTION claims_are_kept_with_their_answer()",
    ),
}


def upgrade() -> None:
    sqlite = op.get_context().dialect.name == "sqlite"
    _put_aside(sqlite=sqlite)
    _tables()
    _take_over(empty="x''" if sqlite else "CAST('' AS BYTEA)")
    if not sqlite:
        op.create_foreign_key(
            "fk_alerts_review_id_outcome_decisions",
            "alerts",
            "decisions",
            ["review_id", "outcome"],
            ["review_id", "outcome"],
        )
    for statement in TRIGGERS[op.get_context().dialect.name]:
        op.execute(statement)


def _put_aside(*, sqlite: bool) -> None:
    # With a table go its triggers, which would refuse the change. The references of alerts are whole again at the end.
    if sqlite:
        op.execute("PRAGMA defer_foreign_keys=ON")
    else:
        op.drop_constraint("fk_alerts_review_id_outcome_decisions", "alerts", type_="foreignkey")
    op.drop_table("face_views")
    for name in _REBUILT:
        op.execute(f"CREATE TEMPORARY TABLE old_{name} AS SELECT * FROM {name}")
        op.drop_table(name)
        if not sqlite:
            op.execute(f"DROP FUNCTION {name}_refuse()")


def _take_over(*, empty: str) -> None:
    op.execute(
        "INSERT INTO reviews (id, kind, source, probe, probe_photo, case_id, photo_id, pack, site, urgency, opened_at,"
        " due_at) SELECT id, 'sighting', sighting_id, sighting_id, '', case_id, photo_id, '', site, 'ordinary',"
        " opened_at, opened_at + 43200000 FROM old_reviews"
    )
    op.execute(
        "INSERT INTO claims (review_id, position, operator_id, claimed_at, expires_at)"
        " SELECT review_id, position, operator_id, at, at FROM old_answers"
    )
    op.execute(
        "INSERT INTO answers (review_id, position, operator_id, answer, sealed_checklist, sealed_comment, began_at, at)"
        f" SELECT review_id, position, operator_id, {_STEP.format('answer')}, {empty}, comment, at, at"
        " FROM old_answers"
    )
    # What two people did not agree on waits for a senior from now on.
    op.execute(
        "INSERT INTO decisions (review_id, kind, first_operator, first_answer, second_operator, second_answer, outcome,"
        f" at) SELECT review_id, 'sighting', first_operator, {_STEP.format('first_answer')}, second_operator,"
        f" {_STEP.format('second_answer')}, outcome, at FROM old_decisions WHERE outcome <> 'unresolved'"
    )
    op.execute(
        "INSERT INTO waiting_reviews (review_id, due_at) SELECT id, due_at FROM reviews"
        " WHERE NOT EXISTS (SELECT 1 FROM decisions WHERE decisions.review_id = reviews.id)"
    )
    for name in _REBUILT:
        op.execute(f"DROP TABLE old_{name}")


def _tables() -> None:
    _reviews()
    _answers()
    _beside()
    _controls()


def _reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("probe", sa.String(length=300), nullable=False),
        sa.Column("probe_photo", sa.String(length=16), nullable=False),
        sa.Column("case_id", sa.String(length=130), nullable=False),
        sa.Column("photo_id", sa.String(length=16), nullable=False),
        sa.Column("pack", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=130), server_default="", nullable=False),
        sa.Column("urgency", sa.String(length=16), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("earlier", sa.String(length=16), nullable=True),
        sa.Column("evidence", sa.String(length=16), nullable=True),
        sa.CheckConstraint("kind IN ('sighting', 'register', 'control')", name=op.f("ck_reviews_kind")),
        sa.CheckConstraint("(earlier IS NULL) = (evidence IS NULL)", name=op.f("ck_reviews_evidence")),
        sa.ForeignKeyConstraint(["earlier"], ["reviews.id"], name=op.f("fk_reviews_earlier_reviews")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("id", "kind", name=op.f("uq_reviews_id_kind")),
        sa.UniqueConstraint(
            "source", "case_id", "photo_id", "pack", name=op.f("uq_reviews_source_case_id_photo_id_pack")
        ),
    )
    op.create_index(op.f("ix_reviews_case_id"), "reviews", ["case_id"], unique=False)
    op.create_index(op.f("ix_reviews_opened_at"), "reviews", ["opened_at"], unique=False)
    op.create_index(op.f("ix_reviews_source"), "reviews", ["source"], unique=False)
    op.create_table(
        "waiting_reviews",
        sa.Column("review_id", sa.String(length=16), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name=op.f("fk_waiting_reviews_review_id_reviews")),
        sa.PrimaryKeyConstraint("review_id", name=op.f("pk_waiting_reviews")),
    )
    op.create_index(op.f("ix_waiting_reviews_due_at"), "waiting_reviews", ["due_at"], unique=False)
    op.create_table(
        "claims",
        sa.Column("review_id", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("claimed_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("position IN (1, 2, 3)", name=op.f("ck_claims_position")),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name=op.f("fk_claims_operator_id_operators")),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name=op.f("fk_claims_review_id_reviews")),
        sa.PrimaryKeyConstraint("review_id", "position", name=op.f("pk_claims")),
        sa.UniqueConstraint("review_id", "operator_id", name=op.f("uq_claims_review_id_operator_id")),
        sa.UniqueConstraint(
            "review_id", "position", "operator_id", name=op.f("uq_claims_review_id_position_operator_id")
        ),
    )


def _answers() -> None:
    op.create_table(
        "answers",
        sa.Column("review_id", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=20), nullable=False),
        sa.Column("sealed_checklist", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_comment", sa.LargeBinary(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "answer IN ('identification', 'support-same') OR answer IN ('support-different', 'exclusion') OR answer = 'inconclusive'",
            name=op.f("ck_answers_answer"),
        ),
        sa.CheckConstraint("position IN (1, 2, 3)", name=op.f("ck_answers_position")),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name=op.f("fk_answers_operator_id_operators")),
        sa.ForeignKeyConstraint(
            ["review_id", "position", "operator_id"],
            ["claims.review_id", "claims.position", "claims.operator_id"],
            name=op.f("fk_answers_review_id_position_operator_id_claims"),
        ),
        sa.PrimaryKeyConstraint("review_id", "position", name=op.f("pk_answers")),
        sa.UniqueConstraint("review_id", "operator_id", "answer", name=op.f("uq_answers_review_id_operator_id_answer")),
        sa.UniqueConstraint("review_id", "operator_id", name=op.f("uq_answers_review_id_operator_id")),
    )
    op.create_table(
        "remarks",
        sa.Column("review_id", sa.String(length=16), nullable=False),
        sa.Column("operator_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_id", "operator_id"],
            ["answers.review_id", "answers.operator_id"],
            name=op.f("fk_remarks_review_id_operator_id_answers"),
        ),
        sa.PrimaryKeyConstraint("review_id", "operator_id", "number", name=op.f("pk_remarks")),
    )
    op.create_table(
        "decisions",
        sa.Column("review_id", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("first_operator", sa.Integer(), nullable=False),
        sa.Column("first_answer", sa.String(length=20), nullable=False),
        sa.Column("second_operator", sa.Integer(), nullable=False),
        sa.Column("second_answer", sa.String(length=20), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('sighting', 'register')", name=op.f("ck_decisions_no_control")),
        sa.CheckConstraint(
            "outcome = CASE WHEN first_answer IN ('identification', 'support-same') AND second_answer IN ('identification', 'support-same') AND 'identification' IN (first_answer, second_answer) THEN 'confirmed' WHEN first_answer IN ('support-different', 'exclusion') AND second_answer IN ('support-different', 'exclusion') THEN 'rejected' ELSE 'unresolved' END",
            name=op.f("ck_decisions_outcome_follows"),
        ),
        sa.CheckConstraint("first_operator <> second_operator", name=op.f("ck_decisions_two_people")),
        sa.ForeignKeyConstraint(
            ["review_id", "first_operator", "first_answer"],
            ["answers.review_id", "answers.operator_id", "answers.answer"],
            name=op.f("fk_decisions_review_id_first_operator_first_answer_answers"),
        ),
        sa.ForeignKeyConstraint(
            ["review_id", "kind"], ["reviews.id", "reviews.kind"], name=op.f("fk_decisions_review_id_kind_reviews")
        ),
        sa.ForeignKeyConstraint(
            ["review_id", "second_operator", "second_answer"],
            ["answers.review_id", "answers.operator_id", "answers.answer"],
            name=op.f("fk_decisions_review_id_second_operator_second_answer_answers"),
        ),
        sa.PrimaryKeyConstraint("review_id", name=op.f("pk_decisions")),
        sa.UniqueConstraint("review_id", "outcome", name=op.f("uq_decisions_review_id_outcome")),
    )
    op.create_index(op.f("ix_decisions_at"), "decisions", ["at"], unique=False)


def _beside() -> None:
    op.create_table(
        "drafts",
        sa.Column("review_id", sa.String(length=16), nullable=False),
        sa.Column("operator_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed_draft", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name=op.f("fk_drafts_operator_id_operators")),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name=op.f("fk_drafts_review_id_reviews")),
        sa.PrimaryKeyConstraint("review_id", "operator_id", name=op.f("pk_drafts")),
    )
    op.create_table(
        "face_views",
        sa.Column("review_id", sa.String(length=16), nullable=False),
        sa.Column("operator_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name=op.f("fk_face_views_operator_id_operators")),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name=op.f("fk_face_views_review_id_reviews")),
        sa.PrimaryKeyConstraint("review_id", "operator_id", "purpose", name=op.f("pk_face_views")),
    )


def _controls() -> None:
    op.create_table(
        "control_pairs",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("same", sa.Boolean(), nullable=False),
        sa.Column("sex", sa.String(length=16), nullable=False),
        sa.Column("age_band", sa.String(length=8), nullable=False),
        sa.Column("born_from", sa.Integer(), nullable=False),
        sa.Column("born_to", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Date(), nullable=True),
        sa.Column("doubt", sa.String(length=40), nullable=True),
        sa.Column("origin", sa.String(length=200), nullable=False),
        sa.Column("sealed_probe", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_reference", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_original", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_control_pairs")),
    )
    op.create_table(
        "control_reviews",
        sa.Column("review_id", sa.String(length=16), nullable=False),
        sa.Column("pair_id", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=16), nullable=False),
        sa.Column("unit", sa.String(length=130), nullable=False),
        sa.Column("captured_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["pair_id"], ["control_pairs.id"], name=op.f("fk_control_reviews_pair_id_control_pairs")
        ),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name=op.f("fk_control_reviews_review_id_reviews")),
        sa.PrimaryKeyConstraint("review_id", name=op.f("pk_control_reviews")),
    )
    op.create_index(op.f("ix_control_reviews_pair_id"), "control_reviews", ["pair_id"], unique=False)
