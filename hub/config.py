"""The hub's settings: a TOML file, overridden by MCA_HUB_… in the environment. Unknown keys are refused."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field
from pydantic_settings import SettingsConfigDict

from configuration.settings import SettingsError, TomlSettings, checked, load_toml
from credentials.private_files import read_private
from hub.access.service import Role, SecondFactorPolicy
from hub.clock import MINUTE
from hub.db import postgresql_url
from hub.dispatch.service import AlertStatus, AlertTimes
from hub.erasure.ledger import FILE_NAME
from hub.erasure.retention import IntakeDays
from hub.review.service import ReviewRules, Targets
from models.pack import PERMITTED_LICENCES, default_pack_path
from protocol.ids import HubId, SliceName, parse_hub_id, parse_slice_name

__all__ = ["BrokerKind", "HubSettings", "SettingsError", "load_settings"]


class BrokerKind(StrEnum):
    """Who runs the broker."""

    EMBEDDED = "embedded"
    EXTERNAL = "external"


Port = Annotated[int, Field(ge=1, le=65535)]
Days = Annotated[int, Field(ge=1, le=36500)]


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(
            "is no time zone: write an IANA name such as Asia/Dhaka, Asia/Kolkata or Asia/Kathmandu"
        ) from None
    return name


class HubSettings(TomlSettings):
    """Every setting of a hub. Paths are absolute once `load_settings` has read them."""

    model_config = SettingsConfigDict(env_prefix="MCA_HUB_", extra="forbid", frozen=True)

    hub: Annotated[HubId, checked(parse_hub_id)]
    slices: Annotated[list[Annotated[SliceName, checked(parse_slice_name)]], Field(min_length=1)]
    slice_days: Annotated[int, Field(ge=1, le=3650)] = 90
    lease_days: Annotated[int, Field(ge=1, le=365)] = 14
    # For how long staff can sign in at a unit that hears nothing from the hub.
    staff_list_days: Annotated[int, Field(ge=1, le=365)] = 14
    compaction_hours: Annotated[int, Field(ge=1, le=720)] = 24

    # For how long faces are kept and searched for without a renewal, and a record after its search has ended.
    missing_search_days: Days = 1825
    missing_record_days: Days = 365
    found_search_days: Days = 730
    found_record_days: Days = 365
    # For how long an intake is kept after its receipt, by what came of it. Where nobody was recognised, its consent
    # record may say fewer days.
    intake_no_candidate_days: Days = 30
    intake_rejected_days: Days = 30
    intake_undecided_days: Days = 30
    intake_confirmed_days: Days = 365
    # Where withdrawals and ended cases are written too, so that a restored backup brings nothing of them back: best on
    # another disk. Without it, in `data`.
    erasure_ledger: Path | None = None
    # For how long the installation keeps the hub's backups: until then, an erased case is in the earlier ones.
    backup_days: Days = 90

    console_host: str = "127.0.0.1"
    console_port: Port
    console_url: str
    # Of the desk: an IANA name such as Asia/Dhaka. Pages show times in it.
    time_zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    units_host: str = "127.0.0.1"
    units_port: Port

    broker: BrokerKind = BrokerKind.EMBEDDED
    broker_host: str = "127.0.0.1"
    broker_port: Port
    broker_config: Path = Path("../broker/mosquitto.conf")

    identity: Path = Path()
    storage_key: Path = Path("storage.key")
    tuf: Path = Path("tuf")
    tls: Path = Path("tls")
    units: Path = Path("units")
    data: Path = Path("data")
    # Without it, SQLite in `data`.
    database: Annotated[str, AfterValidator(postgresql_url)] | None = None
    pack: Path = Field(default_factory=default_pack_path)
    other_pack: Path | None = None
    permitted_licences: tuple[str, ...] = tuple(sorted(PERMITTED_LICENCES))
    false_candidates_per_100_intakes: Annotated[float, Field(gt=0, le=100)] = 5
    uncalibrated: bool = False

    second_factor: SecondFactorPolicy = SecondFactorPolicy.REQUIRED

    # An OpenID provider at which operators who are linked sign in. Without an issuer there is none.
    oidc_issuer: str = ""
    oidc_name: str = "the organisation's account"
    oidc_client_id: str = ""
    oidc_client_secret_file: Path | None = None
    # Who signed the provider's certificate (PEM); without it, whom the system trusts.
    oidc_authority_file: Path | None = None
    # Any of these values in the claims acr or amr stands for a second factor. Without them, ours is asked for.
    oidc_second_factor_acr: tuple[str, ...] = ()
    oidc_second_factor_amr: tuple[str, ...] = ()
    # What each value of this claim gives, to those operators whose roles an administrator lets the provider give.
    oidc_roles_claim: str = ""
    oidc_roles: dict[str, Role] = Field(default={})

    # Minutes: a claim without renewal; from a review's opening to its decision, by urgency.
    review_lease_minutes: Annotated[int, Field(ge=2, le=240)] = 15
    review_target_urgent_minutes: Annotated[int, Field(ge=1)] = 30
    review_target_soon_minutes: Annotated[int, Field(ge=1)] = 120
    review_target_ordinary_minutes: Annotated[int, Field(ge=1)] = 720
    # Of 100 comparisons, so many are of control pairs, once some are loaded.
    control_pairs_per_100_reviews: Annotated[float, Field(ge=0, le=50)] = 5

    # Minutes: for which an alert waits for somebody to look at it; for which an acknowledgement is waited for.
    alert_preview_minutes: Annotated[int, Field(ge=0, le=120)] = 10
    alert_escalation_minutes: Annotated[int, Field(ge=1, le=1440)] = 30
    # The secret by which a gateway hands on what recipients reply. Without it, replies are not taken.
    alert_replies_secret_file: Path | None = None
    alert_status: AlertStatus = AlertStatus.ACTUAL
    alert_sender: str = ""
    alert_sender_name: str = ""

    # How many months one table of statistics is of. Tables of different lengths could be subtracted from each other.
    statistics_months: Literal[1, 2, 3, 4, 6, 12] = 3

    # Off unless a port is named; beyond this machine only with a token.
    metrics_host: str = "127.0.0.1"
    metrics_port: Port | None = None
    metrics_token_file: Path | None = None

    audit_witness_file: Path | None = None
    audit_witness_recipients_file: Path | None = None
    backup_key_file: Path | None = None

    @property
    def database_url(self) -> str:
        """Where the hub's database is."""
        return self.database or f"sqlite:///{self.data / 'hub.sqlite3'}"

    @property
    def zone(self) -> ZoneInfo:
        """The desk's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def review_rules(self) -> ReviewRules:
        """How the desk works."""
        targets = Targets(
            self.review_target_urgent_minutes, self.review_target_soon_minutes, self.review_target_ordinary_minutes
        )
        return ReviewRules(self.review_lease_minutes, targets, self.control_pairs_per_100_reviews / 100)

    @property
    def erasure_ledger_path(self) -> Path:
        """The ledger of erasures."""
        return self.erasure_ledger or self.data / FILE_NAME

    @property
    def intake_days(self) -> IntakeDays:
        """How long intakes are kept."""
        return IntakeDays(
            no_candidate=self.intake_no_candidate_days,
            rejected=self.intake_rejected_days,
            undecided=self.intake_undecided_days,
            confirmed=self.intake_confirmed_days,
            registered=self.found_search_days,
        )

    def reply_secret(self) -> str:
        """The gateway's secret; empty where replies are not taken. Raises PrivateFileError."""
        path = self.alert_replies_secret_file
        return "" if path is None else read_private(path).decode("utf-8", "replace").strip()

    @property
    def alert_times(self) -> AlertTimes:
        """How long alerts wait."""
        return AlertTimes(self.alert_preview_minutes * MINUTE, self.alert_escalation_minutes * MINUTE)

    @property
    def sender(self) -> str:
        """Who alerts say they come from: `alert_sender`, or the hub at the console's host."""
        return self.alert_sender or f"{self.hub}@{urlsplit(self.console_url).hostname}"

    @property
    def sender_name(self) -> str:
        """The same for people."""
        return self.alert_sender_name or f"Missing Child Alert, hub {self.hub}"


def load_settings(path: Path) -> HubSettings:
    """Read the TOML file; relative paths in it are relative to its own folder. Raises SettingsError."""
    return load_toml(HubSettings, path)
