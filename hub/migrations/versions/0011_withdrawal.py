"""Withdrawal by receipt, and how long sightings are kept."""

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Nothing yet."""
