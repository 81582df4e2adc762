"""Days as they are where the unit stands."""

from datetime import date, datetime, tzinfo

from edge_agent.trusted_time import Milliseconds


def local_day(at: Milliseconds, zone: tzinfo | None = None) -> date:
    """The day of a moment. `zone`: None for the machine's, as `timedatectl set-timezone` has it."""
    return datetime.fromtimestamp(at / 1000, zone).date()
