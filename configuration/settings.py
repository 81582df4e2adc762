"""Settings of a program: a TOML file and, over it, environment variables with the program's prefix.

Secrets are never among them: a setting names the private file that holds one.
"""

import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import AfterValidator, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from faults import MisconfiguredError, RejectedError

S = TypeVar("S", bound="TomlSettings")
T = TypeVar("T")


class SettingsError(MisconfiguredError):
    """The settings are missing, misspelt or contradict each other."""


class TomlSettings(BaseSettings):
    """A program's settings: its fields, with `model_config` naming the environment's prefix.

    Subclasses set `env_prefix`, `extra="forbid"` and `frozen=True`. Fields of the type Path become absolute:
    relative ones are relative to the TOML's own folder.
    """

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment over the file; there is no third place."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings


def checked(parse: Callable[[str], T]) -> AfterValidator:
    """A field's validator that takes what `parse` takes, and says of which key it is when it refuses."""

    def validate(text: str) -> T:
        try:
            return parse(text)
        except RejectedError as error:
            raise ValueError(str(error)) from error

    return AfterValidator(validate)


def config_variable(kind: type[TomlSettings]) -> str:
    """The variable of the environment that names the file itself."""
    return f"{kind.model_config.get('env_prefix', '')}CONFIG"


def load_toml(kind: type[S], path: Path) -> S:
    """The settings in `path` and the environment. Raises SettingsError, which never repeats a value."""
    _refuse_unknown_variables(kind)
    values = _read(kind, path)
    try:
        settings = kind(**values)
    except ValidationError as error:
        # Not pydantic's own text: it repeats values, and what was put there by mistake may be a secret.
        problems = (f"Key {'.'.join(map(str, found['loc']))!r}: {found['msg']}." for found in error.errors())
        raise SettingsError(f"The settings {path} cannot be used. {' '.join(problems)}") from error
    folder = path.resolve().parent
    absolute = {name: folder / value for name, value in settings if isinstance(value, Path)}
    return settings.model_copy(update=absolute)


def _read(kind: type[TomlSettings], path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"The settings {path} cannot be read ({error.strerror}). "
            f"Give --config FILE, or name the file in {config_variable(kind)}."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings {path} are not TOML: {error}.") from error


def _refuse_unknown_variables(kind: type[TomlSettings]) -> None:
    # pydantic-settings passes over a variable that is no setting; a misspelt one would then silently not count.
    prefix = str(kind.model_config.get("env_prefix", ""))
    known = {f"{prefix}{name}".upper() for name in kind.model_fields} | {config_variable(kind)}
    unknown = sorted(name for name in os.environ if name.upper().startswith(prefix) and name.upper() not in known)
    if unknown:
        raise SettingsError(
            f"The environment sets {', '.join(unknown)}, which is no setting of this program. Unset it."
        )
