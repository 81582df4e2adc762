"""Staff of sites, for their kiosks."""

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Nothing yet."""
