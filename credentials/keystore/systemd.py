"""A key that systemd seals to this machine: to its TPM where it has one, and to its host key (systemd-creds(1))."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

from credentials.keystore.erasure import erase, read_existing, write_new
from credentials.keystore.protocol import KeyStoreError, require_key

# The name is bound into what is sealed: a credential of another purpose does not open as this one.
_NAME: Final = "mca-vault"
_SECONDS: Final = 60


class SystemdKeyStore:
    """A file that `systemd-creds` opens on this machine alone."""

    def __init__(self, path: Path) -> None:
        """Raises KeyStoreError when systemd-creds is not here (systemd 250 or later)."""
        self._path = path
        program = shutil.which("systemd-creds")
        if program is None:
            raise KeyStoreError(
                "systemd-creds is not on this machine: it comes with systemd 250. Choose another store."
            )
        self._program = program

    @property
    def weakness(self) -> str | None:
        if subprocess.run([self._program, "--quiet", "has-tpm2"], check=False, capture_output=True).returncode == 0:  # noqa: S603
            return None
        return (
            "This machine has no TPM that systemd can use: the vault's key is sealed to a host key that systemd keeps "
            "in a file, and whoever has both on one disk can read everything."
        )

    def seal(self, key: bytes) -> None:
        write_new(self._path, self._run("encrypt", require_key(key)))

    def unseal(self) -> bytes:
        return require_key(self._run("decrypt", read_existing(self._path)))

    def zeroise(self) -> None:
        erase(self._path)

    def _run(self, verb: str, data: bytes) -> bytes:
        """`data` goes in and out through pipes: it is never an argument, and in no file."""
        command = [self._program, f"--name={_NAME}", verb, "-", "-"]
        try:
            done = subprocess.run(command, input=data, capture_output=True, timeout=_SECONDS, check=True)  # noqa: S603
        except subprocess.CalledProcessError as error:
            reason = error.stderr.decode(errors="replace").strip().splitlines() or ["it does not say why"]
            raise KeyStoreError(
                f"systemd-creds could not {verb} {self._path}: {reason[-1]}. "
                "A key that was sealed on another machine, or before its TPM changed, never opens: provision anew."
            ) from None
        except (OSError, subprocess.TimeoutExpired):
            raise KeyStoreError("systemd-creds does not run or does not answer. Look at it on this machine.") from None
        return done.stdout
