"""Rendering: Jinja templates with escaping on, and an error for every name that a template does not get."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hub import wording
from hub.access.service import Field, Role, Visitor, anyone
from hub.navigation import destinations, home

_HERE: Final = Path(__file__).parent
_FILTERS: Final = (
    "born",
    "spoken",
    "captured",
    "day",
    "doubt",
    "iso",
    "lasting",
    "percent",
    "reach",
    "role_words",
    "roles_words",
    "score_text",
    "when",
    "words",
    "years",
)

router = APIRouter()


class Pages:
    """The console's templates. Safe to share between threads."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        for name in _FILTERS:
            self._environment.filters[name] = getattr(wording, name)
        self._environment.globals.update(Role=Role, Field=Field, destinations=destinations, home=home)

    def show(self, template: str, visitor: Visitor | None, status: int = 200, **content: object) -> HTMLResponse:
        """A page for whoever asks; `visitor` is None before sign-in."""
        page = self._environment.get_template(template)
        return HTMLResponse(page.render(visitor=visitor, **content), status_code=status)


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


def _static(name: str, media_type: str) -> FileResponse:
    return FileResponse(_HERE / "static" / name, media_type=media_type, headers={"Cache-Control": "max-age=300"})
