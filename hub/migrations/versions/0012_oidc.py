"""Sign-in through an OpenID provider; what the worker of alerts looks through."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "operator_links",
        sa.Column("operator_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("linked_at", sa.BigInteger(), nullable=False),
        sa.Column("gives_roles", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_operator_links_operator_id_operators")
        ),
        sa.PrimaryKeyConstraint("operator_id", name=op.f("pk_operator_links")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_operator_links_issuer_subject")),
    )
    op.create_table(
        "provider_sign_ins",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("next_path", sa.Text(), nullable=False),
        sa.Column("kept", sa.Text(), nullable=False),
        sa.Column("session_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("form_token", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_provider_sign_ins")),
    )
    _alerts()


def _alerts() -> None:
    """What the worker of alerts looks through, however many alerts there ever were."""
    op.create_table(
        "unpublished_messages",
        sa.Column("message_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["alert_messages.id"], name=op.f("fk_unpublished_messages_message_id_alert_messages")
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_unpublished_messages")),
    )
    op.create_table(
        "waiting_chains",
        sa.Column("message_id", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["alert_messages.id"], name=op.f("fk_waiting_chains_message_id_alert_messages")
        ),
        sa.PrimaryKeyConstraint("message_id", "kind", name=op.f("pk_waiting_chains")),
    )
    op.create_index(op.f("ix_waiting_chains_next_at"), "waiting_chains", ["next_at"], unique=False)
    op.execute(
        "INSERT INTO unpublished_messages (message_id) SELECT id FROM alert_messages"
        " WHERE NOT EXISTS (SELECT 1 FROM alert_publications WHERE message_id = alert_messages.id)"
    )
    op.create_index(op.f("ix_alerts_case_id"), "alerts", ["case_id"], unique=False)
    # The worker looks at each of them once, and finds when to look again.
    op.execute(
        "INSERT INTO waiting_chains (message_id, kind, next_at) SELECT DISTINCT d.message_id, d.kind, 0"
        " FROM deliveries AS d JOIN alert_messages AS m ON m.id = d.message_id"
        " WHERE d.started_at IS NULL AND NOT EXISTS"
        " (SELECT 1 FROM alert_messages AS r WHERE r.alert_id = m.alert_id AND r.kind = 'recall')"
    )
