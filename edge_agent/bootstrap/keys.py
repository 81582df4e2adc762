"""Where a unit's secrets lie, what opens them, and their destruction."""

import sys
from contextlib import suppress
from functools import partial
from getpass import getpass

from credentials.keystore.protocol import KeyStore, KeyStoreError
from credentials.keystore.selection import open_keystore
from credentials.passphrase import read_passphrase
from edge_agent.atrest.places import Places
from edge_agent.atrest.zeroise import zeroise
from edge_agent.config import EdgeSettings
from edge_agent.link.lock import agent_has_ended
from edge_agent.link.wake import wake_agent

_AGENT_SECONDS = 10.0


def places(settings: EdgeSettings) -> Places:
    """Where the unit's secrets lie."""
    return Places(vault=settings.vault, identity=settings.identity, tls=settings.tls, data=settings.data)


def open_store(settings: EdgeSettings) -> KeyStore:
    """Where the key of the unit's vault is kept. Raises KeyStoreError when this machine has no such store."""

    def ask() -> str:
        if settings.passphrase_file is not None:
            return read_passphrase(settings.passphrase_file)
        if not sys.stdin.isatty():
            raise KeyStoreError("Nobody is here to type the vault's passphrase: set `passphrase_file`.")
        return getpass("Passphrase of this unit's vault: ")

    return open_keystore(settings.key_store, places(settings).store, ask_passphrase=ask, pcrs=settings.tpm_pcrs)


def zeroise_unit(settings: EdgeSettings) -> None:
    """Destroy the unit's keys, let a running agent end, and destroy the rest. Raises ZeroiseIncompleteError."""

    def let_agent_end() -> None:
        # Without the folder, or on a failing disk, there is nobody to wait for: what can be destroyed still is.
        with suppress(OSError):
            wake_agent(settings.data)
            agent_has_ended(settings.data, _AGENT_SECONDS)

    zeroise(places(settings), partial(open_store, settings), between=let_agent_end)
