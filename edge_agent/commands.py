"""What every command of a unit begins with: its settings, its parts, and the options that several share."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from edge_agent.bootstrap import Unit

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Uncalibrated = Annotated[
    bool,
    typer.Option("--uncalibrated", help="Work with a pack whose scores nobody has calibrated, and mark every result."),
]


@contextmanager
def opened_unit(context: typer.Context, *, uncalibrated: bool) -> Iterator["Unit"]:
    """The unit of the settings that the command was given. Raises SettingsError, or as `open_unit` does."""
    from edge_agent.bootstrap import open_unit
    from edge_agent.config import load_settings

    settings = load_settings(context.obj)
    with open_unit(settings.model_copy(update={"uncalibrated": uncalibrated or settings.uncalibrated})) as unit:
        yield unit
