"""Alerts: recipients by grade, delivery attempts, acknowledgements, escalation, recall, follow-ups."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Nothing yet."""
