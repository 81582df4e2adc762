"""What is amiss with the camera, as staff are told it; and a camera that two look through, or that nobody closes."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest

from edge_agent.bootstrap import Unit
from edge_agent.camera.frame import Camera, CameraLostError, Frame
from edge_agent.kiosk.lens import Lens, SharedCamera
from faults import MissingChildAlertError
from models.images import RgbImage, decode_image
from tests.edge_agent.camera.test_picamera2_source import FULL, Recorded
from tests.edge_agent.kiosk.test_intake import DECISION, begin, photograph, signed_in, waiting
from tests.edge_agent.lists import SAMPLES
from tests.support.hub_simulator import wait_until


class Module(Recorded):
    """A camera module of the unit, which gives these pictures for ever, each with a sensor's noise or without."""

    def __init__(self, image: RgbImage, *, noise: bool) -> None:
        super().__init__(controls=FULL)
        self.image = image
        self.noise = noise

    def do_wait(self, job: str, timeout: float) -> Any:
        frame = super().do_wait(job, timeout)
        if job == "array":
            frame = self.image.copy()
            frame[0, 0] += np.uint8(self.taken if self.noise else 0)
        return frame


def plugged_in(monkeypatch: pytest.MonkeyPatch, module: Module) -> None:
    """What the system's package of this name gives on a Raspberry Pi."""

    class Picamera2:
        def __new__(cls, number: int, *, tuning: object) -> Any:
            assert (number, tuning) == (0, None)
            return module

        @staticmethod
        def global_camera_info() -> list[dict[str, object]]:
            return [{"Model": "imx219", "Num": 0}]

    monkeypatch.setitem(sys.modules, "picamera2", SimpleNamespace(Picamera2=Picamera2))


def portrait(tint: tuple[float, float, float]) -> RgbImage:
    image = decode_image((SAMPLES / "obama2.jpg").read_bytes())
    tinted: RgbImage = (image * np.array(tint)).astype(np.uint8)
    return tinted


BLACK = np.full((96, 128, 3), 6, np.uint8)


@pytest.mark.parametrize(
    ("image", "noise", "said"),
    [
        (BLACK, True, "ক্যামেরা কিছু দেখছে না"),
        (portrait((1, 1, 1)), False, "ক্যামেরা পুরোনো ছবি দেখাচ্ছে"),
    ],
    ids=["covered", "frozen"],
)
def test_blind_camera_is_not_said_or_takes_a_picture(
    unit: Unit, monkeypatch: pytest.MonkeyPatch, image: RgbImage, noise: bool, said: str
) -> None:
    plugged_in(monkeypatch, Module(image, noise=noise))
    with signed_in(unit, camera="picamera2") as screen:
        begin(screen)
        screen.submit("/intake/permit", **DECISION)
        wait_until(lambda: screen.get("/intake/view").headers["View-Turn"] != "0")
        page = screen.get("/intake/camera")
        assert page.url.path == "/intake/camera"
        assert said in page.text
        assert "/intake/shoot" not in page.text
        # Mended, and opened again from the same page.
        plugged_in(monkeypatch, Module(portrait((1, 1, 1)), noise=True))
        screen.submit("/intake/camera")
        assert photograph(screen) == "/intake/facts"


def test_camera_that_is_unplugged_before_the_burst_is_not_said_or_loses_the_basis(
    unit: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = Module(portrait((1, 1, 1)), noise=True)
    plugged_in(monkeypatch, module)
    with signed_in(unit, camera="picamera2") as screen:
        begin(screen)
        screen.submit("/intake/permit", **DECISION)
        wait_until(lambda: screen.get("/intake/view").status_code == 200)
        module.silent_after = module.taken
        screen.submit("/intake/shoot")
        wait_until(lambda: "ক্যামেরা নেই" in screen.get("/intake/camera").text)
        assert waiting(unit) == []
        plugged_in(monkeypatch, Module(portrait((1, 1, 1)), noise=True))
        screen.submit("/intake/camera")
        assert photograph(screen) == "/intake/facts"
        assert screen.submit("/intake/facts").url.path == "/intake/done"
    assert len(waiting(unit)) == 1


def test_wrong_colours_are_not_said_or_stop_the_intake(unit: Unit, monkeypatch: pytest.MonkeyPatch) -> None:
    plugged_in(monkeypatch, Module(portrait((1, 0.6, 0.3)), noise=True))
    with signed_in(unit, camera="picamera2") as screen:
        begin(screen)
        screen.submit("/intake/permit", **DECISION)
        wait_until(lambda: "রং ঠিক নেই" in unquote(screen.get("/intake/view").headers["View-Guidance"]))
        assert photograph(screen) == "/intake/facts"


class Looker:
    """Wants every frame, and keeps how many came."""

    def __init__(self) -> None:
        self.frames = 0
        self.problem: MissingChildAlertError | None = None

    def see(self, frame: Frame) -> bool:
        self.frames += frame.image.ndim // 3
        return True

    def begin_again(self) -> bool:
        return True

    def fail(self, problem: MissingChildAlertError) -> None:
        self.problem = problem


class Sensor:
    """Frames for ever, until it is to break in a way that no camera should."""

    broken = False

    def frames(self) -> Iterator[Frame]:
        while not self.broken:
            yield Frame(BLACK, 0)
        raise ZeroDivisionError("a fault of the program")


def test_camera_is_opened_twice_or_for_somebody_who_has_gone() -> None:
    opened: list[str] = []
    closed = threading.Event()

    @contextmanager
    def camera() -> Iterator[Camera]:
        opened.append("open")
        yield Sensor()
        opened.append("closed")
        if opened.count("closed") == 2:
            closed.set()

    shared, first, gone, last = SharedCamera(camera), Looker(), Looker(), Looker()
    lenses = [Lens(shared, looker) for looker in (first, gone, last)]
    lenses[0].open()
    wait_until(lambda: first.frames)
    for lens in lenses[1:]:
        lens.open()
    lenses[1].close()
    assert (opened, last.frames) == (["open"], 0)
    lenses[0].close()
    wait_until(lambda: last.frames)
    lenses[2].close()
    assert closed.wait(60)
    assert opened == ["open", "closed"] * 2
    assert gone.frames == 0


def test_fault_of_the_program_leaves_a_page_that_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    sensor, looker = Sensor(), Looker()
    traces: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", traces.append)
    Lens(SharedCamera(lambda: nullcontext(sensor)), looker).open()
    wait_until(lambda: looker.frames)
    sensor.broken = True
    (trace,) = wait_until(lambda: traces)
    assert trace.exc_type is ZeroDivisionError
    assert isinstance(looker.problem, CameraLostError)
