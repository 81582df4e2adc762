"""What works beside the console and the commands, made of a hub's rooms."""

import secrets
from collections.abc import Callable

from credentials.private_files import make_private_directory
from hub.bootstrap.services import Services
from hub.dispatch.dispatcher import Dispatcher
from hub.dispatch.service import load_witnesses
from hub.ingest.own_scores import OwnScores
from hub.ingest.second_look import SecondLooks
from hub.ingest.service import IngestService
from hub.matching.service import RegisterSearches
from hub.witness import HeadKeeper
from hub.workers import RecognitionWorker


def build_ingest(services: Services, publish: Callable[[str, bytes], None]) -> IngestService:
    """What takes in the messages of units. `publish(topic, envelope)` takes answers for sending."""
    return IngestService(
        services.database,
        services.vault,
        services.identity,
        fleet=services.fleet,
        cases=services.cases,
        review=services.review,
        found=services.found,
        staff=services.staff,
        withdrawals=services.intakes.withdrawals,
        publish=publish,
        clock=services.clock,
        zone=services.settings.zone,
    )


def build_recognition(services: Services) -> RecognitionWorker:
    """What recognises beside the intake of messages. Raises UncalibratedHubPackError."""
    looks = SecondLooks(
        services.database,
        services.sightings,
        services.cases,
        services.photographs,
        build_scores(services),
        clock=services.clock,
    )
    return RecognitionWorker(services.cases, looks, services.found)


def build_register_searches(services: Services) -> RegisterSearches:
    """What compares the two registers. Raises UncalibratedHubPackError."""
    return RegisterSearches(
        services.database,
        services.cases,
        build_scores(services),
        clock=services.clock,
        entropy=secrets.token_bytes,
        hub=services.settings.hub,
    )


def build_scores(services: Services) -> OwnScores:
    """How the hub's own pack judges. Raises UncalibratedHubPackError."""
    settings = services.settings
    return OwnScores(
        services.pack,
        false_candidates_per_100=settings.false_candidates_per_100_intakes,
        allow_uncalibrated=settings.uncalibrated,
    )


def build_dispatcher(services: Services) -> Dispatcher:
    """What publishes and sends alerts."""
    feed = make_private_directory(services.settings.data / "feed")
    return services.dispatch.dispatcher(services.database, feed, services.clock)


def build_head_keeper(services: Services) -> HeadKeeper:
    """What signs the audit trail and hands its heads out. Raises PrivateFileError or RecipientsError."""
    settings = services.settings
    return HeadKeeper(
        services.audit,
        hub=settings.hub,
        witness_file=settings.audit_witness_file,
        witnesses=load_witnesses(settings.audit_witness_recipients_file),
        clock=services.clock,
    )
