"""The panel through gpiozero, which is imported nowhere else."""

import os
import threading
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from gpiozero import RGBLED, Button, Device
from gpiozero.exc import GPIOZeroError
from gpiozero.pins import Factory

from edge_agent.panel.debounce import Debounced
from edge_agent.panel.light import Light
from edge_agent.panel.protocol import PanelMissingError, Pins

_CHIP: Final = "/dev/gpiochip0"

_BOUNCE: Final = 0.02
"""Seconds for which a line has to be still, where the board can see to it."""

_OPEN: Final = 0.5
"""Seconds for which the case must be open: a knock opens the switch for a few milliseconds."""

_LOOK: Final = 0.5
"""Seconds after which the watcher of the case looks whether the panel is being closed."""

_Colour = tuple[float, float, float]
_RED, _GREEN, _BLUE, _WHITE, _YELLOW = (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1), (1, 1, 0)

# Each has a rhythm of its own too, for who does not tell red from green: seconds on and off, off 0 is steady.
_SIGNS: Final[Mapping[Light, tuple[_Colour, float, float]]] = MappingProxyType(
    {
        Light.READY: (_GREEN, 1, 0),
        Light.CAPTURING: (_WHITE, 1, 0),
        Light.QUEUED: (_BLUE, 2, 0.5),
        Light.OFFLINE: (_YELLOW, 0.5, 2),
        Light.FAULT: (_RED, 0.25, 0.25),
    }
)


class GpioPanel:
    """The lines of one board."""

    def __init__(
        self,
        pins: Pins,
        *,
        on_shutter: Callable[[], None],
        on_tamper: Callable[[], None],
        pin_factory: Factory | None = None,
        open_seconds: float = _OPEN,
    ) -> None:
        """Take the lines. The callbacks are called from other threads; `on_tamper` at most once.

        The shutter closes its line to ground. So does the tamper switch while the case is shut: a cut wire is an open
        case, and so is a case that is open at the start. `pin_factory`: by default what gpiozero was told
        (`Device.pin_factory`), or the board's own.
        Raises PanelMissingError.
        """
        self._on_tamper = on_tamper
        self._open_seconds = open_seconds
        self._closing = threading.Event()
        self._watcher: threading.Thread | None = None
        self._light: RGBLED | None = None
        self._shutter: Button | None = None
        self._tamper: Button | None = None
        try:
            factory = pin_factory or Device.pin_factory or _board()
            if pins.light is not None:
                self._light = RGBLED(*pins.light, pwm=False, pin_factory=factory)
            if pins.shutter is not None:
                self._shutter = Button(pins.shutter, bounce_time=_BOUNCE, pin_factory=factory)
                self._shutter.when_pressed = Debounced(on_shutter, time.monotonic).press
            if pins.tamper is not None:
                self._tamper = Button(pins.tamper, pin_factory=factory)
                self._watcher = threading.Thread(target=self._watch, args=(self._tamper,), name="tamper", daemon=True)
                self._watcher.start()
        except (GPIOZeroError, OSError) as error:  # GPIO that is not there, or not for this user.
            self.close()
            raise PanelMissingError(f"The panel's lines do not open: {error}.") from error

    def show(self, light: Light) -> None:
        """Set the light."""
        if self._light is None:
            return
        colour, on, off = _SIGNS[light]
        if off:
            self._light.blink(on_time=on, off_time=off, on_color=colour)
        else:
            self._light.color = colour

    def close(self) -> None:
        """Give the lines back; the light goes out."""
        if self._closing.is_set():
            return
        self._closing.set()
        if self._watcher is not None:
            self._watcher.join()
        if self._light is not None:
            self._light.off()
        for device in (self._light, self._shutter, self._tamper):
            if device is not None:
                device.close()

    def _watch(self, tamper: Button) -> None:
        """Until the case has been open for so long, or the panel is closed."""
        while not self._closing.is_set():
            if tamper.wait_for_release(_LOOK) and not tamper.wait_for_press(self._open_seconds):
                if not self._closing.is_set():
                    self._on_tamper()
                return


def _board() -> Factory:
    """gpiozero's own choice would fall back, with warnings, to ways that today's kernels do not offer."""
    if not os.access(_CHIP, os.R_OK | os.W_OK):
        raise PermissionError(f"{_CHIP} is not there, or not for this user")
    try:
        from gpiozero.pins.lgpio import LGPIOFactory
    except ImportError as error:
        raise OSError("the system's package python3-lgpio is missing") from error
    return LGPIOFactory()
