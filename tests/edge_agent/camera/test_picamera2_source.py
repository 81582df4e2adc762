"""The adapter against what picamera2 really takes: its signatures, recorded from the package's source."""

import ast
import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_agent.camera.frame import CameraLostError
from edge_agent.camera.picamera2_source import SIZE, PiFrames, is_listed, open_pi_camera
from edge_agent.camera.source import Module

CONTRACT = json.loads((Path(__file__).parent / "picamera2.json").read_text())


def signatures(source: str, kind: str) -> dict[str, list[str]]:
    """The parameters of each method of a class, as the package's source has them; overloads are passed over."""
    (found,) = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and node.name == kind]
    methods = [node for node in found.body if isinstance(node, ast.FunctionDef)]
    return {
        method.name: [argument.arg for argument in (*method.args.args, *method.args.kwonlyargs)]
        for method in methods
        if not any("overload" in ast.unparse(decorator) for decorator in method.decorator_list)
    }


class Recorded:
    """A camera that takes what picamera2 takes, by its recorded signatures, and refuses everything else."""

    def __init__(self, *, controls: dict[str, Any], silent_after: int | None = None) -> None:
        self.camera_controls = controls
        self.silent_after = silent_after
        self.configuration: dict[str, Any] = {}
        self.set: list[dict[str, Any]] = []
        self.taken = 0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in CONTRACT["Picamera2"]:
            raise AttributeError(name)
        takes = CONTRACT["Picamera2"][name]

        def call(*positional: Any, **named: Any) -> Any:
            bound = dict(zip(takes[1:], positional, strict=False)) | named
            assert len(positional) < len(takes)
            assert set(named) <= set(takes[1:]) - set(takes[1 : 1 + len(positional)]), f"{name} takes no {named}"
            return getattr(self, f"do_{name}", lambda **_: None)(**bound)

        return call

    def do_create_video_configuration(self, **given: Any) -> dict[str, Any]:
        assert given["main"]["format"] in CONTRACT["formats"]
        return given

    def do_configure(self, camera_config: dict[str, Any]) -> None:
        self.require(camera_config["controls"])
        self.configuration = camera_config

    def do_set_controls(self, controls: dict[str, Any]) -> None:
        self.require(controls)
        self.set.append(controls)

    def do_capture_array(self, name: str, wait: bool) -> str:
        assert (name, wait) == ("main", False)
        return "array"

    def do_capture_metadata(self, wait: bool) -> str:
        assert not wait
        return "metadata"

    def do_wait(self, job: str, timeout: float) -> Any:
        assert timeout > 0
        if job == "metadata":
            return {"ExposureTime": 9000, "AnalogueGain": 2.0, "ColourGains": (1.5, 1.8), "Lux": 300.0}
        self.taken += 1
        if self.silent_after is not None and self.taken > self.silent_after:
            raise TimeoutError
        width, height = self.configuration["main"]["size"]
        return np.full((height, width, 3), self.taken, np.uint8)

    def require(self, controls: dict[str, Any]) -> None:
        for name in controls:
            if name not in self.camera_controls:
                raise RuntimeError(f"Control {name} is not advertised by libcamera")


FULL = dict.fromkeys(
    ("AfMode", "AeEnable", "AwbEnable", "ExposureTime", "AnalogueGain", "ColourGains", "HdrMode"), (0, 1, 0)
)


def test_frames_come_with_autofocus_and_exposure_locked_after_it_settled() -> None:
    camera = Recorded(controls=FULL)
    first, second = islice(PiFrames(camera, Module.STANDARD, lambda: 5).frames(), 2)
    assert camera.configuration["controls"] == {"AfMode": CONTRACT["AfModeEnum.Continuous"]}
    (locked,) = camera.set
    assert (locked["AeEnable"], locked["AwbEnable"]) == (False, False)
    assert (locked["ExposureTime"], locked["ColourGains"]) == (9000, (1.5, 1.8))
    assert "Lux" not in locked
    assert first.image.shape == (SIZE[1], SIZE[0], 3)
    assert second.image[0, 0, 0] == first.image[0, 0, 0] + 1


def test_module_without_a_lens_motor_is_given_no_autofocus() -> None:
    controls = {name: value for name, value in FULL.items() if name not in {"AfMode", "HdrMode"}}
    camera = Recorded(controls=controls)
    next(PiFrames(camera, Module.HDR, lambda: 5).frames())
    assert camera.configuration["controls"] == {}


def test_hdr_is_asked_for_where_the_board_has_it() -> None:
    camera = Recorded(controls=FULL)
    PiFrames(camera, Module.HDR, lambda: 5)
    assert camera.configuration["controls"]["HdrMode"] == CONTRACT["HdrModeEnum.SingleExposure"]


def test_camera_that_is_unplugged_while_it_runs_is_lost() -> None:
    frames = PiFrames(Recorded(controls=FULL, silent_after=22), Module.STANDARD, lambda: 5).frames()
    with pytest.raises(CameraLostError, match="cable"):
        list(frames)


def test_machine_without_the_package_has_no_such_camera() -> None:
    assert not is_listed(0)
    with pytest.raises(CameraLostError), open_pi_camera(0, Module.STANDARD, lambda: 5):
        pass


def test_constructor_and_devices_are_called_as_they_are() -> None:
    assert CONTRACT["Picamera2"]["__init__"][:4] == ["self", "camera_num", "verbose_console", "tuning"]
    assert CONTRACT["Picamera2"]["global_camera_info"] == []
    assert CONTRACT["Picamera2"]["load_tuning_file"][0] == "tuning_file"
    assert CONTRACT["IMX708"] == {"__init__": ["self", "camera_num"], "set_sensor_hdr_mode": ["self", "enable"]}


@pytest.mark.registry
def test_contract_is_what_the_locked_package_says(tmp_path: Path) -> None:
    version = CONTRACT["version"]
    fetch = ["download", "--no-deps", "--no-binary=:all:", "--no-build-isolation", "-q", "--dest", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "pip", *fetch, f"picamera2=={version}"], capture_output=True, timeout=300, check=False
    )
    if done.returncode:
        pytest.skip("no package registry answers")
    (archive,) = tmp_path.glob("picamera2-*.tar.gz")
    with tarfile.open(fileobj=io.BytesIO(archive.read_bytes())) as files:

        def text(path: str) -> str:
            member = files.extractfile(f"picamera2-{version}/{path}")
            assert member is not None
            return member.read().decode()

        camera = signatures(text("picamera2/picamera2.py"), "Picamera2")
        sensor = signatures(text("picamera2/devices/imx708/imx708.py"), "IMX708")
        assert all(f'"{name}"' in text("picamera2/formats.py") for name in CONTRACT["formats"])
    assert {name: camera[name] for name in CONTRACT["Picamera2"]} == CONTRACT["Picamera2"]
    assert {name: sensor[name] for name in CONTRACT["IMX708"]} == CONTRACT["IMX708"]
