"""`mca provision` as it is called, with the folders it makes."""

from pathlib import Path

from provisioning.cli import app
from tests.support.broker import free_port


def provision(*arguments: str | Path | int) -> None:
    """Run `mca provision` in this process; its errors are raised."""
    app([str(argument) for argument in arguments], standalone_mode=False)


def init(folder: Path, *options: str | int, hub: str = "bd") -> Path:
    """An authority whose services are on free loopback ports unless the options say otherwise."""
    provision("init", folder, "--hub", hub, "--broker-port", free_port(), *options)
    return folder


def add_unit(folder: Path, name: str = "benapole-1", *, hub: str = "bd") -> Path:
    """The folder of a new unit."""
    provision("unit", folder, f"{hub}/{name}", "--site", f"{hub}/benapole")
    return folder / "units" / name
