"""`mca` and its groups. A group whose program is not installed is absent: a unit's wheel carries no hub."""

from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Annotated

import typer

_GROUPS = {
    "hub": "hub.cli",
    "edge": "edge_agent.cli",
    "provision": "provisioning.cli",
    "models": "models.cli",
    "evaluate": "evaluation.cli",
    "consent": "mca.consent.cli",
}

app = typer.Typer(
    name="mca",
    help="Missing Child Alert: recognise missing children on the device, with two people before any alert.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("missing-child-alert"))
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Every command is in one of the groups below."""


def _mount_installed() -> None:
    for name, module in _GROUPS.items():
        if find_spec(module.partition(".")[0]) is not None and find_spec(module) is not None:
            app.add_typer(import_module(module).app, name=name)
    if find_spec("hub") is not None and find_spec("edge_agent") is not None:
        app.command("demo")(import_module("mca.demo.cli").demo)


_mount_installed()
