from pathlib import Path

import pytest

from edge_agent.config import SettingsError, load_settings
from models.errors import LicenceRefusedError
from tests.edge_agent.site import Site

VALID = """
unit = "bd/benapole-1"
site = "bd/benapole"
hub = "bd"
broker_host = "127.0.0.1"
broker_port = 8883
watchlist_url = "https://127.0.0.1:8444/watchlist"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "edge.toml"
    path.write_text(text)
    return path


def test_relative_paths_are_relative_to_the_file_and_not_to_where_the_program_runs(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, VALID + 'data = "state/data"\npack = "/opt/pack"\n'))
    assert settings.data == tmp_path / "state/data"
    assert settings.identity == tmp_path
    assert settings.tls == tmp_path / "tls"
    assert settings.pack == Path("/opt/pack")


def test_environment_goes_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCA_EDGE_BROKER_PORT", "9883")
    monkeypatch.setenv("MCA_EDGE_DATA", "elsewhere")
    settings = load_settings(write(tmp_path, VALID))
    assert settings.broker_port == 9883
    assert settings.data == tmp_path / "elsewhere"


def test_misspelt_environment_variable_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCA_EDGE_MINIMUM_SCOER", "0.9")
    with pytest.raises(SettingsError, match="MCA_EDGE_MINIMUM_SCOER"):
        load_settings(write(tmp_path, VALID))


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ("thread = 2", "thread"),
        ("threads = 0", "threads"),
        ("minimum_score = 2.0", "minimum_score"),
        ("sync_every_seconds = 0", "sync_every_seconds"),
    ],
)
def test_unknown_or_impossible_setting_is_refused_by_name(tmp_path: Path, change: str, names: str) -> None:
    with pytest.raises(SettingsError, match=f"'{names}'"):
        load_settings(write(tmp_path, VALID + change))


@pytest.mark.parametrize("address", ["http://127.0.0.1:8444", "https://", "https://127.0.0.1:lists", "https://[::1"])
def test_watchlist_without_tls_or_at_no_address_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(SettingsError, match="'watchlist_url'"):
        load_settings(write(tmp_path, VALID.replace("https://127.0.0.1:8444", address)))


@pytest.mark.parametrize("key", ["unit", "site"])
def test_unit_or_site_of_another_hub_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(SettingsError, match="belong to bd"):
        load_settings(write(tmp_path, VALID.replace(f'{key} = "bd/', f'{key} = "np/')))


def test_missing_or_damaged_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="MCA_EDGE_CONFIG"):
        load_settings(tmp_path / "edge.toml")
    with pytest.raises(SettingsError, match="TOML"):
        load_settings(write(tmp_path, "unit ="))


@pytest.mark.parametrize("rate", ["0", "-1", "101", "nan", "inf"])
def test_rate_that_nobody_can_want_is_refused(tmp_path: Path, rate: str) -> None:
    with pytest.raises(SettingsError, match="false_candidates_per_100_intakes"):
        load_settings(write(tmp_path, VALID + f"false_candidates_per_100_intakes = {rate}\n"))


def test_similarity_is_no_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="minimum_score"):
        load_settings(write(tmp_path, VALID + "minimum_score = 0.5\n"))


def test_licences_that_a_country_does_not_permit_are_taken_all_the_same(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCA_EDGE_PERMITTED_LICENCES", '["Apache-2.0"]')
    with pytest.raises(LicenceRefusedError, match="MIT"), site.open():
        pass
