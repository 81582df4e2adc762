"""Destroying everything secret that a unit holds: its keys first, then what they open, so that nobody need hurry.

vault/zeroised is written before anything is destroyed, and says afterwards that all of it was. Whatever a power cut
left is destroyed at the next start. On flash an overwritten block may survive elsewhere for a while: that is why
every byte of `data` is encrypted, and why the key to it should lie in a TPM (docs/adr/0094-zeroise.md).
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import structlog

from credentials.keystore.erasure import erase
from credentials.keystore.protocol import KeyStore
from credentials.private_files import DiskError, make_private_directory, write_private
from edge_agent.atrest.places import Places
from faults import MisconfiguredError, UnavailableError

logger = structlog.get_logger()

_BEGUN: Final = b"begun"
_DONE: Final = b"done"


class ZeroiseIncompleteError(UnavailableError):
    """Something may not be destroyed yet."""


def zeroise(places: Places, open_store: Callable[[], KeyStore], *, between: Callable[[], None] | None = None) -> None:
    """Destroy the keys, then call `between`, then destroy all data; for a command and for a tamper switch.

    It goes on whatever fails, needs no passphrase, and can be called again at any time. A process that has the unit
    open should end soon, since keys are in its memory; `between` may wait for such a one.
    Raises ZeroiseIncompleteError when something may be left.
    """
    troubles: list[str] = []
    with _noted(troubles):
        make_private_directory(places.vault)
        write_private(places.zeroised, _BEGUN)
    with _noted(troubles):
        open_store().zeroise()
    for path in (places.store, places.keys, *places.plain):
        with _noted(troubles):
            erase(path)
    logger.warning("unit.keys_destroyed", complete=not troubles)
    if between is not None:
        between()
    with _noted(troubles):
        _erase_folder(places.data)
    if troubles:
        raise ZeroiseIncompleteError(
            f"Not everything could be destroyed: {' '.join(troubles)} Run `mca edge zeroise` again; if this repeats, "
            "destroy the disk itself, and clear the TPM if there is one."
        )
    write_private(places.zeroised, _DONE)
    logger.warning("unit.zeroised")


def is_zeroised(places: Places) -> bool:
    """Whether the destruction was begun, or is complete."""
    return places.zeroised.exists()


def finish(places: Places, open_store: Callable[[], KeyStore]) -> None:
    """Go on where a power cut ended `zeroise`; nothing when it was complete. Raises ZeroiseIncompleteError."""
    begun = places.zeroised.read_bytes() != _DONE
    if begun or places.keys.exists() or places.store.exists():
        zeroise(places, open_store)


@contextlib.contextmanager
def _noted(troubles: list[str]) -> Iterator[None]:
    """What fails must not keep the rest from being destroyed: it is told at the end."""
    try:
        yield
    except (MisconfiguredError, UnavailableError) as error:
        troubles.append(str(error))


def _erase_folder(folder: Path) -> None:
    """Erase every file below. Raises DiskError at the first that stays, after all others were tried."""
    failed: DiskError | None = None
    try:
        # Deepest first, so that folders are empty when their turn comes.
        for path in sorted(folder.rglob("*"), key=lambda path: -len(path.parts)):
            if path.is_file() and not path.is_symlink():
                try:
                    erase(path)
                except DiskError as error:
                    failed = failed or error
            elif path.is_dir() and not path.is_symlink():
                path.rmdir()
            else:
                path.unlink(missing_ok=True)  # A process that ends may have tidied up.
    except OSError as error:
        failed = failed or DiskError(f"{error.filename} could not be removed: {error.strerror}.")
    if failed is not None:
        raise failed
