"""The watchlist: when entries changed, what segments hold besides what is listed, and leases of keyrings."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    # Empty means: published in the form that units read before. The next publication starts those slices anew.
    op.add_column("watchlist_slices", sa.Column("changes", sa.Integer(), nullable=True))
    op.add_column("watchlist_slices", sa.Column("superseded_at", sa.BigInteger(), nullable=True))
    op.add_column("watchlist_entries", sa.Column("listed", sa.Integer(), nullable=True))
    op.add_column("watchlist_readers", sa.Column("lease_end", sa.BigInteger(), nullable=True))
