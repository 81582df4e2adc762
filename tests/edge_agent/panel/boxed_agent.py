"""`mca edge run` in a case with a tamper switch: gpiozero's simulated board, opened by a line of the input."""

import sys
import threading

from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from mca.__main__ import main
from tests.edge_agent.panel.test_gpio_panel import Grounded

TAMPER_PIN = 27


def run() -> None:
    """Until the agent ends."""
    board = MockFactory()
    board.pin(TAMPER_PIN, pin_class=Grounded).drive_low()
    Device.pin_factory = board

    def open_when_told() -> None:
        if sys.stdin.readline():
            board.pin(TAMPER_PIN).drive_high()

    threading.Thread(target=open_when_told, daemon=True).start()
    sys.argv = ["mca", "edge", "run"]
    main()


if __name__ == "__main__":
    run()
