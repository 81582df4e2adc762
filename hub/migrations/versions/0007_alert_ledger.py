"""Alerts: recipients by grade, delivery attempts, acknowledgements, escalation, recall, follow-ups."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_REBUILT = ("delivery_attempts", "deliveries", "alert_publications", "alerts")
_WITH_FUNCTIONS = ("delivery_attempts", "alert_publications", "alerts")

TRIGGERS = {
    "postgresql": (
        "CREATE FUNCTION broadcasts_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broadcasts is append-only'; END $$",
        "CREATE TRIGGER broadcasts_no_change BEFORE UPDATE OR DELETE ON broadcasts FOR EACH ROW EXECUTE FUNCTION broadcasts_refuse()",
        "CREATE TRIGGER broadcasts_no_truncate BEFORE TRUNCATE ON broadcasts FOR EACH STATEMENT EXECUTE FUNCTION broadcasts_refuse()",
        "CREATE FUNCTION broadcast_screenings_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broadcast_screenings is append-only'; END $$",
        "CREATE TRIGGER broadcast_screenings_no_change BEFORE UPDATE OR DELETE ON broadcast_screenings FOR EACH ROW EXECUTE FUNCTION broadcast_screenings_refuse()",
        "CREATE TRIGGER broadcast_screenings_no_truncate BEFORE TRUNCATE ON broadcast_screenings FOR EACH STATEMENT EXECUTE FUNCTION broadcast_screenings_refuse()",
        "CREATE FUNCTION alerts_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'alerts is append-only'; END $$",
        "CREATE TRIGGER alerts_no_change BEFORE UPDATE OR DELETE ON alerts FOR EACH ROW EXECUTE FUNCTION alerts_refuse()",
        "CREATE TRIGGER alerts_no_truncate BEFORE TRUNCATE ON alerts FOR EACH STATEMENT EXECUTE FUNCTION alerts_refuse()",
        "CREATE FUNCTION alert_messages_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'alert_messages is append-only'; END $$",
        "CREATE TRIGGER alert_messages_no_change BEFORE UPDATE OR DELETE ON alert_messages FOR EACH ROW EXECUTE FUNCTION alert_messages_refuse()",
        "CREATE TRIGGER alert_messages_no_truncate BEFORE TRUNCATE ON alert_messages FOR EACH STATEMENT EXECUTE FUNCTION alert_messages_refuse()",
        "CREATE FUNCTION alert_publications_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'alert_publications is append-only'; END $$",
        "CREATE TRIGGER alert_publications_no_change BEFORE UPDATE OR DELETE ON alert_publications FOR EACH ROW EXECUTE FUNCTION alert_publications_refuse()",
        "CREATE TRIGGER alert_publications_no_truncate BEFORE TRUNCATE ON alert_publications FOR EACH STATEMENT EXECUTE FUNCTION alert_publications_refuse()",
        "CREATE FUNCTION delivery_attempts_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'delivery_attempts is append-only'; END $$",
        "CREATE TRIGGER delivery_attempts_no_change BEFORE UPDATE OR DELETE ON delivery_attempts FOR EACH ROW EXECUTE FUNCTION delivery_attempts_refuse()",
        "CREATE TRIGGER delivery_attempts_no_truncate BEFORE TRUNCATE ON delivery_attempts FOR EACH STATEMENT EXECUTE FUNCTION delivery_attempts_refuse()",
        "CREATE FUNCTION acknowledgements_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'acknowledgements is append-only'; END $$",
        "CREATE TRIGGER acknowledgements_no_change BEFORE UPDATE OR DELETE ON acknowledgements FOR EACH ROW EXECUTE FUNCTION acknowledgements_refuse()",
        "CREATE TRIGGER acknowledgements_no_truncate BEFORE TRUNCATE ON acknowledgements FOR EACH STATEMENT EXECUTE FUNCTION acknowledgements_refuse()",
        "CREATE FUNCTION alerts_rest_on_two_people() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT ((NEW.review_id IS NOT NULL AND EXISTS (SELECT 1 FROM decisions WHERE review_id = NEW.review_id AND outcome = 'confirmed')) OR (NEW.broadcast_id IS NOT NULL AND EXISTS (SELECT 1 FROM broadcast_screenings WHERE broadcast_id = NEW.broadcast_id AND verdict = 'approved'))) THEN RAISE EXCEPTION 'an alert needs a confirmed decision or a screening'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER alerts_rest_on_two_people BEFORE INSERT ON alerts FOR EACH ROW EXECUTE FUNCTION alerts_rest_on_two_people()",
        "CREATE FUNCTION screenings_by_another_person() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM broadcasts WHERE id = NEW.broadcast_id AND proposed_by = NEW.screened_by) OR NOT EXISTS (SELECT 1 FROM broadcasts WHERE id = NEW.broadcast_id) THEN RAISE EXCEPTION 'a screening needs another person'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER screenings_by_another_person BEFORE INSERT ON broadcast_screenings FOR EACH ROW EXECUTE FUNCTION screenings_by_another_person()",
    ),
    "sqlite": (
        "CREATE TRIGGER broadcasts_no_update BEFORE UPDATE ON broadcasts BEGIN SELECT RAISE(ABORT, 'broadcasts is append-only'); END",
        "CREATE TRIGGER broadcasts_no_delete BEFORE DELETE ON broadcasts BEGIN SELECT RAISE(ABORT, 'broadcasts is append-only'); END",
        "CREATE TRIGGER broadcasts_no_replace BEFORE INSERT ON broadcasts WHEN EXISTS (SELECT 1 FROM broadcasts WHERE (id = NEW.id)) BEGIN SELECT RAISE(ABORT, 'broadcasts is append-only'); END",
        "CREATE TRIGGER broadcast_screenings_no_update BEFORE UPDATE ON broadcast_screenings BEGIN SELECT RAISE(ABORT, 'broadcast_screenings is append-only'); END",
        "CREATE TRIGGER broadcast_screenings_no_delete BEFORE DELETE ON broadcast_screenings BEGIN SELECT RAISE(ABORT, 'broadcast_screenings is append-only'); END",
        "CREATE TRIGGER broadcast_screenings_no_replace BEFORE INSERT ON broadcast_screenings WHEN EXISTS (SELECT 1 FROM broadcast_screenings WHERE (broadcast_id = NEW.broadcast_id)) BEGIN SELECT RAISE(ABORT, 'broadcast_screenings is append-only'); END",
        "CREATE TRIGGER alerts_no_update BEFORE UPDATE ON alerts BEGIN SELECT RAISE(ABORT, 'alerts is append-only'); END",
        "CREATE TRIGGER alerts_no_delete BEFORE DELETE ON alerts BEGIN SELECT RAISE(ABORT, 'alerts is append-only'); END",
        "CREATE TRIGGER alerts_no_replace BEFORE INSERT ON alerts WHEN EXISTS (SELECT 1 FROM alerts WHERE (id = NEW.id) OR (review_id = NEW.review_id) OR (broadcast_id = NEW.broadcast_id)) BEGIN SELECT RAISE(ABORT, 'alerts is append-only'); END",
        "CREATE TRIGGER alert_messages_no_update BEFORE UPDATE ON alert_messages BEGIN SELECT RAISE(ABORT, 'alert_messages is append-only'); END",
        "CREATE TRIGGER alert_messages_no_delete BEFORE DELETE ON alert_messages BEGIN SELECT RAISE(ABORT, 'alert_messages is append-only'); END",
        "CREATE TRIGGER alert_messages_no_replace BEFORE INSERT ON alert_messages WHEN EXISTS (SELECT 1 FROM alert_messages WHERE (id = NEW.id) OR (alert_id = NEW.alert_id AND kind = NEW.kind AND number = NEW.number)) BEGIN SELECT RAISE(ABORT, 'alert_messages is append-only'); END",
        "CREATE TRIGGER alert_publications_no_update BEFORE UPDATE ON alert_publications BEGIN SELECT RAISE(ABORT, 'alert_publications is append-only'); END",
        "CREATE TRIGGER alert_publications_no_delete BEFORE DELETE ON alert_publications BEGIN SELECT RAISE(ABORT, 'alert_publications is append-only'); END",
        "CREATE TRIGGER alert_publications_no_replace BEFORE INSERT ON alert_publications WHEN EXISTS (SELECT 1 FROM alert_publications WHERE (message_id = NEW.message_id)) BEGIN SELECT RAISE(ABORT, 'alert_publications is append-only'); END",
        "CREATE TRIGGER delivery_attempts_no_update BEFORE UPDATE ON delivery_attempts BEGIN SELECT RAISE(ABORT, 'delivery_attempts is append-only'); END",
        "CREATE TRIGGER delivery_attempts_no_delete BEFORE DELETE ON delivery_attempts BEGIN SELECT RAISE(ABORT, 'delivery_attempts is append-only'); END",
        "CREATE TRIGGER delivery_attempts_no_replace BEFORE INSERT ON delivery_attempts WHEN EXISTS (SELECT 1 FROM delivery_attempts WHERE (message_id = NEW.message_id AND recipient = NEW.recipient AND number = NEW.number)) BEGIN SELECT RAISE(ABORT, 'delivery_attempts is append-only'); END",
        "CREATE TRIGGER acknowledgements_no_update BEFORE UPDATE ON acknowledgements BEGIN SELECT RAISE(ABORT, 'acknowledgements is append-only'); END",
        "CREATE TRIGGER acknowledgements_no_delete BEFORE DELETE ON acknowledgements BEGIN SELECT RAISE(ABORT, 'acknowledgements is append-only'); END",
        "CREATE TRIGGER acknowledgements_no_replace BEFORE INSERT ON acknowledgements WHEN EXISTS (SELECT 1 FROM acknowledgements WHERE (message_id = NEW.message_id AND recipient = NEW.recipient)) BEGIN SELECT RAISE(ABORT, 'acknowledgements is append-only'); END",
        "CREATE TRIGGER alerts_rest_on_two_people BEFORE INSERT ON alerts WHEN NOT ((NEW.review_id IS NOT NULL AND EXISTS (SELECT 1 FROM decisions WHERE review_id = NEW.review_id AND outcome = 'confirmed')) OR (NEW.broadcast_id IS NOT NULL AND EXISTS (SELECT 1 FROM broadcast_screenings WHERE broadcast_id = NEW.broadcast_id AND verdict = 'approved'))) BEGIN SELECT RAISE(ABORT, 'an alert needs a confirmed decision or a screening'); END",
        "CREATE TRIGGER screenings_by_another_person BEFORE INSERT ON broadcast_screenings WHEN EXISTS (SELECT 1 FROM broadcasts WHERE id = NEW.broadcast_id AND proposed_by = NEW.screened_by) OR NOT EXISTS (SELECT 1 FROM broadcasts WHERE id = NEW.broadcast_id) BEGIN SELECT RAISE(ABORT, 'a screening needs another person'); END",
    ),
}


def upgrade() -> None:
    _put_aside()
    _screening()
    _alerts()
    _recipients()
    _ledger()
    _take_over()
    for statement in TRIGGERS[op.get_context().dialect.name]:
        op.execute(statement)


def _put_aside() -> None:
    # With a table go its triggers, which would refuse the change.
    for name in _REBUILT:
        op.execute(f"CREATE TEMPORARY TABLE old_{name} AS SELECT * FROM {name}")
        op.drop_table(name)
    if op.get_context().dialect.name == "postgresql":
        for name in _WITH_FUNCTIONS:
            op.execute(f"DROP FUNCTION {name}_refuse()")
        op.execute("DROP FUNCTION IF EXISTS alerts_need_a_confirmed_decision()")


def _take_over() -> None:
    """What was sent stays sent: each alert is a message of its own name. Recipients of the file are added anew."""
    op.execute(
        "INSERT INTO alerts (id, review_id, outcome, case_id, reference, site, countries, status, raised_at, held_until,"
        " photographed_from, photographed_to) SELECT id, review_id, outcome, case_id, reference, site, '', status,"
        " raised_at, raised_at, photographed_from, photographed_to FROM old_alerts"
    )
    op.execute(
        "INSERT INTO alert_messages (id, alert_id, kind, number, raised_at, reason, document)"
        " SELECT id, id, 'alert', 1, raised_at, '', document FROM old_alerts"
    )
    op.execute(
        "INSERT INTO alert_publications (message_id, published_at)"
        " SELECT alert_id, published_at FROM old_alert_publications"
    )
    op.execute(
        "INSERT INTO deliveries (message_id, recipient, kind, turn, started_at, next_at)"
        " SELECT d.alert_id, d.recipient, 'police-desk', 1, a.raised_at, d.next_at"
        " FROM old_deliveries d JOIN old_alerts a ON a.id = d.alert_id"
    )
    op.execute(
        "INSERT INTO delivery_attempts (message_id, recipient, number, at, result)"
        " SELECT alert_id, recipient, number, at, result FROM old_delivery_attempts"
    )
    for name in _REBUILT:
        op.execute(f"DROP TABLE old_{name}")


def _screening() -> None:
    op.create_table(
        "broadcasts",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("case_id", sa.String(length=130), nullable=False),
        sa.Column("site", sa.String(length=130), nullable=False),
        sa.Column("countries", sa.Text(), nullable=False),
        sa.Column("sealed_source", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_corroboration", sa.LargeBinary(), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["proposed_by"], ["operators.id"], name=op.f("fk_broadcasts_proposed_by_operators")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcasts")),
    )
    op.create_table(
        "broadcast_screenings",
        sa.Column("broadcast_id", sa.String(length=16), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("screened_by", sa.Integer(), nullable=False),
        sa.Column("screened_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("verdict IN ('approved', 'refused')", name=op.f("ck_broadcast_screenings_verdict")),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcasts.id"], name=op.f("fk_broadcast_screenings_broadcast_id_broadcasts")
        ),
        sa.ForeignKeyConstraint(
            ["screened_by"], ["operators.id"], name=op.f("fk_broadcast_screenings_screened_by_operators")
        ),
        sa.PrimaryKeyConstraint("broadcast_id", name=op.f("pk_broadcast_screenings")),
    )


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("review_id", sa.String(length=16), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("broadcast_id", sa.String(length=16), nullable=True),
        sa.Column("case_id", sa.String(length=130), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=130), nullable=False),
        sa.Column("countries", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("held_until", sa.BigInteger(), nullable=False),
        sa.Column("photographed_from", sa.BigInteger(), nullable=True),
        sa.Column("photographed_to", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("review_id IS NULL OR outcome = 'confirmed'", name=op.f("ck_alerts_confirmed")),
        sa.CheckConstraint("(review_id IS NULL) <> (broadcast_id IS NULL)", name=op.f("ck_alerts_rests_on_one")),
        sa.ForeignKeyConstraint(["broadcast_id"], ["broadcasts.id"], name=op.f("fk_alerts_broadcast_id_broadcasts")),
        sa.ForeignKeyConstraint(
            ["review_id", "outcome"],
            ["decisions.review_id", "decisions.outcome"],
            name=op.f("fk_alerts_review_id_outcome_decisions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("broadcast_id", name=op.f("uq_alerts_broadcast_id")),
        sa.UniqueConstraint("review_id", name=op.f("uq_alerts_review_id")),
    )
    op.create_index(op.f("ix_alerts_raised_at"), "alerts", ["raised_at"], unique=False)
    op.create_table(
        "alert_messages",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("alert_id", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('alert', 'follow-up', 'recall', 'acknowledgement')", name=op.f("ck_alert_messages_kind")
        ),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_alert_messages_alert_id_alerts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_messages")),
        sa.UniqueConstraint("alert_id", "kind", "number", name=op.f("uq_alert_messages_alert_id_kind_number")),
    )
    op.create_table(
        "held_alerts",
        sa.Column("alert_id", sa.String(length=16), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_held_alerts_alert_id_alerts")),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_held_alerts")),
    )
    op.create_index(op.f("ix_held_alerts_until"), "held_alerts", ["until"], unique=False)
    op.create_table(
        "followed_alerts",
        sa.Column("alert_id", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_followed_alerts_alert_id_alerts")),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_followed_alerts")),
    )
    op.create_index(op.f("ix_followed_alerts_next_at"), "followed_alerts", ["next_at"], unique=False)


def _recipients() -> None:
    op.create_table(
        "recipients",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("address_index", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("reach", sa.String(length=16), nullable=False),
        sa.Column("reach_of", sa.String(length=130), nullable=False),
        sa.Column("grade", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("turn >= 1", name=op.f("ck_recipients_turn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipients")),
    )


def _ledger() -> None:
    op.create_table(
        "alert_publications",
        sa.Column("message_id", sa.String(length=16), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["alert_messages.id"], name=op.f("fk_alert_publications_message_id_alert_messages")
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_alert_publications")),
    )
    op.create_table(
        "deliveries",
        sa.Column("message_id", sa.String(length=16), nullable=False),
        sa.Column("recipient", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("token_index", sa.LargeBinary(), nullable=True),
        sa.Column("reply_code", sa.String(length=8), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("begun_at", sa.BigInteger(), nullable=True),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["alert_messages.id"], name=op.f("fk_deliveries_message_id_alert_messages")
        ),
        sa.PrimaryKeyConstraint("message_id", "recipient", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("reply_code", name=op.f("uq_deliveries_reply_code")),
        sa.UniqueConstraint("token_index", name=op.f("uq_deliveries_token_index")),
    )
    op.create_index(op.f("ix_deliveries_next_at"), "deliveries", ["next_at"], unique=False)
    op.create_table(
        "delivery_attempts",
        sa.Column("message_id", sa.String(length=16), nullable=False),
        sa.Column("recipient", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id", "recipient"],
            ["deliveries.message_id", "deliveries.recipient"],
            name=op.f("fk_delivery_attempts_message_id_recipient_deliveries"),
        ),
        sa.PrimaryKeyConstraint("message_id", "recipient", "number", name=op.f("pk_delivery_attempts")),
    )
    op.create_table(
        "acknowledgements",
        sa.Column("message_id", sa.String(length=16), nullable=False),
        sa.Column("recipient", sa.String(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id", "recipient"],
            ["deliveries.message_id", "deliveries.recipient"],
            name=op.f("fk_acknowledgements_message_id_recipient_deliveries"),
        ),
        sa.PrimaryKeyConstraint("message_id", "recipient", name=op.f("pk_acknowledgements")),
    )
