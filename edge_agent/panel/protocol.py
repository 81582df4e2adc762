"""What the rest of a unit knows of its panel."""

from dataclasses import dataclass
from typing import Protocol

from edge_agent.panel.light import Light
from faults import UnavailableError


class PanelMissingError(UnavailableError):
    """Pins are set, and this machine has no GPIO, or does not let this user have it."""


@dataclass(frozen=True, slots=True)
class Pins:
    """The numbers of the GPIO lines (BCM), each None where nothing is wired to it."""

    shutter: int | None = None
    light: tuple[int, int, int] | None = None  # red, green, blue
    tamper: int | None = None

    @property
    def used(self) -> bool:
        """Whether there is a panel at all."""
        return (self.shutter, self.light, self.tamper) != (None, None, None)


class Panel(Protocol):
    """A light to set; what is pressed or opened is reported through callbacks."""

    def show(self, light: Light) -> None:
        """Set the light."""
        ...

    def close(self) -> None:
        """Give the lines back; the light goes out."""
        ...


class NoPanel:
    """A unit without a panel."""

    def show(self, light: Light) -> None:
        """Nowhere."""

    def close(self) -> None:
        """Nothing to give back."""
