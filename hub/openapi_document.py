"""Writes docs/openapi.json from the console's routes: `python -m hub.openapi_document > docs/openapi.json`.

Forms and parameters are what FastAPI reads from the routes. What the guard and the console's error handlers answer,
and what is no HTML, is added here.
"""

import inspect
import json
import sys
from collections.abc import Mapping
from typing import Any, Final

from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute

from hub.access.service import Stage, declaration_of
from hub.desk import ConsoleForm
from hub.exchange.columns import COLUMNS
from hub.guard import SESSION_COOKIE, SIGNING_IN_COOKIE
from hub.routes_document import console_routes
from protocol.sighting import LegalBasis

_HTML: Final = "text/html; charset=utf-8"
_URL_ENCODED: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data"
_FILE: Final = {"type": "string", "format": "binary"}
_FILES: Final = {"type": "array", "items": _FILE}

_SECURITY: Final[Mapping[Stage, list[dict[str, list[str]]]]] = {
    Stage.ANYONE: [],
    Stage.SIGNING_IN: [{"signingIn": []}],
    Stage.SIGNED_IN: [{"session": []}],
    Stage.PROGRAM: [{"secret": []}],
}

_MEDIA_TYPES: Final[Mapping[str, str]] = {
    "GET /alert-messages/{message_id}/cap.xml": "application/cap+xml",
    "POST /acknowledge/{token}/cap": "text/plain; charset=utf-8",
    "GET /alert-messages/{message_id}/cap.xml.sig": "application/octet-stream",
    "POST /cases/{hub}/{name}/copy": "application/zip",
    "POST /cases/{hub}/{name}/pfif": "application/xml",
    "GET /cases/{hub}/{name}/photographs/{photo}.jpg": "image/jpeg",
    "POST /export-cases": "text/csv; charset=utf-8",
    "GET /feed.atom": "application/atom+xml",
    "POST /gateway/replies": "text/plain; charset=utf-8",
    "GET /import-cases/template.csv": "text/csv; charset=utf-8",
    "GET /queue/events": "text/event-stream; charset=utf-8",
    "GET /reviews/{review_id}/faces/{side}.jpg": "image/jpeg",
    "GET /reviews/{review_id}/originals/{side}.jpg": "image/jpeg",
    "GET /static/console.css": "text/css; charset=utf-8",
    "GET /static/desk.js": "text/javascript; charset=utf-8",
    "GET /static/fonts/{font}.woff2": "font/woff2",
    "GET /static/mark.svg": "image/svg+xml",
}
"""Of what is no page."""

_REFUSALS: Final[Mapping[int, str]] = {
    400: "A parameter or the form was not as it should be; the page says what.",
    401: "Sign in, or confirm who you are: the page asks for it and keeps what was typed.",
    403: "Not open to the visitor, or the form is of an earlier sign-in.",
    404: "There is no such thing, or it is of another site.",
    409: "It is not for the visitor now: taken, answered or decided already.",
    413: "The form is too large.",
    429: "Too many attempts failed: the page says how long to wait.",
    503: "The hub cannot do this just now.",
}


def openapi_document() -> dict[str, Any]:
    """The console's routes in OpenAPI 3.1, as a JSON object."""
    routes = console_routes()
    document = get_openapi(
        title="Missing Child Alert: a hub's console",
        version="1",
        description="The pages of a hub's console, each behind the guard. Who may call what: docs/routes.md.",
        routes=routes,
    )
    for route in routes:
        for method in route.methods or ():
            _complete(document["paths"][route.path][method.lower()], route, method)
    schemas = document["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        del schemas[unused]
    schemas["ConsoleForm"] = ConsoleForm.model_json_schema()
    document["components"]["responses"] = {f"Refused{status}": _shown(said) for status, said in _REFUSALS.items()}
    document["components"]["securitySchemes"] = {
        "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE},
        "signingIn": {"type": "apiKey", "in": "cookie", "name": SIGNING_IN_COOKIE},
        "secret": {"type": "http", "scheme": "bearer"},
    }
    return document


def _complete(operation: dict[str, Any], route: APIRoute, method: str) -> None:
    room = route.endpoint.__module__.split(".")[1]
    declared = declaration_of(route.endpoint)
    stage = declared.stage if declared else Stage.SIGNED_IN
    operation["operationId"] = f"{room}.{route.name}"
    operation["tags"] = [room]
    operation["security"] = _SECURITY[stage]
    if method == "POST":
        _complete_form(operation, route.path)
    refusals = {
        str(status): {"$ref": f"#/components/responses/Refused{status}"} for status in _refusals(operation, route)
    }
    operation["responses"] = _answers(route, method, stage) | refusals


def _complete_form(operation: dict[str, Any], path: str) -> None:
    """What the guard and the case form read is in no route's signature."""
    if path in {"/add-case", "/cases/{hub}/{name}/change"}:
        operation["requestBody"] = {"required": True, "content": {_MULTIPART: {"schema": _case_form()}}}
    elif path == "/import-cases":
        operation["requestBody"] = {"required": True, "content": {_MULTIPART: {"schema": _import_form()}}}
    form = {_URL_ENCODED: {"schema": {"$ref": "#/components/schemas/ConsoleForm"}}}
    operation.setdefault("requestBody", {"required": True, "content": form})


def _case_form() -> dict[str, Any]:
    """Every field is a text: what cannot be read comes back with the page that says why."""
    fields = {
        column.name: {"type": "string", "description": column.meaning} for column in COLUMNS if column.name != "photos"
    }
    fields["despite"] = {"type": "string", "description": "why a poor photograph is taken all the same"}
    return _form([column.name for column in COLUMNS if column.required], photographs=_FILES, **fields)


def _import_form() -> dict[str, Any]:
    return _form(
        ["file"],
        file=_FILE,
        photographs=_FILES,
        act={"type": "string", "enum": ["try", "take"]},
        legal_basis={"type": "string", "enum": list(LegalBasis)},
        basis_reference={"type": "string"},
    )


def _form(required: list[str], **fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"csrf": {"type": "string"}, **fields}, "required": ["csrf", *required]}


def _answers(route: APIRoute, method: str, stage: Stage) -> dict[str, Any]:
    """What a route answers where it was not refused; before the sign-in a page leads there."""
    returned = inspect.signature(route.endpoint).return_annotation
    answers: dict[str, Any] = {}
    if route.status_code == 204:
        answers["204"] = {"description": "So it is; nothing to show."}
    elif not issubclass(returned, RedirectResponse):
        answers["200"] = _shown("What was asked for.", _MEDIA_TYPES.get(f"{method} {route.path}", _HTML))
    if method == "POST" and not issubclass(returned, HTMLResponse):
        answers["303"] = {"description": "Done: on to the page that `Location` names."}
    elif method == "GET" and stage is not Stage.ANYONE:
        answers["303"] = {"description": "Sign in or confirm first: `Location` names where."}
    return answers


def _refusals(operation: dict[str, Any], route: APIRoute) -> list[int]:
    """By what the route reads: nothing, parameters, or a form."""
    if "requestBody" in operation:
        refusals = set(_REFUSALS)
    else:
        refusals = {400} if operation.get("parameters") else set()
        refusals |= {403, 503} if operation["security"] else set()
    if "{" in route.path:
        refusals.add(404)
    if route.path == "/health/ready":
        refusals.add(503)
    return sorted(refusals)


def _shown(description: str, media_type: str = _HTML) -> dict[str, Any]:
    return {"description": description, "content": {media_type: {"schema": {"type": "string"}}}}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(openapi_document(), indent=1, ensure_ascii=False) + "\n")
