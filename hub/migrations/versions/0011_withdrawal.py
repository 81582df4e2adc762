"""Consent that is taken back, what was erased because of it, and the end of sightings."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

# What people wrote may be emptied, and nothing else of an answer or remark changes.
TRIGGERS = {
    "sqlite": (
        "DROP TRIGGER answers_no_update",
        "DROP TRIGGER remarks_no_update",
        "CREATE TRIGGER answers_no_update BEFORE UPDATE ON answers WHEN NOT (NEW.review_id IS OLD.review_id AND NEW.position IS OLD.position AND NEW.operator_id IS OLD.operator_id AND NEW.answer IS OLD.answer AND NEW.began_at IS OLD.began_at AND NEW.at IS OLD.at AND length(NEW.sealed_checklist) = 0 AND length(NEW.sealed_comment) = 0) BEGIN SELECT RAISE(ABORT, 'answers is append-only'); END",
        "CREATE TRIGGER remarks_no_update BEFORE UPDATE ON remarks WHEN NOT (NEW.review_id IS OLD.review_id AND NEW.operator_id IS OLD.operator_id AND NEW.number IS OLD.number AND NEW.at IS OLD.at AND length(NEW.sealed_text) = 0) BEGIN SELECT RAISE(ABORT, 'remarks is append-only'); END",
    ),
    "postgresql": (
        "DROP TRIGGER answers_no_change ON answers",
        "DROP TRIGGER answers_no_truncate ON answers",
        "DROP FUNCTION answers_refuse()",
        "DROP TRIGGER remarks_no_change ON remarks",
        "DROP TRIGGER remarks_no_truncate ON remarks",
        "DROP FUNCTION remarks_refuse()",
        "CREATE FUNCTION answers_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP = 'UPDATE' AND NEW.review_id IS NOT DISTINCT FROM OLD.review_id AND NEW.position IS NOT DISTINCT FROM OLD.position AND NEW.operator_id IS NOT DISTINCT FROM OLD.operator_id AND NEW.answer IS NOT DISTINCT FROM OLD.answer AND NEW.began_at IS NOT DISTINCT FROM OLD.began_at AND NEW.at IS NOT DISTINCT FROM OLD.at AND length(NEW.sealed_checklist) = 0 AND length(NEW.sealed_comment) = 0 THEN RETURN NEW; END IF; RAISE EXCEPTION 'answers is append-only'; END $$",
        "CREATE TRIGGER answers_no_change BEFORE UPDATE OR DELETE ON answers FOR EACH ROW EXECUTE FUNCTION answers_refuse()",
        "CREATE TRIGGER answers_no_truncate BEFORE TRUNCATE ON answers FOR EACH STATEMENT EXECUTE FUNCTION answers_refuse()",
        "CREATE FUNCTION remarks_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP = 'UPDATE' AND NEW.review_id IS NOT DISTINCT FROM OLD.review_id AND NEW.operator_id IS NOT DISTINCT FROM OLD.operator_id AND NEW.number IS NOT DISTINCT FROM OLD.number AND NEW.at IS NOT DISTINCT FROM OLD.at AND length(NEW.sealed_text) = 0 THEN RETURN NEW; END IF; RAISE EXCEPTION 'remarks is append-only'; END $$",
        "CREATE TRIGGER remarks_no_change BEFORE UPDATE OR DELETE ON remarks FOR EACH ROW EXECUTE FUNCTION remarks_refuse()",
        "CREATE TRIGGER remarks_no_truncate BEFORE TRUNCATE ON remarks FOR EACH STATEMENT EXECUTE FUNCTION remarks_refuse()",
    ),
}


def upgrade() -> None:
    _sightings()
    _erasures()
    _requests()
    for statement in TRIGGERS[op.get_context().dialect.name]:
        op.execute(statement)


def _sightings() -> None:
    # Both empty in sightings of before this version: only the settings end those, and two people of the desk.
    op.add_column("sightings", sa.Column("withdrawal", sa.String(length=64), nullable=True))
    op.add_column("sightings", sa.Column("permitted_days", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_sightings_withdrawal"), "sightings", ["withdrawal"], unique=False)
    op.create_index("ix_sightings_age", "sightings", ["received_at", "permitted_days"], unique=False)
    op.create_table(
        "erased_sightings",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("month", sa.BigInteger(), nullable=False),
        sa.Column("site", sa.String(length=130), nullable=False),
        sa.Column("sex", sa.String(length=16), nullable=False),
        sa.Column("age_band", sa.String(length=8), nullable=False),
        sa.Column("candidates", sa.Integer(), nullable=False),
        sa.Column("retrospective", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("erased_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erased_sightings")),
    )
    op.create_index(op.f("ix_erased_sightings_month"), "erased_sightings", ["month"], unique=False)


def _erasures() -> None:
    op.create_table(
        "intake_erasures",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("withdrawal", sa.String(length=64), nullable=True),
        sa.Column("every_basis", sa.Boolean(), nullable=False),
        sa.Column("reference", sa.String(length=16), nullable=False),
        sa.Column("site", sa.String(length=130), nullable=False),
        sa.Column("actor", sa.String(length=130), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("hold", sa.String(length=16), nullable=True),
        sa.Column("written_at", sa.BigInteger(), nullable=True),
        sa.Column("completed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake_erasures")),
    )
    op.create_index(op.f("ix_intake_erasures_withdrawal"), "intake_erasures", ["withdrawal"], unique=True)
    op.create_index(op.f("ix_intake_erasures_completed_at"), "intake_erasures", ["completed_at"], unique=False)
    op.create_table(
        "intake_erasure_places",
        sa.Column("erasure_id", sa.String(length=16), nullable=False),
        sa.Column("place", sa.String(length=160), nullable=False),
        sa.Column("things", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["erasure_id"], ["intake_erasures.id"], name=op.f("fk_intake_erasure_places_erasure_id_intake_erasures")
        ),
        sa.PrimaryKeyConstraint("erasure_id", "place", name=op.f("pk_intake_erasure_places")),
    )
    op.create_table(
        "erasure_records",
        sa.Column("erasure_id", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("place", sa.String(length=160), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(
            ["erasure_id"], ["intake_erasures.id"], name=op.f("fk_erasure_records_erasure_id_intake_erasures")
        ),
        sa.PrimaryKeyConstraint("erasure_id", "digest", name=op.f("pk_erasure_records")),
    )
    op.create_table(
        "retention_clock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_retention_clock_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_clock")),
    )
    # Ends of cases are written to the ledger that outlives a restore, as withdrawals are.
    op.add_column("erasures", sa.Column("written_at", sa.BigInteger(), nullable=True))


def _requests() -> None:
    op.create_table(
        "erasure_requests",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("withdrawal", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.String(length=16), nullable=False),
        sa.Column("site", sa.String(length=130), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.CheckConstraint("decided_by <> asked_by", name=op.f("ck_erasure_requests_two_people")),
        sa.CheckConstraint(
            "(decided_by IS NULL) = (decided_at IS NULL) AND (decided_by IS NULL) = (approved IS NULL)",
            name=op.f("ck_erasure_requests_decided_whole"),
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["operators.id"], name=op.f("fk_erasure_requests_asked_by_operators")),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["operators.id"], name=op.f("fk_erasure_requests_decided_by_operators")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_requests")),
    )
