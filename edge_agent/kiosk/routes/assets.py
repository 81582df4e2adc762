"""The style sheet, the script, the pictograms and the spoken texts."""

from typing import Final

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.responses import Response

from edge_agent.kiosk.access import Visiting, open_to_all, passive
from edge_agent.kiosk.pages import HERE
from edge_agent.kiosk.spoken import MEDIA_TYPES, recording
from protocol.basis import Language

router = APIRouter()

_TYPES: Final = {"kiosk.css": "text/css", "kiosk.js": "text/javascript", "pictograms.svg": "image/svg+xml"}


@router.get("/static/{name}")
@open_to_all
@passive
async def static(name: str) -> FileResponse:
    """One of the files that there are; any other name is the style sheet's."""
    name = name if name in _TYPES else "kiosk.css"
    return FileResponse(HERE / "static" / name, media_type=_TYPES[name], headers={"Cache-Control": "no-cache"})


@router.get("/spoken/{language}")
@passive
async def spoken(visit: Visiting, language: Language) -> Response:
    """The consent text as somebody speaks it."""
    path = recording(visit.services.spoken, language)
    if path is None:
        return Response(status_code=404)
    return FileResponse(path, media_type=MEDIA_TYPES[path.suffix])
