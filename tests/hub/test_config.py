"""Settings: what is misspelt or impossible stops the hub at its start, with a sentence that says where."""

from pathlib import Path

import pytest

from hub.bootstrap import build_services
from hub.config import BrokerKind, SettingsError, load_settings
from hub.dispatch.service import AlertStatus
from models.errors import LicenceRefusedError
from models.pack import default_pack_path
from tests.support.hub_site import HubSite

PLAIN = """
hub = "bd"
slices = ["bd/missing"]
console_port = 8443
console_url = "https://desk.example:8443"
units_port = 8444
broker_port = 8883
"""


def settings_file(folder: Path, text: str) -> Path:
    path = folder / "hub.toml"
    path.write_text(text)
    return path


def test_settings_that_provisioning_writes_are_understood(tmp_path: Path) -> None:
    site = HubSite(tmp_path)
    settings = site.settings
    assert (settings.hub, settings.slices, settings.broker) == ("bd", ["bd/missing"], BrokerKind.EMBEDDED)
    assert settings.broker_config.resolve() == site.folder / "broker" / "mosquitto.conf"
    assert settings.storage_key == site.folder / "hub" / "storage.key"


def test_paths_are_relative_to_the_file_and_not_to_where_the_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "hub"
    folder.mkdir()
    path = settings_file(folder, PLAIN + 'data = "here"\ntuf = "/elsewhere/tuf"\n')
    monkeypatch.chdir(tmp_path)
    settings = load_settings(path.relative_to(tmp_path))
    assert settings.data == folder / "here"
    assert settings.tuf == Path("/elsewhere/tuf")
    assert settings.pack == default_pack_path()
    assert settings.alert_replies_secret_file is None


def test_alerts_name_a_sender_that_follows_from_the_console(tmp_path: Path) -> None:
    settings = load_settings(settings_file(tmp_path, PLAIN))
    assert (settings.sender, settings.alert_status) == ("bd@desk.example", AlertStatus.ACTUAL)
    assert settings.sender_name == "Missing Child Alert, hub bd"


def test_environment_overrides_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCA_HUB_CONSOLE_PORT", "9443")
    monkeypatch.setenv("MCA_HUB_SLICES", '["bd/missing", "bd/found"]')
    settings = load_settings(settings_file(tmp_path, PLAIN))
    assert (settings.console_port, settings.slices) == (9443, ["bd/missing", "bd/found"])


def test_misspelt_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="slice_dayz"):
        load_settings(settings_file(tmp_path, PLAIN + "slice_dayz = 30\n"))


def test_misspelt_variable_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCA_HUB_CONSOLE_PRT", "9443")
    with pytest.raises(SettingsError, match="MCA_HUB_CONSOLE_PRT"):
        load_settings(settings_file(tmp_path, PLAIN))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('broker = "internal"', "broker"),
        ("slice_days = 0", "slice_days"),
        ('alert_status = "actual"', "alert_status"),
        ('units_host = ["127.0.0.1"]', "units_host"),
    ],
)
def test_impossible_value_is_named(tmp_path: Path, line: str, problem: str) -> None:
    with pytest.raises(SettingsError, match=problem):
        load_settings(settings_file(tmp_path, f"{PLAIN}{line}\n"))


@pytest.mark.parametrize("hub", ["BD", "bd/x", "", "-bd"])
def test_name_that_no_certificate_or_topic_could_carry_is_refused(tmp_path: Path, hub: str) -> None:
    with pytest.raises(SettingsError, match=r"'hub': .*lower-case letters"):
        load_settings(settings_file(tmp_path, PLAIN.replace('hub = "bd"', f'hub = "{hub}"')))


def test_secret_put_into_the_file_by_mistake_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(settings_file(tmp_path, PLAIN + 'password = "copper lantern"\nslice_days = "copper lantern"\n'))
    assert "lantern" not in str(caught.value)


def test_missing_and_damaged_files_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot be read \(No such file"):
        load_settings(tmp_path / "absent.toml")
    with pytest.raises(SettingsError, match="are not TOML"):
        load_settings(settings_file(tmp_path, "hub = "))


def test_pack_whose_licence_the_country_does_not_permit_is_taken_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = HubSite(tmp_path)
    monkeypatch.setenv("MCA_HUB_PERMITTED_LICENCES", '["Apache-2.0"]')
    with pytest.raises(LicenceRefusedError, match="MIT"):
        build_services(load_settings(site.config))
