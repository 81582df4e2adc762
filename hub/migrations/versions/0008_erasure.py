"""Erasure and withdrawal: what is outstanding where."""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Nothing yet."""
