"""The two registers: descriptions, names for search, states, retention, duplicates."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Nothing yet."""
