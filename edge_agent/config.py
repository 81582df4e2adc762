"""Settings: edge.toml, over which MCA_EDGE_* in the environment goes. Secrets are in files that these name."""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from faults import MisconfiguredError
from protocol.ids import HubId, SiteId, UnitId, owner, parse_hub_id, parse_site_id, parse_unit_id

PREFIX: Final = "MCA_EDGE_"
CONFIG_VARIABLE: Final = f"{PREFIX}CONFIG"
_PATHS: Final = ("identity", "hub_card", "tuf_root", "tls", "data", "pack")

T = TypeVar("T", UnitId, SiteId, HubId)


class SettingsError(MisconfiguredError):
    """The settings are missing, misspelt or contradict each other."""


def _https(url: str) -> str:
    if not url.startswith("https://"):
        raise ValueError("must begin with https://")
    return url.rstrip("/")


class EdgeSettings(BaseSettings):
    """What a unit is told. Relative paths are relative to the folder of edge.toml."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    unit: Annotated[UnitId, AfterValidator(parse_unit_id)]
    site: Annotated[SiteId, AfterValidator(parse_site_id)]
    hub: Annotated[HubId, AfterValidator(parse_hub_id)]
    broker_host: str = Field(min_length=1)
    broker_port: int = Field(ge=1, le=65535)
    watchlist_url: Annotated[str, AfterValidator(_https)]
    identity: Path = Path()
    hub_card: Path = Path("hub-card.json")
    tuf_root: Path = Path("tuf-root.json")
    tls: Path = Path("tls")
    data: Path = Path("data")
    pack: Path | None = None
    threads: int = Field(default=2, ge=1, le=64)
    false_candidates_per_100_intakes: float = Field(default=5, gt=0, le=100)
    uncalibrated: bool = False
    sync_every_seconds: float = Field(default=900, ge=1)
    heartbeat_seconds: float = Field(default=60, ge=1)
    resend_after_seconds: float = Field(default=30, ge=0.1)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment over the file."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings


def load_settings(path: Path) -> EdgeSettings:
    """The settings in `path` and the environment, with absolute paths. Raises SettingsError."""
    _refuse_unknown_variables()
    try:
        settings = EdgeSettings(**_read_toml(path))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(map(str, first["loc"]))
        raise SettingsError(f"{path}, key {key!r}: {first['msg']}.") from error
    if not owner(settings.unit) == owner(settings.site) == settings.hub:
        raise SettingsError(f"{path}: the unit {settings.unit} and the site {settings.site} belong to {settings.hub}?")
    folder = path.resolve().parent
    absolute = {name: folder / value for name in _PATHS if (value := getattr(settings, name)) is not None}
    return settings.model_copy(update=absolute)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"The settings {path} cannot be read ({error.strerror}). "
            f"Give --config FILE or set {CONFIG_VARIABLE} to the unit's edge.toml."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings {path} are not valid TOML: {error}.") from error


def _refuse_unknown_variables() -> None:
    # pydantic-settings passes over a variable that is no setting; a misspelt one would then silently not count.
    known = {f"{PREFIX}{name}".upper() for name in EdgeSettings.model_fields} | {CONFIG_VARIABLE}
    for name in os.environ:
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            raise SettingsError(f"The environment variable {name} is not a setting of this program. Unset it.")
