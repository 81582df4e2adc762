"""The sentences of the hub's console, and its catalogues brought up to date with them: `scripts/locale`.

Templates are read by Jinja's own extractor. In Python, the English stands as the first argument of `Sentence(…)` or of
an error (`…Error("There is no unit {unit}.", unit=…)`): both are found in the source's syntax tree, so that nothing
else has to be marked.
"""

import ast
import builtins
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

import hub
from hub.languages import DOMAIN, ENGLISH, LANGUAGES
from hub.terms import every_term

HUB: Final = Path(hub.__file__).parent
ROOT: Final = HUB.parent
TRANSLATED: Final = tuple(code for code in LANGUAGES if code != ENGLISH)

# What only commands, units and logs say is English alone.
_SILENT: Final = (
    "hub/audit/",
    "hub/backup/",
    "hub/bootstrap",
    "hub/erasure/ledger.py",
    "hub/found/opening.py",
    "hub/ingest/committing.py",
    "hub/ingest/erasing.py",
    "hub/ingest/keeping.py",
    "hub/ingest/opening.py",
    "hub/ingest/own_scores.py",
    "hub/ingest/withdrawals.py",
    "hub/metrics/",
    "hub/migrations/",
    "hub/watchlist/",
)
_SILENT_FILES: Final = frozenset(
    {
        "hub/access/declarations.py",
        "hub/atrest.py",
        "hub/broker.py",
        "hub/broker_guard.py",
        "hub/cli.py",
        "hub/config.py",
        "hub/db.py",
        "hub/dispatch/cap.py",
        "hub/dispatch/feed.py",
        "hub/dispatch/recipients.py",
        "hub/fleet/registry.py",
        "hub/https.py",
        "hub/ingest_worker.py",
        "hub/mqtt.py",
        "hub/provider_settings.py",
        "hub/rereading.py",
        "hub/review/controls.py",
        "hub/review/manifest.py",
        "hub/server.py",
        "hub/supervisor.py",
        "hub/witness.py",
    }
)
_PHOTOGRAPHS: Final = "models/images"
"""Outside the hub: why a photograph cannot be taken."""
_SINCE: Final = datetime(2026, 11, 22, tzinfo=UTC)
_CALLS: Final = ("_", "gettext", "ngettext", "pgettext")
_BUILT_IN: Final = frozenset(dir(builtins))


def sources() -> Iterator[Path]:
    """The modules whose sentences the console can show."""
    for path in sorted([*HUB.rglob("*.py"), *(ROOT / _PHOTOGRAPHS).rglob("*.py")]):
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(_SILENT) and name not in _SILENT_FILES and not name.endswith("_commands.py"):
            yield path


class Found(NamedTuple):
    """A sentence as catalogues know it."""

    pattern: str
    plural: str = ""
    context: str = ""


def extract() -> Catalog:
    """Every sentence, with the file in which it stands."""
    catalogue = Catalog(domain=DOMAIN, charset="utf-8")
    for path, line, found in (*_of_python(), *_of_templates()):
        _add(catalogue, found, path.relative_to(ROOT).as_posix(), line)
    for one in every_term():
        _add(catalogue, Found(one.pattern, one.plural, one.context), "hub/terms.py", 0)
    return catalogue


def _add(catalogue: Catalog, found: Found, file: str, line: int) -> None:
    message = (found.pattern, found.plural) if found.plural else found.pattern
    catalogue.add(message, context=found.context or None, locations=[(file, line)])


def known(code: str) -> Catalog:
    """A language's catalogue as it is in the repository."""
    path = _path(code)
    if not path.exists():
        return Catalog(locale=code, domain=DOMAIN, charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=code, domain=DOMAIN)


def update(code: str) -> int:
    """Add what is new to a language's catalogue and take out what has gone; how much is left to translate."""
    catalogue = known(code)
    # A sentence that resembles an earlier one may say its opposite: nothing is guessed.
    catalogue.update(extract(), no_fuzzy_matching=True, update_header_comment=False)
    catalogue.obsolete.clear()
    catalogue.header_comment = f"# What the console says in {code}. `scripts/locale` brings it up to date."
    catalogue.project, catalogue.version = "Missing Child Alert", "1"
    catalogue.creation_date = catalogue.revision_date = _SINCE
    _path(code).parent.mkdir(parents=True, exist_ok=True)
    with _path(code).open("wb") as file:
        write_po(file, catalogue, width=100, include_lineno=False)
    return sum(not translated(message.string) for message in catalogue if message.id)


def translated(string: str | Sequence[str | None] | None) -> bool:
    """Whether a message, with every plural form, has been translated."""
    return bool(string) if isinstance(string, str) or string is None else all(string)


def _path(code: str) -> Path:
    return HUB / "locale" / code / "LC_MESSAGES" / f"{DOMAIN}.po"


def _of_templates() -> Iterator[tuple[Path, int, Found]]:
    options = {"newstyle_gettext": "true", "trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
    for path in sorted((HUB / "templates").glob("*.html")):
        with path.open("rb") as file:
            for line, function, message, _ in babel_extract(
                file, ("_", "gettext", "ngettext", "pgettext"), (), options
            ):
                texts = [one or "" for one in ([message] if isinstance(message, str) else message or ())]
                if function == "pgettext":
                    yield path, line, Found(texts[1], context=texts[0])
                else:
                    yield path, line, Found(texts[0], plural=texts[1] if function == "ngettext" else "")


def _of_python() -> Iterator[tuple[Path, int, Found]]:
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            pattern = _text(node.args[0])
            says = name == "Sentence" or (name.endswith("Error") and name not in _BUILT_IN)
            if says and any(map(str.isalpha, pattern)):
                named = {keyword.arg: _text(keyword.value) for keyword in node.keywords}
                yield path, node.lineno, Found(pattern, named.get("plural", ""), named.get("context", ""))


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


if __name__ == "__main__":
    for code in TRANSLATED:
        print(f"{code}: {update(code)} to translate")  # noqa: T201 - what a command says
