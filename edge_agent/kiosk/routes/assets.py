"""The style sheet, the script and the pictograms."""

from typing import Final

from fastapi import APIRouter
from fastapi.responses import FileResponse

from edge_agent.kiosk.access import open_to_all, passive
from edge_agent.kiosk.pages import HERE

router = APIRouter()

_TYPES: Final = {"kiosk.css": "text/css", "kiosk.js": "text/javascript", "pictograms.svg": "image/svg+xml"}


@router.get("/static/{name}")
@open_to_all
@passive
async def static(name: str) -> FileResponse:
    """One of the files that there are; any other name is the style sheet's."""
    name = name if name in _TYPES else "kiosk.css"
    return FileResponse(HERE / "static" / name, media_type=_TYPES[name], headers={"Cache-Control": "no-cache"})
