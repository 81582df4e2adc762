"""When a photograph was taken, and whether that may be called now. Pure."""

from dataclasses import dataclass
from typing import Final

from hub.clock import HOUR, MINUTE
from protocol.moment import Moment

LIVE_FOR: Final = HOUR
"""A sighting is live while the child may still be where it was photographed: surely less than this before receipt."""

_PLAIN: Final = 2 * MINUTE
"""Uncertainty that nobody who reads a time in minutes needs to be told of."""


@dataclass(frozen=True, slots=True)
class CaptureTime:
    """`at` is the best estimate; the truth lies between `earliest` and `latest`. Milliseconds since 1970 UTC."""

    at: int
    earliest: int
    latest: int
    historical: bool  # it may be longer ago than LIVE_FOR, and is never shown as live
    uncertain: bool  # the interval is wide, or the unit's clock contradicts the hub's

    @classmethod
    def exact(cls, at: int, received_at: int) -> "CaptureTime":
        """Of a moment that is known."""
        return capture_time(Moment(at, at, at), received_at)


def capture_time(captured: Moment, received_at: int) -> CaptureTime:
    """What the unit's clock says of a capture, held against when the hub received it: it was taken before."""
    latest = received_at if captured.latest is None else min(captured.latest, received_at)
    earliest = min(captured.earliest, latest)
    return CaptureTime(
        at=min(max(captured.at, earliest), latest),
        earliest=earliest,
        latest=latest,
        historical=received_at - earliest > LIVE_FOR,
        uncertain=latest - earliest > _PLAIN or captured.earliest > received_at + _PLAIN,
    )
