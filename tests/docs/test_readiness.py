"""Every promise names a test that exists, or a reason why there is none."""

import ast
import re
from collections.abc import Iterator
from typing import TypedDict

import yaml

from tests.docs.tree import ROOT


class Row(TypedDict, total=False):
    """A promise with the tests that show it, or the reason why none does."""

    promise: str
    tests: list[str]
    reason: str


ROWS: list[Row] = yaml.safe_load((ROOT / "docs" / "readiness.yaml").read_text())


def defined_in(file: str) -> set[str]:
    """The tests of a file, of its classes too, without running or importing it."""
    return set(_tests(ast.parse((ROOT / file).read_text()), file)) if (ROOT / file).is_file() else set()


def _tests(scope: ast.Module | ast.ClassDef, name: str) -> Iterator[str]:
    for one in scope.body:
        if isinstance(one, ast.ClassDef):
            yield from _tests(one, f"{name}::{one.name}")
        elif isinstance(one, ast.FunctionDef) and one.name.startswith("test_"):
            yield f"{name}::{one.name}"


def test_promise_without_a_test_or_a_reason() -> None:
    for row in ROWS:
        assert set(row) <= {"promise", "tests", "reason"}
        assert row["promise"].strip()
        assert bool(row.get("tests")) != bool(row.get("reason")), row["promise"]


def test_promise_that_names_a_test_that_does_not_exist() -> None:
    for row in ROWS:
        for test in row.get("tests", []):
            assert test in defined_in(test.partition("::")[0]), f"{row['promise']}: {test}"


def promises(text: str) -> set[str]:
    """The points of a list, each as one line."""
    return {" ".join(item.split()) for item in re.findall(r"^- (.*(?:\n  .*)*)", text, re.MULTILINE)}


def test_promise_that_readiness_leaves_out() -> None:
    assert promises((ROOT / "docs" / "promises.md").read_text()) == {" ".join(row["promise"].split()) for row in ROWS}


def test_promise_of_the_readme_that_is_none() -> None:
    readme = (ROOT / "README.md").read_text()
    section = re.search(r"^## What it promises\n(.*?)(?=^## )", readme, re.MULTILINE | re.DOTALL)
    assert section is not None
    assert promises(section[1])
    assert promises(section[1]) <= promises((ROOT / "docs" / "promises.md").read_text())
