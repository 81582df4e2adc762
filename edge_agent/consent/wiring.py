"""Joins the consent room's parts for one unit; `edge_agent.bootstrap` calls it."""

import secrets
from collections.abc import Callable

from credentials.endorsement import read_endorsement
from edge_agent.config import EdgeSettings
from edge_agent.consent.recorder import ConsentRecorder, StorageDays
from protocol.consent import Controller
from protocol.keys import SigningKey
from protocol.moment import Moment


def build_recorder(settings: EdgeSettings, key: SigningKey, moment: Callable[[], Moment]) -> ConsentRecorder:
    """`key`: the unit's own. Raises PrivateFileError when the authority's endorsement of it is missing."""
    return ConsentRecorder(
        unit=settings.unit,
        site=settings.site,
        controller=Controller(settings.hub, settings.jurisdiction or settings.hub, settings.controller_contact),
        days=StorageDays(settings.retention_days, settings.keep_template_days, settings.consent_record_days),
        key=key,
        endorsement=read_endorsement(settings.identity),
        moment=moment,
        entropy=secrets.token_bytes,
    )
