"""The record of what permitted each intake, signed by its unit, and how it was taken; both encrypted here."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    # Empty in sightings of before consent records.
    op.add_column("sightings", sa.Column("consent_id", sa.String(length=32), nullable=True))
    op.add_column("sightings", sa.Column("sealed_consent", sa.LargeBinary(), nullable=True))
    op.add_column("sightings", sa.Column("sealed_circumstances", sa.LargeBinary(), nullable=True))
    op.create_index(op.f("ix_sightings_consent_id"), "sightings", ["consent_id"], unique=False)
