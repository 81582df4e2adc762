"""The only place where the hub's parts are made and joined: its rooms, and what works in them."""

from hub.bootstrap.services import Services, alert_settings, build_services
from hub.bootstrap.workers import (
    build_dispatcher,
    build_head_keeper,
    build_ingest,
    build_recognition,
    build_register_searches,
    build_scores,
)

__all__ = [
    "Services",
    "alert_settings",
    "build_dispatcher",
    "build_head_keeper",
    "build_ingest",
    "build_recognition",
    "build_register_searches",
    "build_scores",
    "build_services",
]
