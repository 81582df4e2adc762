"""Templates of documents, filled in strictly: an unknown name is an error, never an empty place."""

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from evaluation import wording

__all__ = ["render"]

_PLAIN_FPIR = "0.1"


def render(template: str, **values: object) -> str:
    """The document of that template; what is put into HTML is escaped."""
    environment = Environment(
        loader=PackageLoader("evaluation.report"),
        autoescape=select_autoescape(("html.j2",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["number"] = lambda value: f"{value:,}"
    environment.filters["percent"] = wording.percent
    environment.filters["points"] = wording.points
    environment.filters["share"] = wording.share
    environment.globals |= {"few": wording.few_searches, "plain": _PLAIN_FPIR}
    return environment.get_template(template).render(**values)
