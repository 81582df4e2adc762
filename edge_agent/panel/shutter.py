"""From the button, whose lines the agent has, to the page, which another process may serve."""

from collections.abc import Callable
from pathlib import Path

from edge_agent.link.wake import Tap, WakeListener, wake_agent

_NAME = "shutter.sock"


class ShutterListener(WakeListener):
    """Calls back, from its own thread, when the shutter is pressed. One at a time may listen."""

    def __init__(self, folder: Path, on_press: Callable[[], None]) -> None:
        """`folder`: the unit's data."""
        super().__init__(folder, lambda _tap: on_press(), name=_NAME)


def press_shutter(folder: Path) -> None:
    """Tell whoever listens; a press that nobody waits for is nothing."""
    wake_agent(folder, Tap.WORK, name=_NAME)
