"""Documents that promise what is not there, or keep silent about what is."""

import importlib
import inspect
import pkgutil
import re
import subprocess
from pathlib import Path

import pytest

import edge_agent
import faults
import hub
import models
import protocol
import provisioning
from edge_agent.config import EdgeSettings
from hub.audit.model import AuditAction
from hub.config import HubSettings
from protocol import topics
from protocol.ids import HubId, UnitId
from tests.docs.tree import DOCUMENTS, ROOT, code_spans, commands, first_column, section

RELATIVE = [str(document.relative_to(ROOT)) for document in DOCUMENTS]


@pytest.mark.parametrize("document", RELATIVE)
def test_link_that_leads_nowhere(document: str) -> None:
    path = ROOT / document
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text()):
        if "://" not in target:
            assert (path.parent / target).exists(), f"{document} links to {target}"


@pytest.mark.parametrize("document", RELATIVE)
def test_path_that_does_not_exist(document: str) -> None:
    tops = "docs|scripts|tests|models|hub|edge_agent|provisioning|protocol|benchmarks|requirements|mca|firmware_config"
    for span in code_spans((ROOT / document).read_text()):
        for name in re.findall(rf"^((?:{tops})[/.][\w./-]*[\w/])$", span.strip()):
            module = ROOT / (name.replace(".", "/") + ".py")
            assert (ROOT / name).exists() or module.exists() or module.with_suffix("").is_dir() or _attribute(name), (
                f"{document} names {name}"
            )


def _attribute(name: str) -> bool:
    module, _, attribute = name.rpartition(".")
    try:
        return hasattr(importlib.import_module(module), attribute)
    except (ImportError, ValueError):
        return False


@pytest.mark.parametrize("document", RELATIVE)
def test_command_that_does_not_exist(document: str) -> None:
    known = commands()
    for span in code_spans((ROOT / document).read_text()):
        for words in re.findall(r"(?:^|\s)(mca(?: [a-z][a-z-]*)+)", span):
            assert any(
                command == words or words.startswith(f"{command} ") or command.startswith(f"{words} ")
                for command in known
            ), f"{document} names `{words}`"


def test_command_that_no_document_names() -> None:
    assert set(first_column(section("operations.md", "Commands"))) == commands()


def test_setting_that_no_document_names_or_no_program_has() -> None:
    assert set(first_column(section("operations.md", "Settings of a hub"))) == set(HubSettings.model_fields)
    assert set(first_column(section("operations.md", "Settings of a unit"))) == set(EdgeSettings.model_fields)


def test_audit_action_that_no_document_names_or_no_program_records() -> None:
    assert set(first_column(section("operations.md", "Audit trail"))) == {str(action) for action in AuditAction}


def test_audit_action_that_nothing_records() -> None:
    source = "\n".join(path.read_text() for path in (ROOT / "hub").rglob("*.py") if path.name != "model.py")
    unused = [action.name for action in AuditAction if f"AuditAction.{action.name}" not in source]
    assert not unused


def test_topic_that_the_protocol_does_not_name() -> None:
    written = set(first_column(section("protocol.md", "5. Topics")))
    unit, owner = UnitId("HUB/UNIT"), HubId("HUB")
    built = {topics.unit_topic(unit, channel) for channel in topics.UnitChannel} | {topics.watchlist_topic(owner)}
    assert written == built


def test_error_of_no_branch_of_the_tree() -> None:
    strays = [name for name, error in _errors().items() if not issubclass(error, faults.MissingChildAlertError)]
    assert not strays


def test_error_of_the_base_alone_tells_nobody_to_act() -> None:
    roots = (faults.RejectedError, faults.UnavailableError, faults.MisconfiguredError)
    strays = [
        name for name, error in _errors().items() if not issubclass(error, roots) and error.__module__ != "faults"
    ]
    assert not strays


def test_error_that_no_document_names_or_no_program_raises() -> None:
    named = set(first_column(section("operations.md", "Errors")))
    assert named == {name for name, error in _errors().items() if error.__module__ != "faults"}


def _errors() -> dict[str, type[Exception]]:
    found: dict[str, type[Exception]] = {}
    for package in (protocol, models, edge_agent, hub, provisioning, importlib.import_module("credentials")):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" in module.name or module.name == "models.build.__main__":
                continue
            members = inspect.getmembers(importlib.import_module(module.name), inspect.isclass)
            found |= {
                name: member
                for name, member in members
                if issubclass(member, Exception) and member.__module__.partition(".")[0] == package.__name__
            }
    return found


def test_registry_or_machine_named_in_a_committed_file() -> None:
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    # Written in pieces, so that this file does not name them either.
    forbidden = re.compile(
        "|".join(
            [
                "pypi" + r"\.org",
                "pythonhosted" + r"\.org",
                "registry" + r"\.npmjs",
                "/wo" + "rk/",
                "/ro" + "ot/",
                r"deb\.debian" + r"\.org",
            ]
        )
    )
    for name in filter(None, files):
        path = ROOT / name
        if not path.is_file() or path.suffix in {".onnx", ".jpg", ".png"}:
            continue
        match = forbidden.search(path.read_text(errors="ignore"))
        assert match is None, f"{name} names {match and match[0]}"


def test_test_folder_without_init_lets_equal_names_clash() -> None:
    missing = [
        str(folder.relative_to(ROOT))
        for folder in {path.parent for path in Path(ROOT / "tests").rglob("*.py")}
        if not (folder / "__init__.py").exists()
    ]
    assert not missing
