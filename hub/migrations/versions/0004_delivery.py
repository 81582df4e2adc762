"""Delivery: order and gaps of a unit's messages, late data, PostgreSQL's needs."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _capture_times()
    _unit_health()
    _unit_messages()
    for name in ("photographed_from", "photographed_to"):
        op.add_column("alerts", sa.Column(name, sa.BigInteger(), nullable=True))


def _capture_times() -> None:
    op.add_column("sightings", sa.Column("captured_earliest", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("sightings", sa.Column("captured_latest", sa.BigInteger(), nullable=True))
    op.add_column("sightings", sa.Column("retrospective", sa.Boolean(), server_default=sa.false(), nullable=False))


def _unit_health() -> None:
    # Every unit reports again within a minute.
    op.drop_table("unit_health")
    op.create_table(
        "unit_health",
        sa.Column("unit", sa.String(length=130), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("report", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("gone_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["unit"], ["units.id"], name=op.f("fk_unit_health_unit_units")),
        sa.PrimaryKeyConstraint("unit", name=op.f("pk_unit_health")),
    )


def _unit_messages() -> None:
    op.create_table(
        "unit_messages",
        sa.Column("unit", sa.String(length=130), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("standing", sa.String(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["unit"], ["units.id"], name=op.f("fk_unit_messages_unit_units")),
        sa.PrimaryKeyConstraint("unit", "sequence", name=op.f("pk_unit_messages")),
    )
    op.create_table(
        "lost_intakes",
        sa.Column("unit", sa.String(length=130), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reference", sa.String(length=16), nullable=False),
        sa.Column("captured_at", sa.BigInteger(), nullable=False),
        sa.Column("captured_earliest", sa.BigInteger(), nullable=False),
        sa.Column("captured_latest", sa.BigInteger(), nullable=True),
        sa.Column("reported_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit", "sequence"],
            ["unit_messages.unit", "unit_messages.sequence"],
            name=op.f("fk_lost_intakes_unit_sequence_unit_messages"),
        ),
        sa.PrimaryKeyConstraint("unit", "sequence", name=op.f("pk_lost_intakes")),
    )
    op.execute(
        "INSERT INTO unit_messages (unit, sequence, digest, standing, at) "
        "SELECT unit, sequence, envelope_digest, 'sighting', received_at FROM sightings"
    )
