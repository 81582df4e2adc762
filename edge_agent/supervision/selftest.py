"""What a unit tests when it starts, and whenever a technician asks. No picture is taken: a start is no legal basis."""

import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

import numpy as np

from credentials.vault import StoredDataError, Vault
from edge_agent.camera.presence import is_there
from edge_agent.camera.source import CameraChoice
from edge_agent.supervision.disk import read_disk
from models.errors import PackRejectedError, TemplateRejectedError
from models.pack import Pack
from models.recogniser import Recogniser
from protocol.health import Alarm

_PLACE: Final = "self-test"
_TRIED: Final = 4096  # bytes


def check_models(pack: Pack, threads: int) -> Iterator[Alarm]:
    """Whether the networks open and give one picture the same template twice, of length 1."""
    try:
        recogniser = Recogniser(pack, threads)
        size = pack.manifest.alignment.size
        noise = np.random.default_rng(0).integers(0, 256, (size, size, 3), np.uint8)
        recogniser.detect(noise)
        first, second = (template.vector for template in recogniser.embed([noise, noise]))
    except (PackRejectedError, TemplateRejectedError):
        yield Alarm.MODELS_FAILED
        return
    if not (np.allclose(first, second, atol=1e-4) and np.isclose(np.linalg.norm(first), 1, atol=1e-3)):
        yield Alarm.MODELS_FAILED


def check_vault(vault: Vault) -> Iterator[Alarm]:
    """Whether what is encrypted decrypts."""
    data = secrets.token_bytes(32)
    try:
        if vault.decrypt(vault.encrypt(data, _PLACE), _PLACE) != data:
            yield Alarm.VAULT_FAILED
    except StoredDataError:
        yield Alarm.VAULT_FAILED


def check_disk(folder: Path) -> Iterator[Alarm]:
    """Whether the disk takes a file and gives it back, and its health."""
    data = secrets.token_bytes(_TRIED)
    try:
        # Without a name: nothing stays, however this ends. Not every disk that takes nothing says that it is read-only.
        with TemporaryFile(dir=folder, buffering=0) as trial:
            taken = trial.write(data) == _TRIED
            os.fsync(trial.fileno())
            trial.seek(0)
            found = {*read_disk(folder).faults()}
            if not taken or trial.read() != data:
                found.add(Alarm.DISK_READ_ONLY)
    except OSError as error:
        found = {Alarm.DISK_FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else Alarm.DISK_READ_ONLY}
    yield from sorted(found)


def check_camera(choice: CameraChoice | None) -> Iterator[Alarm]:
    """Whether the unit's camera is there; a unit without one in its settings has nothing to lose."""
    if choice is not None and not is_there(choice):
        yield Alarm.CAMERA_LOST
