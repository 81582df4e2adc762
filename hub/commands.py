"""What every command of the hub begins with: its settings, its rooms, and who gives it."""

import getpass
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from faults import RejectedError
from hub.config import HubSettings, load_settings

if TYPE_CHECKING:
    from hub.bootstrap import Services


class InputError(RejectedError):
    """A file or a value on the command line cannot be used."""


@dataclass(frozen=True, slots=True)
class CommandContext:
    """Where the settings are."""

    config: Path = Path("hub.toml")


def config_of(context: typer.Context) -> Path:
    """The settings' file."""
    return context.ensure_object(CommandContext).config


def settings_of(context: typer.Context) -> HubSettings:
    """Raises SettingsError."""
    return load_settings(config_of(context))


def services_of(context: typer.Context) -> "Services":
    """The hub's rooms, on its database. Raises MisconfiguredError or UnavailableError."""
    from hub.bootstrap import build_services

    return build_services(settings_of(context))


def actor() -> str:
    """Who gives a command, for the audit trail."""
    return f"command:{getpass.getuser()}"
