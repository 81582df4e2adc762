"""What only a camera module can show. README.md has the procedure."""

import os
from itertools import islice

import pytest

from edge_agent.camera.picamera2_source import SIZE, is_listed, open_pi_camera
from edge_agent.camera.sight import Sight
from edge_agent.camera.source import Module

pytestmark = [
    pytest.mark.hardware,
    pytest.mark.skipif("MCA_HARDWARE" not in os.environ, reason="needs a Raspberry Pi's camera; set MCA_HARDWARE=1"),
]


def test_module_is_listed_and_gives_frames_that_show_something() -> None:
    module = Module(os.environ.get("MCA_HARDWARE_MODULE", "standard"))
    assert is_listed(0)
    sight = Sight()
    with open_pi_camera(0, module, lambda: 0) as camera:
        for frame in islice(camera.frames(), 40):
            assert frame.image.shape == (SIZE[1], SIZE[0], 3)
            sight = sight.after(frame.image, colour=module is not Module.NOIR)
    assert (sight.fault, sight.shows) == (None, True)


def test_camera_opens_again_after_it_was_closed() -> None:
    for _ in range(3):
        with open_pi_camera(0, Module.STANDARD, lambda: 0) as camera:
            assert next(camera.frames()).image.any()
