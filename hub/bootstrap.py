"""The one place where the hub's parts are made and joined."""

import secrets
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from credentials.identity import load_identity
from credentials.private_files import make_private_directory
from credentials.tls import client_context
from hub.access.service import AccessService
from hub.atrest import Vault, load_vault
from hub.audit.service import AuditLog
from hub.cases.service import CaseService, PhotographReader, Register, Retention
from hub.clock import Clock, system_clock
from hub.config import HubSettings, SettingsError
from hub.db import Database
from hub.dispatch.dispatcher import Dispatcher
from hub.dispatch.recipients import Recipients, load_recipients
from hub.dispatch.service import AlertSettings, DispatchService
from hub.erasure.service import ErasureService
from hub.exchange.service import ExchangeService
from hub.fleet.service import FleetService
from hub.ingest.own_scores import OwnScores
from hub.ingest.second_look import SecondLooks
from hub.ingest.service import IngestService, SightingReader
from hub.matching.service import RegisterMatches, RegisterSearches
from hub.mqtt import MqttLink
from hub.recovery import recover
from hub.review.service import ReviewService
from hub.watchlist.service import WatchlistService, load_online_keys
from hub.witness import HeadKeeper
from hub.wording import captured
from hub.workers import RecognitionWorker
from models.pack import Pack, load_pack
from protocol.ids import hub_worker_name, owner
from protocol.keys import PrivateIdentity
from protocol.topics import UPWARD, hub_subscription, shared_subscription

_HUB_SESSION_SECONDS: Final = 30 * 24 * 3600
# The broker goes on giving a worker its share after it is gone: soon this must end, and units send again.
_WORKER_SESSION_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class Services:
    """A hub without its network: enough for every command, and the ground the server stands on."""

    settings: HubSettings
    clock: Clock
    database: Database
    vault: Vault
    identity: PrivateIdentity
    recipients: Recipients
    audit: AuditLog
    access: AccessService
    fleet: FleetService
    pack: Pack
    photographs: PhotographReader
    cases: CaseService
    watchlist: WatchlistService
    matches: RegisterMatches
    exchange: ExchangeService
    erasure: ErasureService
    sightings: SightingReader
    dispatch: DispatchService
    review: ReviewService


def build_services(settings: HubSettings, clock: Clock = system_clock) -> Services:
    """Open the hub's folder and bring its database to this version. Raises MisconfiguredError or UnavailableError."""
    identity = load_identity(settings.identity)
    _require_one_hub(settings, identity)
    vault = load_vault(settings.storage_key)
    recipients = load_recipients(settings.alert_recipients_file)
    make_private_directory(settings.data)
    database = Database(settings.database_url)
    try:
        database.migrate()
        services = _wire(settings, clock, database=database, vault=vault, identity=identity, recipients=recipients)
        recover(settings.data, database, services.fleet, services.watchlist, hub=settings.hub, clock=clock)
    except BaseException:
        database.close()
        raise
    return services


def _wire(
    settings: HubSettings,
    clock: Clock,
    *,
    database: Database,
    vault: Vault,
    identity: PrivateIdentity,
    recipients: Recipients,
) -> Services:
    fleet = FleetService(database, vault, identity, settings.units, clock)
    pack = load_pack(settings.pack, settings.permitted_licences)
    photographs = PhotographReader(pack)
    cases = CaseService(
        database,
        vault,
        photographs,
        clock=clock,
        entropy=secrets.token_bytes,
        hub=settings.hub,
        slices=settings.slices,
        slice_days=settings.slice_days,
        retention=_retention(settings),
        other=None
        if settings.other_pack is None
        else PhotographReader(load_pack(settings.other_pack, settings.permitted_licences)),
    )
    watchlist = WatchlistService(
        database,
        vault,
        load_online_keys(settings.tuf),
        cases,
        fleet,
        clock=clock,
        entropy=secrets.token_bytes,
        hub=settings.hub,
        slices=settings.slices,
        pack_digest=photographs.pack_digest,
        lease_days=settings.lease_days,
        compaction_hours=settings.compaction_hours,
    )
    matches = RegisterMatches(cases)
    exchange = ExchangeService(
        database,
        cases,
        clock=clock,
        entropy=secrets.token_bytes,
        hub=settings.hub,
        domain=urlsplit(settings.console_url).hostname or settings.hub,
        default_slice=settings.slices[0],
    )
    erasure = ErasureService(
        database,
        cases,
        matches,
        exchange,
        watchlist,
        fleet=fleet,
        clock=clock,
        entropy=secrets.token_bytes,
        hub=settings.hub,
        backup_days=settings.backup_days,
    )
    sightings = SightingReader(database, vault)
    dispatch = DispatchService(alert_settings(settings), recipients)
    return Services(
        settings=settings,
        clock=clock,
        database=database,
        vault=vault,
        identity=identity,
        recipients=recipients,
        audit=AuditLog(database, identity, clock),
        access=AccessService(
            database, clock, vault, issuer=f"MCA-{settings.hub}", second_factor=settings.second_factor
        ),
        fleet=fleet,
        pack=pack,
        photographs=photographs,
        cases=cases,
        watchlist=watchlist,
        matches=matches,
        exchange=exchange,
        erasure=erasure,
        sightings=sightings,
        dispatch=dispatch,
        review=ReviewService(
            database,
            sightings,
            cases,
            dispatch,
            fleet,
            vault=vault,
            matches=matches,
            rules=settings.review_rules,
            in_words=captured,
        ),
    )


def group_name(settings: HubSettings, vault: Vault) -> str:
    """What the hub's processes call the subscription that they share.

    Mosquitto lets anyone join who knows it, and throws away what is the turn of one that may not read it. So the name
    is a secret, which follows from the storage key.
    """
    return vault.index(settings.hub.encode(), "broker/group").hex()


def build_link(settings: HubSettings, vault: Vault, worker: int | None = None) -> MqttLink:
    """The connection to the broker, not yet made: the hub's own, or that of a worker. Raises PrivateFileError."""
    tls = settings.tls
    name = "hub" if worker is None else f"worker-{worker}"
    context = client_context(authority=tls / "ca.crt", certificate=tls / f"{name}.crt", key=tls / f"{name}.key")
    group = group_name(settings, vault)
    topics = [hub_subscription(settings.hub, channel) for channel in sorted(UPWARD)]
    return MqttLink(
        settings.broker_host,
        settings.broker_port,
        context,
        client_id=settings.hub if worker is None else hub_worker_name(settings.hub, worker),
        subscriptions=[shared_subscription(group, each) for each in topics],
        session_seconds=_HUB_SESSION_SECONDS if worker is None else _WORKER_SESSION_SECONDS,
    )


def build_ingest(services: Services, link: MqttLink) -> IngestService:
    """What takes in the messages that `link` brings."""
    return IngestService(
        services.database,
        services.vault,
        services.identity,
        fleet=services.fleet,
        cases=services.cases,
        review=services.review,
        publish=link.send,
        clock=services.clock,
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
    return RecognitionWorker(services.cases, looks)


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
    return Dispatcher(services.database, alert_settings(services.settings), services.recipients, feed, services.clock)


def build_head_keeper(services: Services) -> HeadKeeper:
    """What signs the audit trail and hands its heads out. Raises PrivateFileError or RecipientsError."""
    settings = services.settings
    return HeadKeeper(
        services.audit,
        hub=settings.hub,
        witness_file=settings.audit_witness_file,
        recipients=load_recipients(settings.audit_witness_recipients_file),
        clock=services.clock,
    )


def alert_settings(settings: HubSettings) -> AlertSettings:
    """What alerts say of their origin."""
    return AlertSettings(
        hub=settings.hub,
        console_url=settings.console_url,
        sender=settings.sender,
        sender_name=settings.sender_name,
        status=settings.alert_status,
    )


def _retention(settings: HubSettings) -> Retention:
    return Retention(
        search={Register.MISSING: settings.missing_search_days, Register.FOUND: settings.found_search_days},
        record={Register.MISSING: settings.missing_record_days, Register.FOUND: settings.found_record_days},
    )


def _require_one_hub(settings: HubSettings, identity: PrivateIdentity) -> None:
    if identity.name != settings.hub:
        raise SettingsError(f"The settings are those of the hub {settings.hub}, the keys those of {identity.name}.")
    foreign = [name for name in settings.slices if owner(name) != settings.hub]
    if foreign:
        raise SettingsError(f"The slices {', '.join(foreign)} belong to another hub: this one cannot publish them.")
