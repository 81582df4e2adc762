"""Settings: edge.toml, over which MCA_EDGE_* in the environment goes. Secrets are in files that these name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_settings import SettingsConfigDict

from configuration.settings import SettingsError, TomlSettings, checked, load_toml
from credentials.keystore.selection import KeyStoreKind
from edge_agent.camera.source import Module
from edge_agent.sightings.request import ASSENT_FROM_AGE
from edge_agent.sightings.retention import DEFAULT_DAYS
from models.pack import PERMITTED_LICENCES
from protocol.basis import Language
from protocol.ids import HubId, SiteId, UnitId, owner, parse_hub_id, parse_site_id, parse_unit_id
from protocol.sighting import LegalBasis

PREFIX: Final = "MCA_EDGE_"
CONFIG_VARIABLE: Final = f"{PREFIX}CONFIG"
Pin: TypeAlias = Annotated[int, Field(ge=0, le=27)]
RetentionDays: TypeAlias = Annotated[int, Field(ge=1, le=3650)]
__all__ = ["CONFIG_VARIABLE", "EdgeSettings", "SettingsError", "load_settings"]


def _https(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.port == 0:  # `port` raises ValueError too.
        raise ValueError("must begin with https:// and name a host")
    return url.rstrip("/")


def _complete(days: Mapping[LegalBasis, int]) -> Mapping[LegalBasis, int]:
    return {**DEFAULT_DAYS, **days}


class EdgeSettings(TomlSettings):
    """What a unit is told. Relative paths are relative to the folder of edge.toml."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    unit: Annotated[UnitId, checked(parse_unit_id)]
    site: Annotated[SiteId, checked(parse_site_id)]
    hub: Annotated[HubId, checked(parse_hub_id)]
    broker_host: str = Field(min_length=1)
    broker_port: int = Field(ge=1, le=65535)
    watchlist_url: Annotated[str, AfterValidator(_https)]
    identity: Path = Path()
    hub_card: Path = Path("hub-card.json")
    tuf_root: Path = Path("tuf-root.json")
    tls: Path = Path("tls")
    data: Path = Path("data")
    camera: str | None = Field(default=None, min_length=1)
    camera_module: Module = Module.STANDARD
    panel_shutter_pin: int | None = Field(default=None, ge=0, le=27)
    panel_light_pins: tuple[Pin, Pin, Pin] | None = None
    panel_tamper_pin: int | None = Field(default=None, ge=0, le=27)
    vault: Path = Path("vault")
    key_store: KeyStoreKind = KeyStoreKind.FILE
    tpm_pcrs: str | None = Field(default=None, pattern=r"^[a-z0-9_]+:\d+(,\d+)*$")
    passphrase_file: Path | None = None
    pack: Path | None = None
    permitted_licences: tuple[str, ...] = tuple(sorted(PERMITTED_LICENCES))
    threads: int = Field(default=2, ge=1, le=64)
    false_candidates_per_100_intakes: float = Field(default=5, gt=0, le=100)
    uncalibrated: bool = False
    sync_every_seconds: float = Field(default=900, ge=1)
    sync_bytes_per_second: int | None = Field(default=None, ge=2000)
    heartbeat_seconds: float = Field(default=60, ge=1)
    warn_after_hours: float = Field(default=24, gt=0)
    stop_matching_after_hours: float = Field(default=168, ge=0)
    resend_after_seconds: float = Field(default=30, ge=0.1)
    outbox_max_megabytes: float = Field(default=1024, ge=1)
    outbox_warn_percent: float = Field(default=50, gt=0, lt=100)
    retention_days: Annotated[Mapping[LegalBasis, RetentionDays], AfterValidator(_complete)] = DEFAULT_DAYS
    keep_template_days: Mapping[LegalBasis, RetentionDays] = Field(default_factory=dict)
    consent_record_days: RetentionDays = 365
    kiosk_port: int | None = Field(default=None, ge=1, le=65535)
    kiosk_lock_seconds: float = Field(default=120, ge=10, le=3600)
    kiosk_language: Language = Language.ENGLISH
    consent_audio: Path | None = None
    notice_days: RetentionDays = 90
    assent_from_age: int = Field(default=ASSENT_FROM_AGE, ge=0, le=18)
    jurisdiction: str | None = Field(default=None, pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")
    controller_contact: str = Field(default="", max_length=120)


def load_settings(path: Path) -> EdgeSettings:
    """The settings in `path` and the environment, with absolute paths. Raises SettingsError."""
    settings = load_toml(EdgeSettings, path)
    if not owner(settings.unit) == owner(settings.site) == settings.hub:
        raise SettingsError(f"{path}: the unit {settings.unit} and the site {settings.site} belong to {settings.hub}?")
    return settings
