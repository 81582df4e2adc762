"""`mca provision init`: everything where its readers look for it, once, and whole or not at all."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from credentials.identity import load_identity
from credentials.private_files import DiskError, read_private
from protocol.errors import InvalidIdError
from provisioning.errors import AlreadyProvisionedError, ForeignNameError, InvalidAddressError
from tests.provisioning.commands import add_unit, init, provision
from tests.support.full_disk import files_of_at_most
from tests.support.plain_user import plain_user

PRIVATE = re.compile(r".*\.key")
SERVICES = ("hub", "console", "units", *(f"worker-{number}" for number in range(1, 5)))
FILES = {
    *("authority/ca.key", "authority/ca.crt", "authority/tuf-root.key", "authority/hub.json"),
    *("authority/revoked.crl", "broker/revoked.crl", "hub/tls/revoked.crl"),
    *("broker/mosquitto.conf", "broker/acl.conf", "broker/ca.crt", "broker/server.crt", "broker/server.key"),
    *("hub/hub.toml", "hub/signing.key", "hub/opening.key", "hub/card.json", "hub/storage.key"),
    *("hub/tuf/root.json", *(f"hub/tuf/{role}.key" for role in ("targets", "snapshot", "timestamp", "slices"))),
    *("hub/tls/ca.crt", *(f"hub/tls/{name}.{kind}" for name in SERVICES for kind in ("crt", "key"))),
}
FOLDERS = {
    "authority",
    "authority/issued",
    "broker",
    "broker/data",
    "hub",
    "hub/data",
    "hub/tls",
    "hub/tuf",
    "hub/units",
    "units",
}


def test_folder_holds_what_the_programs_read_and_nothing_else(tmp_path: Path) -> None:
    folder = init(tmp_path / "mca")
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*")}
    issued = {name for name in found if name.startswith("authority/issued/")}
    assert len(issued) == 1 + len(SERVICES)  # Of the broker, and of the hub and its workers.
    assert {name for name, path in found.items() if path.is_file()} - issued == FILES
    assert {name for name, path in found.items() if path.is_dir()} == FOLDERS
    for name, path in found.items():
        expected = 0o700 if path.is_dir() else 0o600 if PRIVATE.fullmatch(name) else 0o644
        assert path.stat().st_mode & 0o777 == expected, name
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in tmp_path.iterdir()] == ["mca"]


def test_hub_settings_have_the_agreed_keys_and_lead_to_files_that_exist(tmp_path: Path) -> None:
    options = ("--slice", "bd/missing", "--slice", "bd/found", "--hub-host", "hub.example.org", "--console-port", 9443)
    hub = init(tmp_path / "mca", *options) / "hub"
    settings = tomllib.loads((hub / "hub.toml").read_text())
    port = settings.pop("broker_port")
    assert settings == {
        "hub": "bd",
        "slices": ["bd/missing", "bd/found"],
        "slice_days": 90,
        "console_host": "0.0.0.0",
        "console_port": 9443,
        "console_url": "https://hub.example.org:9443",
        "units_host": "0.0.0.0",
        "units_port": 8444,
        "broker": "embedded",
        "broker_host": "127.0.0.1",
        "broker_config": "../broker/mosquitto.conf",
        "identity": ".",
        "storage_key": "storage.key",
        "tuf": "tuf",
        "tls": "tls",
        "units": "units",
        "data": "data",
    }
    assert f"listener {port} 127.0.0.1\n" in (hub / settings["broker_config"]).read_text()
    assert all((hub / settings[key]).exists() for key in ("identity", "storage_key", "tuf", "tls", "units", "data"))
    assert load_identity(hub / settings["identity"]).name == "bd"
    assert len(bytes.fromhex(read_private(hub / settings["storage_key"]).decode())) == 32


def test_services_stay_on_this_machine_unless_they_are_given_a_host(tmp_path: Path) -> None:
    settings = tomllib.loads((init(tmp_path / "mca") / "hub" / "hub.toml").read_text())
    assert (settings["console_host"], settings["units_host"]) == ("127.0.0.1", "127.0.0.1")


def test_second_init_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    folder = init(tmp_path / "mca")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(AlreadyProvisionedError, match="not overwritten"):
        init(folder)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_folder_of_somebody_elses_files_is_refused_and_an_empty_one_taken(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(AlreadyProvisionedError, match="new or an empty one"):
        init(tmp_path)
    with pytest.raises(AlreadyProvisionedError, match="new or an empty one"):
        init(tmp_path / "thesis.txt")
    (tmp_path / "empty").mkdir()
    init(tmp_path / "empty")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    (tmp_path / "target").mkdir()
    init(tmp_path / "link")


@pytest.mark.parametrize("size", [0, 31, 64, 200, 500, 700, 1500, 2000])
def test_full_disk_leaves_nothing_and_the_next_run_succeeds(tmp_path: Path, size: int) -> None:
    with files_of_at_most(size), pytest.raises(DiskError, match="could not be written"):
        init(tmp_path / "mca")
    assert list(tmp_path.iterdir()) == []
    init(tmp_path / "mca")


@pytest.mark.parametrize("size", [0, 200, 1500])
def test_power_cut_leaves_no_half_authority_and_the_next_run_succeeds(tmp_path: Path, size: int) -> None:
    run = (
        "import sys; from pathlib import Path; from tests.provisioning.commands import init;"
        "from tests.support.full_disk import die_at_a_file_of; die_at_a_file_of(int(sys.argv[2]));"
        "init(Path(sys.argv[1]))"
    )
    cut = subprocess.run([sys.executable, "-c", run, tmp_path / "mca", str(size)], check=False, capture_output=True)
    assert cut.returncode < 0, cut.stderr
    assert not (tmp_path / "mca").exists()
    init(tmp_path / "mca")
    assert [path.name for path in tmp_path.iterdir()] == ["mca"]


def test_read_only_folder_is_a_disk_error_in_a_sentence() -> None:
    with plain_user() as folder:
        folder.chmod(0o500)
        with pytest.raises(DiskError, match=r"could not be made: Permission denied\.$"):
            init(folder / "mca")
        folder.chmod(0o000)
        with pytest.raises(DiskError, match="Permission denied"):
            init(folder / "mca")
        folder.chmod(0o700)


def test_broker_becomes_the_owner_of_its_keys_when_root_starts_it(tmp_path: Path) -> None:
    configuration = (init(tmp_path / "mca") / "broker" / "mosquitto.conf").read_text()
    assert f"\nuser {tmp_path.owner()}\n" in configuration
    with plain_user() as folder:
        assert f"\nuser {folder.owner()}\n" in (init(folder / "mca") / "broker" / "mosquitto.conf").read_text()


@pytest.mark.parametrize("hub", ["", "BD", "b d", "bd/x", "-bd", "../bd", "bd+", "#", "b" * 64])
def test_bad_hub_name_is_refused(tmp_path: Path, hub: str) -> None:
    with pytest.raises(InvalidIdError, match="lower-case letters"):
        init(tmp_path / "mca", hub=hub)
    assert list(tmp_path.iterdir()) == []


def test_slice_of_another_hub_bad_host_and_shared_port_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ForeignNameError, match="belongs to the hub np"):
        init(tmp_path / "mca", "--slice", "np/missing")
    with pytest.raises(InvalidAddressError, match="neither a host's name"):
        init(tmp_path / "mca", "--hub-host", "https://hub.example.org")
    with pytest.raises(InvalidAddressError, match="three different ports"):
        init(tmp_path / "mca", "--console-port", 8444)
    assert list(tmp_path.iterdir()) == []


def test_no_key_is_ever_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = init(tmp_path / "mca")
    add_unit(folder)
    with pytest.raises(AlreadyProvisionedError):
        init(folder)
    with pytest.raises(AlreadyProvisionedError):
        add_unit(folder)
    captured = capfd.readouterr()
    secrets = [line for path in folder.rglob("*.key") for line in path.read_text().splitlines() if line[:5] != "-----"]
    assert len(secrets) > 20
    assert not [secret for secret in secrets if secret in captured.out + captured.err]


def test_command_prints_what_to_do_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    provision("init", tmp_path / "mca", "--hub", "bd")
    printed = capsys.readouterr().out
    assert "keep it offline" in printed
    assert f"{tmp_path / 'mca' / 'hub' / 'hub.toml'}" in printed
