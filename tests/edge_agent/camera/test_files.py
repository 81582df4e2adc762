from pathlib import Path

import numpy as np
import pytest

from edge_agent.camera.files import FileCamera
from edge_agent.camera.frame import PhotographUnreadableError
from models.errors import ImageRejectedError
from models.images import encode_png


def picture(path: Path, shade: int) -> None:
    path.write_bytes(encode_png(np.full((20, 30, 3), shade, np.uint8)))


def camera(path: Path) -> FileCamera:
    return FileCamera(path, now=lambda: 7)


def test_folder_is_taken_in_the_order_of_names_and_other_files_are_left(tmp_path: Path) -> None:
    for name, shade in (("b.png", 2), ("a.PNG", 1), ("c.png", 3)):
        picture(tmp_path / name, shade)
    (tmp_path / "notes.txt").write_text("not a photograph")
    frames = list(camera(tmp_path).frames())
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [1, 2, 3]
    assert {frame.captured_at for frame in frames} == {7}


def test_folder_without_photographs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PhotographUnreadableError, match="no JPEG, PNG or WebP"):
        list(camera(tmp_path).frames())


def test_missing_photograph_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PhotographUnreadableError, match="No such file"):
        list(camera(tmp_path / "gone.jpg").frames())


def test_file_that_is_no_photograph_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("hello")
    with pytest.raises(ImageRejectedError):
        list(camera(tmp_path / "a.jpg").frames())


def test_endless_file_is_not_read_to_its_end() -> None:
    with pytest.raises(ImageRejectedError, match="MB"):
        list(camera(Path("/dev/zero")).frames())
