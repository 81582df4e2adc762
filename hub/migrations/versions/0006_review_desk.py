"""Review: claims with leases, checklists, the five steps, senior decisions, control pairs."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Nothing yet."""
