"""Units that can answer no more, at whose site a receipt was taken, and registrations that were rejected."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("units", sa.Column("withdrawn_at", sa.BigInteger(), nullable=True))
    # Nobody noted when: the trail says it.
    op.execute("UPDATE units SET withdrawn_at = 0 WHERE NOT active")
    op.add_column("erasure_records", sa.Column("staff_site", sa.String(length=130), nullable=True))
    op.execute(
        "UPDATE erasure_records SET staff_site ="
        " coalesce((SELECT site FROM units WHERE 'unit ' || units.id = erasure_records.place), '')"
        " WHERE staff_id IS NOT NULL"
    )
