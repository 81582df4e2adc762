"""The language in which the console speaks to an operator."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    # Empty: what the browser asks for.
    op.add_column("operators", sa.Column("language", sa.String(length=8), nullable=True))
