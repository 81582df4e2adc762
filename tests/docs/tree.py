"""The documents and the program's own lists that they must equal."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import typer

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def code_spans(text: str) -> Iterator[str]:
    """Everything that a document sets as code: spans, and the lines of fenced blocks."""
    for block in re.findall(r"^```[a-z]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield from block.splitlines()
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def section(document: str, heading: str) -> str:
    """The part of a document under a heading, up to the next heading of its level or higher."""
    text = (ROOT / "docs" / document).read_text()
    match = re.search(rf"^(#+) {re.escape(heading)}\n(.*?)(?=^#{{1,2}} |\Z)", text, re.MULTILINE | re.DOTALL)
    assert match is not None, f"docs/{document} has no section {heading!r}"
    return match[2]


def first_column(table: str) -> list[str]:
    """The code spans in the first column of a Markdown table."""
    return re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)


def commands() -> set[str]:
    """Every command of `mca`, as it is typed."""
    from mca.cli import app

    def walk(command: click.Command, words: str) -> Iterator[str]:
        children = getattr(command, "commands", None)
        if children is None:
            yield words
            return
        for name, child in children.items():
            yield from walk(child, f"{words} {name}")

    return set(walk(typer.main.get_command(app), "mca"))
