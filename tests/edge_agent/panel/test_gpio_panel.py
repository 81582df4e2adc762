"""The real adapter on gpiozero's simulated pins, which refuse what real ones refuse."""

import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest
from gpiozero.pins.mock import MockFactory, MockPin

from edge_agent.panel.debounce import Debounced
from edge_agent.panel.gpio_panel import GpioPanel
from edge_agent.panel.light import Light
from edge_agent.panel.protocol import PanelMissingError, Pins
from edge_agent.panel.shutter import ShutterListener, press_shutter
from tests.support.hub_simulator import wait_until

PINS = Pins(shutter=17, light=(22, 23, 24), tamper=27)


class Grounded(MockPin):  # type: ignore[misc]  # gpiozero ships no types.
    """A line that a closed switch holds at ground, against its pull-up."""

    def _set_pull(self, value: str) -> None:
        self._pull = value


@pytest.fixture
def board() -> Iterator[MockFactory]:
    """One whose case is shut."""
    factory = MockFactory()
    factory.pin(27, pin_class=Grounded).drive_low()
    yield factory
    factory.close()


class Box:
    """A unit's case with its panel, and what it reported."""

    def __init__(self, board: MockFactory, pins: Pins = PINS) -> None:
        self.presses: SimpleQueue[None] = SimpleQueue()
        self.opened = threading.Event()
        self.panel = GpioPanel(
            pins,
            on_shutter=lambda: self.presses.put(None),
            on_tamper=self.opened.set,
            pin_factory=board,
            open_seconds=0.2,
        )


@pytest.fixture
def box(board: MockFactory) -> Iterator[Box]:
    box = Box(board)
    yield box
    box.panel.close()


def colour(board: MockFactory) -> tuple[bool, ...]:
    return tuple(bool(board.pin(number).state) for number in (22, 23, 24))


def test_chattering_contact_is_one_press(board: MockFactory, box: Box) -> None:
    for _ in range(20):
        board.pin(17).drive_low()
        board.pin(17).drive_high()
    box.presses.get(timeout=60)
    with pytest.raises(Empty):
        box.presses.get_nowait()


def test_presses_apart_count_and_one_who_leans_on_the_button_presses_once() -> None:
    moments = iter([1.0, 1.01, 1.4, 1.8, 2.2, 3.0])
    presses: list[float] = []
    button = Debounced(lambda: presses.append(1), lambda: next(moments), apart=0.5)
    counted = []
    for _ in range(6):
        button.press()
        counted.append(len(presses))
    assert counted == [1, 1, 1, 1, 1, 2]


@pytest.mark.parametrize(
    ("light", "shown"),
    [
        (Light.READY, (False, True, False)),
        (Light.CAPTURING, (True, True, True)),
        (Light.QUEUED, (False, False, True)),
        (Light.OFFLINE, (True, True, False)),
        (Light.FAULT, (True, False, False)),
    ],
)
def test_every_state_has_its_colour_and_the_light_goes_out_at_the_end(
    board: MockFactory, box: Box, light: Light, shown: tuple[bool, ...]
) -> None:
    box.panel.show(light)
    wait_until(lambda: colour(board) == shown, seconds=60)
    box.panel.close()
    assert colour(board) == (False, False, False)


def test_opened_case_is_told(board: MockFactory, box: Box) -> None:
    assert not box.opened.is_set()
    board.pin(27).drive_high()
    assert box.opened.wait(60)


def test_case_that_is_open_at_the_start_and_a_cut_wire_are_told(board: MockFactory) -> None:
    box = Box(board, Pins(tamper=4))  # The line is pulled up, and nothing holds it down.
    assert box.opened.wait(60)
    box.panel.close()


def test_unit_of_which_only_the_light_is_wired(board: MockFactory) -> None:
    box = Box(board, Pins(light=(22, 23, 24)))
    box.panel.show(Light.READY)
    assert colour(board) == (False, True, False)
    box.panel.close()
    assert not box.opened.is_set()


def test_machine_without_gpio_says_so() -> None:
    with pytest.raises(PanelMissingError, match="do not open"):
        GpioPanel(PINS, on_shutter=lambda: None, on_tamper=lambda: None)


def test_pin_that_no_board_has_says_so(board: MockFactory) -> None:
    with pytest.raises(PanelMissingError):
        GpioPanel(Pins(shutter=99), on_shutter=lambda: None, on_tamper=lambda: None, pin_factory=board)


def test_press_reaches_the_page_in_another_process(tmp_path: Path) -> None:
    press_shutter(tmp_path)  # Nobody listens.
    pressed = threading.Event()
    listener = ShutterListener(tmp_path, pressed.set)
    press_shutter(tmp_path)
    assert pressed.wait(60)
    listener.close()
