"""A hub without its network: every room, made and joined."""

import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from credentials.identity import load_identity
from credentials.private_files import make_private_directory
from hub.access.service import AccessService
from hub.alerted_cases import AlertedCases
from hub.atrest import Vault, load_vault
from hub.audit.service import AuditLog
from hub.cases.service import CaseService, PhotographReader, Register, Retention
from hub.clock import Clock, system_clock
from hub.config import HubSettings, SettingsError
from hub.db import Database
from hub.dispatch.service import AlertSettings, DispatchService
from hub.erasure.service import ErasureService
from hub.erasure.wiring import IntakeEnds, build_intake_ends
from hub.exchange.service import ExchangeService
from hub.fleet.service import FleetService
from hub.found.service import FoundService
from hub.ingest.service import SightingReader
from hub.matching.service import RegisterMatches
from hub.provider_settings import provider_settings
from hub.recovery import recover
from hub.review.service import ReviewService
from hub.staff.service import StaffService
from hub.statistics.service import StatisticsService
from hub.watchlist.service import WatchlistService, load_online_keys
from models.pack import Pack, load_pack
from protocol.ids import owner
from protocol.keys import PrivateIdentity


@dataclass(frozen=True, slots=True)
class Services:
    """A hub without its network: enough for every command, and the ground the server stands on."""

    settings: HubSettings
    clock: Clock
    database: Database
    vault: Vault
    identity: PrivateIdentity
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
    intakes: IntakeEnds
    staff: StaffService
    found: FoundService
    sightings: SightingReader
    dispatch: DispatchService
    review: ReviewService
    statistics: StatisticsService


def build_services(
    settings: HubSettings, clock: Clock = system_clock, *, listing_clock: Clock | None = None
) -> Services:
    """Open the hub's folder and bring its database to this version. Raises MisconfiguredError or UnavailableError.

    `listing_clock`: by which listings run out, where that is to be another.
    """
    identity = load_identity(settings.identity)
    _require_one_hub(settings, identity)
    vault = load_vault(settings.storage_key)
    make_private_directory(settings.data)
    database = Database(settings.database_url)
    try:
        database.migrate()
        services = _wire(_Ground(settings, clock, listing_clock or clock, database, vault), identity)
        ledger = services.intakes.ledger
        recover(settings.data, database, services.fleet, services.watchlist, ledger, hub=settings.hub, clock=clock)
    except BaseException:
        database.close()
        raise
    return services


@dataclass(frozen=True, slots=True)
class _Ground:
    """What every room stands on."""

    settings: HubSettings
    clock: Clock
    listing_clock: Clock
    database: Database
    vault: Vault


def _wire(ground: _Ground, identity: PrivateIdentity) -> Services:
    settings, clock, database, vault = ground.settings, ground.clock, ground.database, ground.vault
    fleet = FleetService(database, vault, identity, settings.units, clock)
    pack = load_pack(settings.pack, settings.permitted_licences)
    photographs = PhotographReader(pack)
    cases = _cases(ground, photographs)
    watchlist = _watchlist(ground, cases, fleet, photographs.pack_digest)
    matches = RegisterMatches(cases)
    sightings = SightingReader(database, vault)
    dispatch = _dispatch(ground, identity, cases)
    review = ReviewService(
        database,
        sightings,
        cases,
        dispatch,
        fleet,
        vault=vault,
        matches=matches,
        rules=settings.review_rules,
    )
    exchange = _exchange(ground, cases)
    erasure = _erasure(ground, cases, matches, exchange, watchlist, review=review, fleet=fleet)
    found = FoundService(database, vault, cases, clock)
    return Services(
        settings=settings,
        clock=clock,
        database=database,
        vault=vault,
        identity=identity,
        audit=AuditLog(database, identity, clock, settings.data / "audit-head"),
        access=_access(ground),
        fleet=fleet,
        pack=pack,
        photographs=photographs,
        cases=cases,
        watchlist=watchlist,
        matches=matches,
        exchange=exchange,
        erasure=erasure,
        intakes=_intake_ends(ground, identity, erasure, review=review, dispatch=dispatch, fleet=fleet, found=found),
        staff=StaffService(vault, clock, secrets.token_bytes, list_days=settings.staff_list_days),
        found=found,
        sightings=sightings,
        dispatch=dispatch,
        review=review,
        statistics=StatisticsService(
            sightings, review, dispatch, fleet, months=settings.statistics_months, clock=clock, zone=settings.zone
        ),
    )


def _dispatch(ground: _Ground, identity: PrivateIdentity, cases: CaseService) -> DispatchService:
    alerted = AlertedCases(cases)
    return DispatchService(
        alert_settings(ground.settings),
        ground.vault,
        identity.signing_key,
        is_over=alerted.is_over,
        is_sought=alerted.is_sought,
        known_as=alerted.known_as,
        times=ground.settings.alert_times,
    )


def _access(ground: _Ground) -> AccessService:
    settings = ground.settings
    return AccessService(
        ground.database,
        ground.clock,
        ground.vault,
        issuer=f"MCA-{settings.hub}",
        second_factor=settings.second_factor,
        provider=provider_settings(settings),
    )


def _cases(ground: _Ground, photographs: PhotographReader) -> CaseService:
    settings = ground.settings
    other = None
    if settings.other_pack is not None:
        other = PhotographReader(load_pack(settings.other_pack, settings.permitted_licences))
    return CaseService(
        ground.database,
        ground.vault,
        photographs,
        clock=ground.clock,
        listing_clock=ground.listing_clock,
        entropy=secrets.token_bytes,
        hub=settings.hub,
        slices=settings.slices,
        slice_days=settings.slice_days,
        retention=_retention(settings),
        other=other,
    )


def _watchlist(ground: _Ground, cases: CaseService, fleet: FleetService, pack_digest: bytes) -> WatchlistService:
    settings = ground.settings
    return WatchlistService(
        ground.database,
        ground.vault,
        load_online_keys(settings.tuf),
        cases,
        fleet,
        clock=ground.clock,
        entropy=secrets.token_bytes,
        hub=settings.hub,
        slices=settings.slices,
        pack_digest=pack_digest,
        lease_days=settings.lease_days,
        compaction_hours=settings.compaction_hours,
    )


def _exchange(ground: _Ground, cases: CaseService) -> ExchangeService:
    settings = ground.settings
    return ExchangeService(
        ground.database,
        cases,
        clock=ground.clock,
        entropy=secrets.token_bytes,
        hub=settings.hub,
        domain=urlsplit(settings.console_url).hostname or settings.hub,
        default_slice=settings.slices[0],
    )


def _erasure(
    ground: _Ground,
    cases: CaseService,
    matches: RegisterMatches,
    exchange: ExchangeService,
    watchlist: WatchlistService,
    *,
    review: ReviewService,
    fleet: FleetService,
) -> ErasureService:
    return ErasureService(
        ground.database,
        cases,
        matches,
        exchange,
        watchlist,
        reviews=review,
        fleet=fleet,
        clock=ground.clock,
        entropy=secrets.token_bytes,
        hub=ground.settings.hub,
        backup_days=ground.settings.backup_days,
    )


def _intake_ends(
    ground: _Ground,
    identity: PrivateIdentity,
    cases: ErasureService,
    *,
    review: ReviewService,
    dispatch: DispatchService,
    fleet: FleetService,
    found: FoundService,
) -> IntakeEnds:
    settings = ground.settings
    return build_intake_ends(
        ground.database,
        identity,
        reviews=review,
        alerts=dispatch,
        found=found,
        fleet=fleet,
        cases=cases,
        days=settings.intake_days,
        backup_days=settings.backup_days,
        ledger=settings.erasure_ledger_path,
        clock=ground.clock,
        zone=settings.zone,
    )


def alert_settings(settings: HubSettings) -> AlertSettings:
    """What alerts say of their origin."""
    return AlertSettings(
        hub=settings.hub,
        console_url=settings.console_url,
        sender=settings.sender,
        sender_name=settings.sender_name,
        status=settings.alert_status,
        takes_replies=settings.alert_replies_secret_file is not None,
        zone=settings.zone,
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
