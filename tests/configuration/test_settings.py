"""Settings that would silently not count, or that repeat a secret in an error."""

from pathlib import Path

import pytest
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from configuration.settings import SettingsError, TomlSettings, config_variable, load_toml


class Settings(TomlSettings):
    """A program's settings."""

    model_config = SettingsConfigDict(env_prefix="MCA_TEST_", extra="forbid", frozen=True)

    port: int = Field(ge=1)
    data: Path = Path("data")
    pack: Path | None = None


def write(folder: Path, text: str) -> Path:
    path = folder / "test.toml"
    path.write_text(text)
    return path


def test_relative_path_that_depends_on_where_the_program_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    settings = load_toml(Settings, write(tmp_path, "port = 1"))
    assert (settings.data, settings.pack) == (tmp_path / "data", None)


def test_misspelt_variable_that_silently_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCA_TEST_PROT", "2")
    with pytest.raises(SettingsError, match="MCA_TEST_PROT"):
        load_toml(Settings, write(tmp_path, "port = 1"))


def test_environment_that_does_not_go_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCA_TEST_PORT", "2")
    assert load_toml(Settings, write(tmp_path, "port = 1")).port == 2


def test_value_repeated_in_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load_toml(Settings, write(tmp_path, 'port = "hunter2"'))
    assert "'port'" in str(refused.value)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("text", ["port = ", "port = 0", "port = 1\nother = 2", "\x00"])
def test_file_that_cannot_be_meant(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match=r"test\.toml"):
        load_toml(Settings, write(tmp_path, text))


def test_missing_file_without_a_word_of_how_to_name_it(tmp_path: Path) -> None:
    assert config_variable(Settings) == "MCA_TEST_CONFIG"
    with pytest.raises(SettingsError, match="--config FILE, or name the file in MCA_TEST_CONFIG"):
        load_toml(Settings, tmp_path / "absent.toml")
