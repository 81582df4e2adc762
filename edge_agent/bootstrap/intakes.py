"""What takes an intake, from the photograph to the outbox."""

import random
import secrets

from edge_agent.bootstrap.unit import Unit, alarm_limits
from edge_agent.consent.wiring import build_recorder
from edge_agent.consent.withdrawing import Withdrawing
from edge_agent.found.desk import FoundDesk
from edge_agent.intakes.desk import IntakeDesk, Rules
from edge_agent.intakes.later import LaterSearches
from edge_agent.intakes.making import IntakeMaker
from edge_agent.intakes.sending import SightingWriter
from edge_agent.pipeline import Pipeline
from edge_agent.sightings.sealing import HubSealer
from edge_agent.trusted_time import DAY
from edge_agent.watchlist.store import WatchlistUnusableError
from faults import RejectedError
from models.images import decode_image
from models.recogniser import Recogniser
from models.template import Template
from protocol.sighting import Face


def build_recogniser(unit: Unit) -> Recogniser:
    """Open the pack's networks. Raises PackRejectedError."""
    return Recogniser(unit.pack, threads=unit.settings.threads)


def build_pipeline(unit: Unit, recogniser: Recogniser) -> Pipeline:
    """For intakes with the list that is installed now; without one that opens they wait."""
    try:
        watchlist = unit.loader.load_installed()
    except (WatchlistUnusableError, RejectedError):
        watchlist = None
    return Pipeline(recogniser=recogniser, watchlist=watchlist, desk=build_desk(unit), maker=build_maker(unit))


def build_maker(unit: Unit) -> IntakeMaker:
    """What makes intakes. Raises PrivateFileError when the authority's word on the unit's key is missing."""
    return IntakeMaker(
        recorder=build_recorder(unit.settings, unit.identity.signing_key, unit.clock.moment),
        clock=unit.clock,
        entropy=secrets.token_bytes,
    )


def build_withdrawing(unit: Unit) -> Withdrawing:
    """What erases when consent is taken back."""
    return Withdrawing(
        unit=unit.settings.unit,
        database=unit.database,
        store=unit.intakes,
        outbox=unit.outbox,
        sealer=HubSealer(unit.identity, unit.hub, unit.clock.now),
        clock=unit.clock,
    )


def build_found_desk(unit: Unit) -> FoundDesk:
    """Where registrations of found children go."""
    settings = unit.settings
    return FoundDesk(
        unit=settings.unit,
        site=settings.site,
        database=unit.database,
        store=unit.intakes,
        outbox=unit.outbox,
        sealer=HubSealer(unit.identity, unit.hub, unit.clock.now),
        retention={basis: days * DAY for basis, days in settings.retention_days.items()},
        records=settings.consent_record_days * DAY,
        clock=unit.clock,
        entropy=secrets.token_bytes,
    )


def build_desk(unit: Unit) -> IntakeDesk:
    """Where intakes go after their photograph."""
    settings, calibration = unit.settings, unit.scoring.calibration_digest
    retention = {basis: days * DAY for basis, days in settings.retention_days.items()}
    writer = SightingWriter(
        unit=settings.unit,
        site=settings.site,
        calibration=None if calibration is None else bytes.fromhex(calibration),
        outbox=unit.outbox,
        sealer=HubSealer(unit.identity, unit.hub, unit.clock.now),
        retention=retention,
    )

    def embed(face: Face) -> Template:
        (template,) = build_recogniser(unit).embed([decode_image(face.crop)])
        return template

    return IntakeDesk(
        database=unit.database,
        store=unit.intakes,
        writer=writer,
        later=LaterSearches(
            unit.database, unit.intakes, writer, unit.pack.digest, secrets.token_bytes, random.SystemRandom()
        ),
        rules=Rules(
            stop_after=alarm_limits(settings).stop_after,
            waiting=retention,
            keeping={basis: days * DAY for basis, days in settings.keep_template_days.items()},
            records=settings.consent_record_days * DAY,
        ),
        clock=unit.clock,
        pack_digest=unit.pack.digest,
        embed=embed,
    )
