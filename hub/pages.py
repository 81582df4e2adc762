"""Rendering: Jinja templates with escaping on, and an error for every name that a template does not get."""

from datetime import UTC, tzinfo
from enum import StrEnum
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from faults import MissingChildAlertError
from hub.access.service import Field, Role, Visitor, anyone
from hub.languages import LANGUAGES, Language, language
from hub.navigation import destinations, home
from hub.wording import Wording

_HERE: Final = Path(__file__).parent


class Font(StrEnum):
    """The fonts that come with the console: Bangla and Devanagari are not on every desk's machine."""

    BENGALI = "noto-sans-bengali-400"
    BENGALI_BOLD = "noto-sans-bengali-600"
    DEVANAGARI = "noto-sans-devanagari-400"
    DEVANAGARI_BOLD = "noto-sans-devanagari-600"


router = APIRouter()


class Pages:
    """The console's templates in one language. Safe to share between threads.

    What a template prints that is a sentence (`faults.Sentence`) or an error is said in the language.
    """

    def __init__(self, spoken: Language, zone: tzinfo = UTC) -> None:
        wording = Wording(spoken, zone)
        self._environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
            finalize=lambda value: wording.said(value) if isinstance(value, str | MissingChildAlertError) else value,
        )
        translations = spoken.translations
        self._environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
        for name in filter(lambda name: not name.startswith("_"), dir(wording)):
            self._environment.filters[name] = getattr(wording, name)
        self._environment.globals.update(
            Role=Role, Field=Field, destinations=destinations, home=home, language=spoken.code, languages=LANGUAGES
        )

    def show(self, template: str, visitor: Visitor | None, status: int = 200, **content: object) -> HTMLResponse:
        """A page for whoever asks; `visitor` is None before sign-in."""
        page = self._environment.get_template(template)
        return HTMLResponse(page.render(visitor=visitor, **content), status_code=status)


def in_each_language(zone: tzinfo = UTC) -> dict[str, Pages]:
    """The console's pages by the code of their language."""
    return {code: Pages(language(code), zone) for code in LANGUAGES}


@router.get("/static/console.css")
@anyone()
def style_sheet() -> FileResponse:
    """The one style sheet."""
    return _static("console.css", "text/css")


@router.get("/static/mark.svg")
@anyone()
def mark() -> FileResponse:
    """The sign in the browser's tab and in the page's head."""
    return _static("mark.svg", "image/svg+xml")


@router.get("/static/desk.js")
@anyone()
def script() -> FileResponse:
    """The one script: what the pages of reviews do beyond what a browser does by itself."""
    return _static("desk.js", "text/javascript")


@router.get("/static/fonts/{font}.woff2")
@anyone()
def font(font: Font) -> FileResponse:
    """A font of a script that the visitor's machine may not have."""
    return _static(f"fonts/{font}.woff2", "font/woff2")


def _static(name: str, media_type: str) -> FileResponse:
    return FileResponse(_HERE / "static" / name, media_type=media_type, headers={"Cache-Control": "max-age=300"})
