"""Delivery: order and gaps of a unit's messages, late data, PostgreSQL's needs."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Nothing yet."""
