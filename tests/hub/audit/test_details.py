"""Entries outlive the people they speak of: nothing in one may describe a person."""

import ast
from collections.abc import Iterator

from hub.audit.model import DETAILS, AuditAction, AuditEntry
from tests.docs.tree import ROOT

FIXED = {"actor", "subject", "at"}


def calls_of_record() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted((ROOT / "hub").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "record":
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_detail_that_nobody_has_allowed() -> None:
    strays = [
        f"{place}: {keyword.arg}"
        for place, call in calls_of_record()
        for keyword in call.keywords
        if keyword.arg is None or keyword.arg not in FIXED | DETAILS
    ]
    assert strays == []


def test_every_call_is_seen_by_this_test() -> None:
    modules = {place.partition(":")[0] for place, _ in calls_of_record()}
    importing = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "hub").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
        and node.module == "hub.audit.service"
        and any(name.name == "record" for name in node.names)
    }
    assert modules == importing
    assert all(name.asname is None for path in importing for name in _imported(path))


def _imported(path: str) -> Iterator[ast.alias]:
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "hub.audit.service":
            yield from node.names


def test_entry_does_not_read_back_as_it_was_written() -> None:
    for action in AuditAction:
        entry = AuditEntry(action, "amina", "bd/c-1", 1, {"photos": 2, "reason": "day", "removed": -1})
        assert AuditEntry.from_bytes(entry.to_bytes()) == entry
