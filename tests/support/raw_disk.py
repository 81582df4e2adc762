"""A file system of its own in an image file, so that what is really left on a disk can be read raw."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def raw_disk(folder: Path, *, megabytes: int = 8) -> Iterator[tuple[Path, Path]]:
    """Where it is mounted, and its raw image. Skips the test where none can be mounted."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system")
    image, mounted = folder / "image", folder / "disk"
    mounted.mkdir()
    with image.open("wb") as file:
        file.truncate(megabytes * 1024 * 1024)
    made = subprocess.run(["mkfs.ext4", "-q", "-E", "lazy_itable_init=0", image], check=False, capture_output=True)
    if made.returncode != 0:
        pytest.skip(f"no file system can be made here: {made.stderr.decode().strip()}")
    mount = subprocess.run(["mount", "-o", "loop", image, mounted], check=False, capture_output=True)
    if mount.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {mount.stderr.decode().strip()}")
    try:
        yield mounted, image
    finally:
        subprocess.run(["umount", mounted], check=False, capture_output=True)
