"""The kiosk's pages. Each module has a `router`; it is served when it stands in ROUTERS."""

from typing import Final

from fastapi import APIRouter

from edge_agent.kiosk.routes import assets, camera, facts, found, home, inbox, intake, signing_in, steps, withdrawal

ROUTERS: Final[tuple[APIRouter, ...]] = (
    assets.router,
    signing_in.router,
    home.router,
    steps.router,
    intake.router,
    camera.router,
    facts.router,
    found.router,
    inbox.router,
    withdrawal.router,
)
