"""A real TPM 2.0 in software: swtpm, with its state in a folder."""

import shutil
import socket
import subprocess
import tempfile
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest


def require_tpm() -> None:
    """Skip where there is neither, and say what is missing."""
    if shutil.which("swtpm") is None:
        pytest.skip("swtpm is not installed: apt install swtpm")
    if find_spec("tpm2_pytss") is None:
        pytest.skip("tpm2-pytss is not installed: it is built from source with gcc and libtss2-dev (extra `tpm`)")


class SoftwareTpm:
    """One chip. Started and ended any number of times, it keeps its memory, and its registers only while it runs."""

    def __init__(self, state: Path) -> None:
        self._state = state
        # The path of a socket has at most 108 bytes, which pytest's folders exceed.
        self._sockets = Path(tempfile.mkdtemp(prefix="swtpm"))
        self.tcti = f"swtpm:path={self._sockets}/tpm"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._state.mkdir(exist_ok=True)
        self._process = subprocess.Popen(
            [
                *("swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self._state}", "--flags", "startup-clear"),
                *("--server", f"type=unixio,path={self._sockets}/tpm"),
                *("--ctrl", f"type=unixio,path={self._sockets}/tpm.ctrl"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 15
        while not (self._listens("tpm.ctrl") and self._listens("tpm")):
            assert self._process.poll() is None, "swtpm ended by itself"
            assert time.monotonic() < deadline, "swtpm did not start in 15 s"
            time.sleep(0.01)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(15)
        shutil.rmtree(self._sockets)
        self._sockets.mkdir()

    def _listens(self, name: str) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self._sockets / name)) == 0

    def extend_register(self, number: int) -> None:
        """Measure something, as the start of another system would."""
        tpm = import_module("tpm2_pytss")
        measured = tpm.TPMT_HA(hashAlg=tpm.TPM2_ALG.SHA256, digest=tpm.TPMU_HA(sha256=b"x" * 32))
        with tpm.ESAPI(self.tcti) as context:
            context.pcr_extend(tpm.ESYS_TR(number), tpm.TPML_DIGEST_VALUES([measured]))
