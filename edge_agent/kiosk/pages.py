"""Rendering: Jinja templates with escaping on, an error for every name that is missing, one environment a language."""

from functools import partial
from pathlib import Path
from typing import Final

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from edge_agent.kiosk.languages import NAMES, say
from protocol.basis import Language

HERE: Final = Path(__file__).parent


class Pages:
    """The kiosk's templates."""

    def __init__(self) -> None:
        self._environments = {language: _environment(language) for language in Language}

    def show(self, template: str, language: Language, status: int = 200, **content: object) -> HTMLResponse:
        """A page in a language."""
        page = self._environments[language].get_template(template)
        return HTMLResponse(page.render(**content), status_code=status)


def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(partial(say, language), partial(_counted, language), newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(language=language, languages=NAMES)
    return environment


def _counted(language: Language, singular: str, plural: str, number: int) -> str:
    """Both forms are sentences of the catalogues; these languages have no more than two."""
    return say(language, singular if number == 1 else plural)
