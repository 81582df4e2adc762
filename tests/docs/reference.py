"""docs/reference.md, written from the program itself: `scripts/reference`."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import typer
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

import faults
from tests.docs.tree import ROOT

REFERENCE = ROOT / "docs" / "reference.md"
_PACKAGES = (
    "configuration",
    "credentials",
    "edge_agent",
    "evaluation",
    "hub",
    "mca",
    "models",
    "protocol",
    "provisioning",
)
_ROOTS = (faults.RejectedError, faults.UnavailableError, faults.MisconfiguredError)
_WHO = {
    faults.RejectedError: "whoever gave it",
    faults.UnavailableError: "nobody: try again",
    faults.MisconfiguredError: "the technician",
}


def reference() -> str:
    """The whole document."""
    from edge_agent.config import EdgeSettings
    from hub.audit.model import AuditAction
    from hub.config import HubSettings

    return "\n".join(
        [
            "# Reference",
            "",
            "Written by `scripts/reference` from the program; a test fails when it is stale.",
            *_section("Commands", ("command", "what it does"), _commands()),
            *_section("Settings of a hub", ("hub.toml", "default"), _settings(HubSettings)),
            *_section("Settings of a unit", ("edge.toml", "default"), _settings(EdgeSettings)),
            *_section("Audit trail", ("action",), ((f"`{action}`",) for action in AuditAction)),
            *_section("Errors", ("error", "who must act", "what it means"), _errors()),
            "",
        ]
    )


def errors() -> dict[str, type[Exception]]:
    """Every exception class of the project by module and name."""
    return {
        f"{name}.{member.__name__}": member
        for name, module in _modules()
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, Exception) and member.__module__ == name
    }


def commands() -> dict[str, str]:
    """Every command of `mca` as it is typed, with the first line of its help."""
    from mca.cli import app

    def walk(command: object, words: str) -> Iterator[tuple[str, str]]:
        children = getattr(command, "commands", None)
        if children is None:
            yield words, str(getattr(command, "help", "")).strip().splitlines()[0]
            return
        for name, child in children.items():
            yield from walk(child, f"{words} {name}")

    return dict(walk(typer.main.get_command(app), "mca"))


def _modules() -> Iterator[tuple[str, ModuleType]]:
    for name in _PACKAGES:
        package = importlib.import_module(name)
        yield name, package
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if ".migrations" not in module.name and not module.name.endswith("__main__"):
                yield module.name, importlib.import_module(module.name)


def _section(title: str, columns: Sequence[str], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield from ("", f"## {title}", "", f"| {' | '.join(columns)} |", "|" + " --- |" * len(columns))
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _commands() -> Iterator[tuple[str, ...]]:
    return ((f"`{words}`", summary) for words, summary in sorted(commands().items()))


def _settings(settings: type[BaseSettings]) -> Iterator[tuple[str, ...]]:
    for name, field in settings.model_fields.items():
        default = field.default
        yield f"`{name}`", "must be given" if default is PydanticUndefined else _shown(default)


def _shown(value: object) -> str:
    if value is None or value == "":
        return "–"
    return f"`{value}`" if not isinstance(value, Path) else f"`{value.as_posix()}`"


def _errors() -> Iterator[tuple[str, ...]]:
    for member in sorted(errors().values(), key=lambda member: (member.__name__, member.__module__)):
        who = [_WHO[root] for root in _ROOTS if issubclass(member, root)]
        if who and member not in _ROOTS:
            yield f"`{member.__name__}`", who[0], (inspect.getdoc(member) or "").splitlines()[0]


if __name__ == "__main__":
    REFERENCE.write_text(reference())
