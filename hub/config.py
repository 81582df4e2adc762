"""The hub's settings: a TOML file, overridden by MCA_HUB_… in the environment. Unknown keys are refused."""

import os
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from faults import MisconfiguredError
from hub.dispatch.service import AlertStatus
from models.pack import default_pack_path
from protocol.errors import InvalidIdError
from protocol.ids import HubId, SliceName, parse_hub_id, parse_slice_name

_PREFIX: Final = "MCA_HUB_"
_NOT_SETTINGS: Final = {"MCA_HUB_CONFIG"}  # Names the file itself.


class SettingsError(MisconfiguredError):
    """The settings are missing, or say something that cannot be."""


class BrokerKind(StrEnum):
    """Who runs the broker."""

    EMBEDDED = "embedded"
    EXTERNAL = "external"


def _hub(text: str) -> HubId:
    try:
        return parse_hub_id(text)
    except InvalidIdError as error:
        raise ValueError(str(error)) from error


def _slice(text: str) -> SliceName:
    try:
        return parse_slice_name(text)
    except InvalidIdError as error:
        raise ValueError(str(error)) from error


Port = Annotated[int, Field(ge=1, le=65535)]


class HubSettings(BaseSettings):
    """Every setting of a hub. Paths are absolute once `load_settings` has read them."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, extra="forbid", frozen=True)

    hub: Annotated[HubId, AfterValidator(_hub)]
    slices: Annotated[list[Annotated[SliceName, AfterValidator(_slice)]], Field(min_length=1)]
    slice_days: Annotated[int, Field(ge=1, le=3650)] = 90

    console_host: str = "127.0.0.1"
    console_port: Port
    console_url: str
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
    pack: Path = Field(default_factory=default_pack_path)

    alert_recipients_file: Path | None = None
    alert_status: AlertStatus = AlertStatus.ACTUAL
    alert_sender: str = ""
    alert_sender_name: str = ""

    @property
    def database_url(self) -> str:
        """The database on this machine."""
        return f"sqlite:///{self.data / 'hub.sqlite3'}"

    @property
    def sender(self) -> str:
        """Who alerts say they come from: `alert_sender`, or the hub at the console's host."""
        return self.alert_sender or f"{self.hub}@{urlsplit(self.console_url).hostname}"

    @property
    def sender_name(self) -> str:
        """The same for people."""
        return self.alert_sender_name or f"Missing Child Alert, hub {self.hub}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment overrides the file; there is no third place."""
        return env_settings, init_settings


def load_settings(path: Path) -> HubSettings:
    """Read the TOML file; relative paths in it are relative to its own folder. Raises SettingsError."""
    _refuse_unknown_variables()
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        settings = HubSettings(**values)
    except OSError as error:
        raise SettingsError(f"The settings {path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings {path} are not TOML: {error}.") from error
    except ValidationError as error:
        raise SettingsError(f"The settings {path} cannot be used. {_explain(error)}") from error
    folder = path.resolve().parent
    paths = {name: folder / value for name, value in settings if isinstance(value, Path)}
    return settings.model_copy(update=paths)


def _refuse_unknown_variables() -> None:
    known = {f"{_PREFIX}{name.upper()}" for name in HubSettings.model_fields} | _NOT_SETTINGS
    unknown = sorted(name for name in os.environ if name.startswith(_PREFIX) and name not in known)
    if unknown:
        raise SettingsError(f"The environment sets {', '.join(unknown)}, which the hub does not know. Remove it.")


def _explain(error: ValidationError) -> str:
    # Not pydantic's own text: that repeats the values, and what was put there by mistake may be a secret.
    problems = (f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}." for problem in error.errors())
    return " ".join(problems)
