"""The tables of the first version, with the triggers that keep what may only be added to."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TRIGGERS = {
    "sqlite": (
        "CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END",
        "CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END",
        "CREATE TRIGGER audit_entries_no_replace BEFORE INSERT ON audit_entries WHEN EXISTS (SELECT 1 FROM audit_entries WHERE (position = NEW.position)) BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END",
        "CREATE TRIGGER reviews_no_update BEFORE UPDATE ON reviews BEGIN SELECT RAISE(ABORT, 'reviews is append-only'); END",
        "CREATE TRIGGER reviews_no_delete BEFORE DELETE ON reviews BEGIN SELECT RAISE(ABORT, 'reviews is append-only'); END",
        "CREATE TRIGGER reviews_no_replace BEFORE INSERT ON reviews WHEN EXISTS (SELECT 1 FROM reviews WHERE (id = NEW.id) OR (sighting_id = NEW.sighting_id AND case_id = NEW.case_id)) BEGIN SELECT RAISE(ABORT, 'reviews is append-only'); END",
        "CREATE TRIGGER answers_no_update BEFORE UPDATE ON answers BEGIN SELECT RAISE(ABORT, 'answers is append-only'); END",
        "CREATE TRIGGER answers_no_delete BEFORE DELETE ON answers BEGIN SELECT RAISE(ABORT, 'answers is append-only'); END",
        "CREATE TRIGGER answers_no_replace BEFORE INSERT ON answers WHEN EXISTS (SELECT 1 FROM answers WHERE (review_id = NEW.review_id AND position = NEW.position) OR (review_id = NEW.review_id AND operator_id = NEW.operator_id)) BEGIN SELECT RAISE(ABORT, 'answers is append-only'); END",
        "CREATE TRIGGER decisions_no_update BEFORE UPDATE ON decisions BEGIN SELECT RAISE(ABORT, 'decisions is append-only'); END",
        "CREATE TRIGGER decisions_no_delete BEFORE DELETE ON decisions BEGIN SELECT RAISE(ABORT, 'decisions is append-only'); END",
        "CREATE TRIGGER decisions_no_replace BEFORE INSERT ON decisions WHEN EXISTS (SELECT 1 FROM decisions WHERE (review_id = NEW.review_id)) BEGIN SELECT RAISE(ABORT, 'decisions is append-only'); END",
        "CREATE TRIGGER decisions_need_two_answers BEFORE INSERT ON decisions WHEN NOT EXISTS (SELECT 1 FROM answers WHERE review_id = NEW.review_id AND operator_id = NEW.first_operator AND answer = NEW.first_answer) OR NOT EXISTS (SELECT 1 FROM answers WHERE review_id = NEW.review_id AND operator_id = NEW.second_operator AND answer = NEW.second_answer) BEGIN SELECT RAISE(ABORT, 'a decision needs the answers of two people'); END",
        "CREATE TRIGGER alerts_no_update BEFORE UPDATE ON alerts BEGIN SELECT RAISE(ABORT, 'alerts is append-only'); END",
        "CREATE TRIGGER alerts_no_delete BEFORE DELETE ON alerts BEGIN SELECT RAISE(ABORT, 'alerts is append-only'); END",
        "CREATE TRIGGER alerts_no_replace BEFORE INSERT ON alerts WHEN EXISTS (SELECT 1 FROM alerts WHERE (id = NEW.id) OR (review_id = NEW.review_id)) BEGIN SELECT RAISE(ABORT, 'alerts is append-only'); END",
        "CREATE TRIGGER alert_publications_no_update BEFORE UPDATE ON alert_publications BEGIN SELECT RAISE(ABORT, 'alert_publications is append-only'); END",
        "CREATE TRIGGER alert_publications_no_delete BEFORE DELETE ON alert_publications BEGIN SELECT RAISE(ABORT, 'alert_publications is append-only'); END",
        "CREATE TRIGGER alert_publications_no_replace BEFORE INSERT ON alert_publications WHEN EXISTS (SELECT 1 FROM alert_publications WHERE (alert_id = NEW.alert_id)) BEGIN SELECT RAISE(ABORT, 'alert_publications is append-only'); END",
        "CREATE TRIGGER delivery_attempts_no_update BEFORE UPDATE ON delivery_attempts BEGIN SELECT RAISE(ABORT, 'delivery_attempts is append-only'); END",
        "CREATE TRIGGER delivery_attempts_no_delete BEFORE DELETE ON delivery_attempts BEGIN SELECT RAISE(ABORT, 'delivery_attempts is append-only'); END",
        "CREATE TRIGGER delivery_attempts_no_replace BEFORE INSERT ON delivery_attempts WHEN EXISTS (SELECT 1 FROM delivery_attempts WHERE (alert_id = NEW.alert_id AND recipient = NEW.recipient AND number = NEW.number)) BEGIN SELECT RAISE(ABORT, 'delivery_attempts is append-only'); END",
        "CREATE TRIGGER alerts_need_a_confirmed_decision BEFORE INSERT ON alerts WHEN NOT EXISTS (SELECT 1 FROM decisions WHERE review_id = NEW.review_id AND outcome = 'confirmed') BEGIN SELECT RAISE(ABORT, 'an alert needs a confirmed decision'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION audit_entries_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'audit_entries is append-only'; END $$",
        "CREATE TRIGGER audit_entries_no_change BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_entries_refuse()",
        "CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_refuse()",
        "CREATE FUNCTION reviews_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'reviews is append-only'; END $$",
        "CREATE TRIGGER reviews_no_change BEFORE UPDATE OR DELETE ON reviews FOR EACH ROW EXECUTE FUNCTION reviews_refuse()",
        "CREATE TRIGGER reviews_no_truncate BEFORE TRUNCATE ON reviews FOR EACH STATEMENT EXECUTE FUNCTION reviews_refuse()",
        "CREATE FUNCTION answers_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'answers is append-only'; END $$",
        "CREATE TRIGGER answers_no_change BEFORE UPDATE OR DELETE ON answers FOR EACH ROW EXECUTE FUNCTION answers_refuse()",
        "CREATE TRIGGER answers_no_truncate BEFORE TRUNCATE ON answers FOR EACH STATEMENT EXECUTE FUNCTION answers_refuse()",
        "CREATE FUNCTION decisions_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'decisions is append-only'; END $$",
        "CREATE TRIGGER decisions_no_change BEFORE UPDATE OR DELETE ON decisions FOR EACH ROW EXECUTE FUNCTION decisions_refuse()",
        "CREATE TRIGGER decisions_no_truncate BEFORE TRUNCATE ON decisions FOR EACH STATEMENT EXECUTE FUNCTION decisions_refuse()",
        "CREATE FUNCTION alerts_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'alerts is append-only'; END $$",
        "CREATE TRIGGER alerts_no_change BEFORE UPDATE OR DELETE ON alerts FOR EACH ROW EXECUTE FUNCTION alerts_refuse()",
        "CREATE TRIGGER alerts_no_truncate BEFORE TRUNCATE ON alerts FOR EACH STATEMENT EXECUTE FUNCTION alerts_refuse()",
        "CREATE FUNCTION alert_publications_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'alert_publications is append-only'; END $$",
        "CREATE TRIGGER alert_publications_no_change BEFORE UPDATE OR DELETE ON alert_publications FOR EACH ROW EXECUTE FUNCTION alert_publications_refuse()",
        "CREATE TRIGGER alert_publications_no_truncate BEFORE TRUNCATE ON alert_publications FOR EACH STATEMENT EXECUTE FUNCTION alert_publications_refuse()",
        "CREATE FUNCTION delivery_attempts_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'delivery_attempts is append-only'; END $$",
        "CREATE TRIGGER delivery_attempts_no_change BEFORE UPDATE OR DELETE ON delivery_attempts FOR EACH ROW EXECUTE FUNCTION delivery_attempts_refuse()",
        "CREATE TRIGGER delivery_attempts_no_truncate BEFORE TRUNCATE ON delivery_attempts FOR EACH STATEMENT EXECUTE FUNCTION delivery_attempts_refuse()",
    ),
}


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("position", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=130), nullable=False),
        sa.Column("subject", sa.String(length=130), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_entries")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_audit_entries_subject"), "audit_entries", ["subject"], unique=False)
    op.create_table(
        "cases",
        sa.Column("id", sa.String(length=130), nullable=False),
        sa.Column("slice", sa.String(length=130), nullable=False),
        sa.Column("sealed_reference", sa.LargeBinary(), nullable=False),
        sa.Column("reference_index", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sex", sa.String(length=16), nullable=False),
        sa.Column("born_from", sa.Integer(), nullable=False),
        sa.Column("born_to", sa.Integer(), nullable=False),
        sa.Column("last_seen", sa.Date(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("listed_until", sa.Date(), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("located_at", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint("(status = 'located') = (located_at IS NOT NULL)", name=op.f("ck_cases_located")),
        sa.CheckConstraint("sex IN ('female', 'male', 'unknown')", name=op.f("ck_cases_sex")),
        sa.CheckConstraint("status IN ('missing', 'located')", name=op.f("ck_cases_status")),
        sa.CheckConstraint("born_from <= born_to", name=op.f("ck_cases_born")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("reference_index", name=op.f("uq_cases_reference_index")),
        sa.UniqueConstraint("revision", name=op.f("uq_cases_revision")),
    )
    op.create_index(op.f("ix_cases_slice"), "cases", ["slice"], unique=False)
    op.create_table(
        "failed_sign_ins",
        sa.Column("source", sa.LargeBinary(length=32), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_failed_sign_ins")),
    )
    op.create_table(
        "hub_sequence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_hub_sequence_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hub_sequence")),
    )
    op.create_table(
        "operators",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operators")),
        sa.UniqueConstraint("name", name=op.f("uq_operators_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "rejected_messages",
        sa.Column("sender", sa.String(length=130), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sender", "reason", "hour", name=op.f("pk_rejected_messages")),
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("sighting_id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=130), nullable=False),
        sa.Column("photo_id", sa.String(length=16), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("sighting_id", "case_id", name=op.f("uq_reviews_sighting_id_case_id")),
    )
    op.create_index(op.f("ix_reviews_case_id"), "reviews", ["case_id"], unique=False)
    op.create_index(op.f("ix_reviews_opened_at"), "reviews", ["opened_at"], unique=False)
    op.create_table(
        "units",
        sa.Column("id", sa.String(length=130), nullable=False),
        sa.Column("site", sa.String(length=130), nullable=False),
        sa.Column("slices", sa.Text(), nullable=False),
        sa.Column("verify_key", sa.LargeBinary(), nullable=False),
        sa.Column("seal_key", sa.LargeBinary(), nullable=False),
        sa.Column("active", sa.Boolean(name="active"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_units")),
    )
    op.create_table(
        "watchlist_files",
        sa.Column("path", sa.String(length=400), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.String(length=200), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(role IS NULL) = (version IS NULL)", name=op.f("ck_watchlist_files_metadata")),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_watchlist_files")),
        sa.UniqueConstraint("role", "version", name=op.f("uq_watchlist_files_role_version")),
    )
    op.create_table(
        "watchlist_readers",
        sa.Column("unit", sa.String(length=130), nullable=False),
        sa.Column("slices", sa.Text(), nullable=False),
        sa.Column("recipient", sa.LargeBinary(length=16), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("unit", name=op.f("pk_watchlist_readers")),
    )
    op.create_table(
        "watchlist_slices",
        sa.Column("name", sa.String(length=130), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("last_sequence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_watchlist_slices")),
    )
    op.create_table(
        "answers",
        sa.Column("review_id", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=16), nullable=False),
        sa.Column("comment", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("answer IN ('same', 'different', 'cannot-tell')", name=op.f("ck_answers_answer")),
        sa.CheckConstraint("position IN (1, 2)", name=op.f("ck_answers_position")),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name=op.f("fk_answers_operator_id_operators")),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name=op.f("fk_answers_review_id_reviews")),
        sa.PrimaryKeyConstraint("review_id", "position", name=op.f("pk_answers")),
        sa.UniqueConstraint("review_id", "operator_id", "answer", name=op.f("uq_answers_review_id_operator_id_answer")),
        sa.UniqueConstraint("review_id", "operator_id", name=op.f("uq_answers_review_id_operator_id")),
    )
    op.create_table(
        "case_photos",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("case_id", sa.String(length=130), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sealed_original", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_portrait", sa.LargeBinary(), nullable=False),
        sa.Column("fault", sa.String(length=40), nullable=True),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("(fault IS NULL) = (sealed_reason IS NULL)", name=op.f("ck_case_photos_despite")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_photos_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_photos")),
    )
    op.create_index(op.f("ix_case_photos_case_id"), "case_photos", ["case_id"], unique=False)
    op.create_table(
        "face_views",
        sa.Column("review_id", sa.String(length=16), nullable=False),
        sa.Column("operator_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first_viewed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name=op.f("fk_face_views_operator_id_operators")),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name=op.f("fk_face_views_review_id_reviews")),
        sa.PrimaryKeyConstraint("review_id", "operator_id", name=op.f("pk_face_views")),
    )
    op.create_table(
        "known_devices",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("first_used_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name=op.f("fk_known_devices_operator_id_operators")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_known_devices")),
    )
    op.create_table(
        "outbound_messages",
        sa.Column("position", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("unit", sa.String(length=130), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("sealed_payload", sa.LargeBinary(), nullable=False),
        sa.Column("queued_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["unit"], ["units.id"], name=op.f("fk_outbound_messages_unit_units")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_outbound_messages")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name=op.f("fk_sessions_operator_id_operators")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    op.create_table(
        "sightings",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("unit", sa.String(length=130), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("envelope_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("reference", sa.String(length=16), nullable=False),
        sa.Column("site", sa.String(length=130), nullable=False),
        sa.Column("captured_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("legal_basis", sa.String(length=32), nullable=False),
        sa.Column("sealed_basis_reference", sa.LargeBinary(), nullable=False),
        sa.Column("age_band", sa.String(length=8), nullable=False),
        sa.Column("sex", sa.String(length=16), nullable=False),
        sa.Column("pack_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("calibration", sa.LargeBinary(length=32), nullable=True),
        sa.Column("list_version", sa.BigInteger(), nullable=False),
        sa.Column("comparable", sa.BigInteger(), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("quality", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["unit"], ["units.id"], name=op.f("fk_sightings_unit_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sightings")),
        sa.UniqueConstraint("unit", "sequence", name=op.f("uq_sightings_unit_sequence")),
    )
    op.create_index(op.f("ix_sightings_reference"), "sightings", ["reference"], unique=False)
    op.create_table(
        "unit_health",
        sa.Column("unit", sa.String(length=130), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("list_version", sa.BigInteger(), nullable=False),
        sa.Column("list_published_at", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("pending", sa.BigInteger(), nullable=False),
        sa.Column("pack_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("software", sa.String(length=40), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["unit"], ["units.id"], name=op.f("fk_unit_health_unit_units")),
        sa.PrimaryKeyConstraint("unit", name=op.f("pk_unit_health")),
    )
    op.create_table(
        "watchlist_entries",
        sa.Column("slice", sa.String(length=130), nullable=False),
        sa.Column("case_id", sa.String(length=130), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["slice"], ["watchlist_slices.name"], name=op.f("fk_watchlist_entries_slice_watchlist_slices")
        ),
        sa.PrimaryKeyConstraint("slice", "case_id", name=op.f("pk_watchlist_entries")),
    )
    op.create_table(
        "case_templates",
        sa.Column("photo_id", sa.String(length=16), nullable=False),
        sa.Column("pack_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed_vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["photo_id"], ["case_photos.id"], name=op.f("fk_case_templates_photo_id_case_photos")),
        sa.PrimaryKeyConstraint("photo_id", "pack_digest", name=op.f("pk_case_templates")),
    )
    op.create_table(
        "decisions",
        sa.Column("review_id", sa.String(length=16), nullable=False),
        sa.Column("first_operator", sa.Integer(), nullable=False),
        sa.Column("first_answer", sa.String(length=16), nullable=False),
        sa.Column("second_operator", sa.Integer(), nullable=False),
        sa.Column("second_answer", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "outcome = CASE WHEN first_answer = 'same' AND second_answer = 'same' THEN 'confirmed' WHEN first_answer = 'different' AND second_answer = 'different' THEN 'rejected' ELSE 'unresolved' END",
            name=op.f("ck_decisions_outcome_follows"),
        ),
        sa.CheckConstraint("first_operator <> second_operator", name=op.f("ck_decisions_two_people")),
        sa.ForeignKeyConstraint(
            ["review_id", "first_operator", "first_answer"],
            ["answers.review_id", "answers.operator_id", "answers.answer"],
            name=op.f("fk_decisions_review_id_first_operator_first_answer_answers"),
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
    op.create_table(
        "sighting_candidates",
        sa.Column("sighting_id", sa.String(length=32), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=130), nullable=False),
        sa.Column("photo_id", sa.String(length=16), nullable=False),
        sa.Column("raw", sa.Double(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("chance", sa.Double(), nullable=True),
        sa.Column("chance_low", sa.Double(), nullable=True),
        sa.Column("chance_high", sa.Double(), nullable=True),
        sa.Column("expected", sa.Double(), nullable=True),
        sa.Column("counted", sa.Boolean(), nullable=True),
        sa.CheckConstraint("rank >= 1", name=op.f("ck_sighting_candidates_rank")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_sighting_candidates_case_id_cases")),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["case_photos.id"], name=op.f("fk_sighting_candidates_photo_id_case_photos")
        ),
        sa.ForeignKeyConstraint(
            ["sighting_id"], ["sightings.id"], name=op.f("fk_sighting_candidates_sighting_id_sightings")
        ),
        sa.PrimaryKeyConstraint("sighting_id", "rank", name=op.f("pk_sighting_candidates")),
        sa.UniqueConstraint("sighting_id", "case_id", name=op.f("uq_sighting_candidates_sighting_id_case_id")),
    )
    op.create_table(
        "second_looks",
        sa.Column("sighting_id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=130), nullable=False),
        sa.Column("pack_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("raw", sa.Double(), nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("chance", sa.Double(), nullable=True),
        sa.Column("chance_low", sa.Double(), nullable=True),
        sa.Column("chance_high", sa.Double(), nullable=True),
        sa.Column("expected", sa.Double(), nullable=True),
        sa.Column("counted", sa.Boolean(), nullable=True),
        sa.Column("enough", sa.Boolean(), nullable=True),
        sa.Column("same_picture", sa.Boolean(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_second_looks_case_id_cases")),
        sa.ForeignKeyConstraint(["sighting_id"], ["sightings.id"], name=op.f("fk_second_looks_sighting_id_sightings")),
        sa.PrimaryKeyConstraint("sighting_id", "case_id", name=op.f("pk_second_looks")),
    )
    op.create_table(
        "sighting_faces",
        sa.Column("sighting_id", sa.String(length=32), nullable=False),
        sa.Column("sealed_crop", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_portrait", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sighting_id"], ["sightings.id"], name=op.f("fk_sighting_faces_sighting_id_sightings")
        ),
        sa.PrimaryKeyConstraint("sighting_id", name=op.f("pk_sighting_faces")),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("review_id", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("case_id", sa.String(length=130), nullable=False),
        sa.Column("reference", sa.String(length=16), nullable=False),
        sa.Column("site", sa.String(length=130), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("outcome = 'confirmed'", name=op.f("ck_alerts_confirmed")),
        sa.ForeignKeyConstraint(
            ["review_id", "outcome"],
            ["decisions.review_id", "decisions.outcome"],
            name=op.f("fk_alerts_review_id_outcome_decisions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("review_id", name=op.f("uq_alerts_review_id")),
    )
    op.create_index(op.f("ix_alerts_raised_at"), "alerts", ["raised_at"], unique=False)
    op.create_table(
        "alert_publications",
        sa.Column("alert_id", sa.String(length=16), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_alert_publications_alert_id_alerts")),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alert_publications")),
    )
    op.create_table(
        "deliveries",
        sa.Column("alert_id", sa.String(length=16), nullable=False),
        sa.Column("recipient", sa.String(length=16), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_deliveries_alert_id_alerts")),
        sa.PrimaryKeyConstraint("alert_id", "recipient", name=op.f("pk_deliveries")),
    )
    op.create_index(op.f("ix_deliveries_next_at"), "deliveries", ["next_at"], unique=False)
    op.create_table(
        "delivery_attempts",
        sa.Column("alert_id", sa.String(length=16), nullable=False),
        sa.Column("recipient", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id", "recipient"],
            ["deliveries.alert_id", "deliveries.recipient"],
            name=op.f("fk_delivery_attempts_alert_id_recipient_deliveries"),
        ),
        sa.PrimaryKeyConstraint("alert_id", "recipient", "number", name=op.f("pk_delivery_attempts")),
    )
    for statement in TRIGGERS[op.get_context().dialect.name]:
        op.execute(statement)
