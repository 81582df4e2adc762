"""Documents that promise what is not there, or keep silent about what is."""

import ast
import importlib
import re
import subprocess
from pathlib import Path

import pytest

import faults
from hub.audit.model import AuditAction
from protocol import topics
from protocol.ids import HubId, UnitId
from tests.docs.reference import REFERENCE, commands, errors, reference
from tests.docs.tree import DOCUMENTS, ROOT, code_spans, first_column, section

RELATIVE = [str(document.relative_to(ROOT)) for document in DOCUMENTS]
FOLDERS = (
    "benchmarks|credentials|docs|edge_agent|evaluation|firmware_config|hub|models|protocol|provisioning|"
    "requirements|scripts|tests"
)


@pytest.mark.parametrize("document", RELATIVE)
def test_link_that_leads_nowhere(document: str) -> None:
    path = ROOT / document
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text()):
        if "://" not in target:
            assert (path.parent / target).exists(), f"{document} links to {target}"


@pytest.mark.parametrize("document", RELATIVE)
def test_path_that_does_not_exist(document: str) -> None:
    for span in code_spans((ROOT / document).read_text()):
        for name in re.findall(rf"^((?:{FOLDERS})[/.][a-z0-9_./-]*[a-z0-9_/])$", span.strip()):
            assert (ROOT / name).exists() or _is_module(name), f"{document} names {name}"


def _is_module(name: str) -> bool:
    """Whether a dotted name is a module, or something that one holds."""
    if (ROOT / f"{name.replace('.', '/')}.py").exists() or (ROOT / name.replace(".", "/")).is_dir():
        return True
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
            fits = (
                words == known_words or f"{words} ".startswith(f"{known_words} ") or known_words.startswith(f"{words} ")
                for known_words in known
            )
            assert any(fits), f"{document} names `{words}`"


def test_reference_that_is_stale() -> None:
    assert REFERENCE.read_text() == reference(), "run scripts/reference"


def test_room_that_the_architecture_does_not_name() -> None:
    programs = (ROOT / "edge_agent", ROOT / "hub")
    packages = sorted(init for program in programs for init in program.glob("*/__init__.py"))
    written = section("architecture.md", "Where things are")
    rows = re.findall(r"^\| `(?:edge_agent|hub)/[a-z]+` .*$", written, re.MULTILINE)
    assert rows == [f"| `{init.parent.relative_to(ROOT)}` | {_first_sentence(init)} |" for init in packages]


def _first_sentence(module: Path) -> str:
    said = ast.get_docstring(ast.parse(module.read_text())) or ""
    return " ".join(said.partition("\n\n")[0].split())


def test_audit_action_that_nothing_records() -> None:
    source = "\n".join(path.read_text() for path in (ROOT / "hub").rglob("*.py") if path.name != "model.py")
    unused = [action.name for action in AuditAction if f"AuditAction.{action.name}" not in source]
    assert not unused


def test_topic_that_the_protocol_does_not_name() -> None:
    written = set(first_column(section("protocol.md", "5. Topics")))
    unit, owner = UnitId("HUB/UNIT"), HubId("HUB")
    built = {topics.unit_topic(unit, channel) for channel in topics.UnitChannel} | {topics.watchlist_topic(owner)}
    assert written == built


def test_error_that_nobody_is_told_to_act_upon() -> None:
    roots = (faults.RejectedError, faults.UnavailableError, faults.MisconfiguredError)
    strays = [name for name, error in errors().items() if not issubclass(error, roots)]
    assert not strays


def test_error_without_a_sentence_of_what_it_means() -> None:
    assert [name for name, error in errors().items() if not (error.__doc__ or "").strip()] == []


def test_registry_or_machine_named_in_a_committed_file() -> None:
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    # Written in pieces, so that this file does not name them either.
    pieces = ["pypi" + r"\.org", "pythonhosted" + r"\.org", "registry" + r"\.npmjs", "/wo" + "rk/", "/ro" + "ot/"]
    forbidden = re.compile("|".join([*pieces, r"deb\.debian" + r"\.org"]))
    for name in filter(None, files):
        path = ROOT / name
        if path.is_file() and path.suffix not in {".onnx", ".jpg", ".png"}:
            match = forbidden.search(path.read_text(errors="ignore"))
            assert match is None, f"{name} names a registry or this machine"


def test_test_folder_without_init_lets_equal_names_clash() -> None:
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []
