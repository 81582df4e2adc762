"""What a running hub takes up on SIGHUP, and what it says that it cannot. What is refused leaves the rest as it was."""

import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import structlog

from credentials.private_files import PrivateFileError
from credentials.tls import read_certificate
from faults import MisconfiguredError, UnavailableError
from hub.config import HubSettings
from hub.watchlist.service import WatchlistService, load_online_keys

ReadSettings = Callable[[], HubSettings]

_WHAT_TO_DO: Final = "They are read when the hub starts: restart it."

_log = structlog.get_logger()


def reread_trust(watchlist: WatchlistService, folder: Path) -> None:
    """Sign with the TUF root and keys that lie in the folder now, if units that trust the published root follow."""
    try:
        watchlist.take_keys(load_online_keys(folder))
    except (MisconfiguredError, UnavailableError) as error:
        _log.error("keys.not-read", reason=str(error))
    else:
        _log.info("keys.read")


def reread_certificates(tls: Path, contexts: Mapping[str, ssl.SSLContext]) -> None:
    """Show renewed certificates to whoever connects from now on; `contexts` by the name of their files."""
    for name, context in contexts.items():
        try:
            read_certificate(context, tls / f"{name}.crt", tls / f"{name}.key")
        except PrivateFileError as error:
            _log.error("certificate.not-read", name=name, reason=str(error))


def say_what_waits_for_a_restart(settings: HubSettings, read: ReadSettings) -> None:
    """Settings that were changed since the hub started, which it does not take up while it runs."""
    try:
        now = read()
    except MisconfiguredError as error:
        _log.error("settings.not-read", reason=str(error))
        return
    changed = sorted(name for name in type(now).model_fields if getattr(now, name) != getattr(settings, name))
    if changed:
        _log.error("settings.changed", names=changed, reason=_WHAT_TO_DO)
