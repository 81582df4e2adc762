"""The documents, and how to read them."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "THIRD_PARTY.md", *sorted((ROOT / "docs").rglob("*.md"))]


def code_spans(text: str) -> Iterator[str]:
    """Everything that a document sets as code: spans, and the lines of fenced blocks."""
    for block in re.findall(r"^```[a-z]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield from block.splitlines()
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def section(document: str, heading: str) -> str:
    """The part of a document under a heading, up to the next heading of the second level."""
    text = (ROOT / "docs" / document).read_text()
    match = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert match is not None, f"docs/{document} has no section {heading!r}"
    return match[1]


def first_column(table: str) -> list[str]:
    """The code spans in the first column of a Markdown table."""
    return re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)
