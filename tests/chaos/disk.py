"""A disk of its own for a program's data: a file with a file system, which can be full, dead, read-only or cut off.

Needs root and a kernel that mounts files. What happens to it is real: the kernel answers ENOSPC, EROFS or EIO, and
after a power cut everything is gone that no `fsync` had put there.
"""

import fcntl
import os
import shutil
import struct
import subprocess
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

_STEP = 16 * 1024
_FREEZE, _THAW = 0xC0045877, 0xC0045878  # FIFREEZE, FITHAW: no write is under way in between.
# EXT4_IOC_SHUTDOWN: the file system takes no more, and what is not in its journal on the disk is dropped.
_SHUT_DOWN, _WITHOUT_FLUSHING = 0x8004587D, 2


@cache
def can_mount() -> bool:
    """Whether this process may make disks. Root in a container often may not: so one is made."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("mkfs.ext4", "e2fsck", "mount", "umount", "findmnt"))):
        return False
    with tempfile.TemporaryDirectory() as name, suppress(OSError):
        folder = Path(name, "folder")
        folder.mkdir()
        SmallDisk(folder, Path(name, "image"), 8).close()
        return True
    return False


class SmallDisk:
    """Mounted over an empty folder."""

    def __init__(self, folder: Path, image: Path, megabytes: int) -> None:
        """Make the disk; the folder keeps its rights and its owner."""
        self._folder = folder
        self._image = image
        self._filler = folder / "filler"
        rights = folder.stat().st_mode & 0o7777
        with image.open("wb") as file:
            file.truncate(megabytes << 20)
        _run("mkfs.ext4", "-q", "-F", "-m", "0", str(image))
        self._mount()
        folder.chmod(rights)

    def fill(self, spare: int) -> None:
        """Leave only so many bytes, or a little more."""
        free = os.statvfs(self._folder)
        size = free.f_bavail * free.f_frsize - spare
        with self._filler.open("wb") as file:
            # The file system needs blocks of its own to say where those of the file are.
            while size > 0:
                with suppress(OSError):
                    os.posix_fallocate(file.fileno(), 0, size)
                    return
                size -= _STEP

    def empty(self) -> None:
        """Give the space back."""
        self._filler.unlink(missing_ok=True)

    def cut_power(self) -> None:
        """From now on it takes nothing, and forgets what it has not yet written. Until `repair`."""
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, _SHUT_DOWN, struct.pack("=I", _WITHOUT_FLUSHING))
        finally:
            os.close(folder)

    def turn_read_only(self) -> None:
        """Let the kernel find a fault and write to it no more, as it does with a worn-out card. Until `repair`.

        Between two writes: of an fsync that meets the very moment, Linux 6.18 says that it succeeded when it did not.
        """
        device = subprocess.run(
            ["findmnt", "-no", "SOURCE", str(self._folder)], capture_output=True, text=True, check=True
        ).stdout.strip()
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, _FREEZE, 0)
            try:
                Path(f"/sys/fs/ext4/{Path(device).name}/trigger_fs_error").write_text("1")
            finally:
                fcntl.ioctl(folder, _THAW, 0)
        finally:
            os.close(folder)

    def repair(self) -> None:
        """As a machine does when it starts: mended and mounted anew. Nobody may have a file of it open."""
        self.close()
        done = subprocess.run(["e2fsck", "-p", str(self._image)], capture_output=True, text=True, check=False)
        if done.returncode > 1:
            raise OSError(f"The disk cannot be repaired: {done.stdout}{done.stderr}")
        self._mount()
        self.empty()

    def close(self) -> None:
        """Take it out."""
        _run("umount", str(self._folder))

    def _mount(self) -> None:
        _run("mount", "-o", "loop,errors=remount-ro", str(self._image), str(self._folder))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"{command[0]}: {done.stderr.strip()}")
