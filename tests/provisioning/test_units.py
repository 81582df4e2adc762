"""`mca provision unit`: a whole unit or nothing, nobody else's keys, and only names of this hub."""

import json
import shutil
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from credentials.identity import load_identity, parse_card, read_card
from credentials.private_files import DiskError, PrivateFileError
from protocol.errors import InvalidIdError
from provisioning.errors import (
    AlreadyProvisionedError,
    DamagedFolderError,
    ForeignNameError,
    NotProvisionedError,
)
from tests.provisioning.commands import add_unit, init, provision
from tests.support.full_disk import files_of_at_most
from tests.support.plain_user import plain_user

FILES = {
    *("edge.toml", "signing.key", "opening.key", "card.json", "endorsement.hex", "hub-card.json", "tuf-root.json"),
    *("tls/ca.crt", "tls/unit.crt", "tls/unit.key"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return init(tmp_path / "mca")


def users(folder: Path) -> list[str]:
    """Whom the broker's access list knows, beside the hub's own workers."""
    lines = (folder / "broker" / "acl.conf").read_text().splitlines()
    known = [line.removeprefix("user ") for line in lines if line.startswith("user ")]
    assert [name for name in known if "." in name] == [f"bd.worker-{number}" for number in range(1, 5)]
    return [name for name in known if "." not in name]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_folder_for_the_device_is_complete_and_private(folder: Path) -> None:
    unit = add_unit(folder)
    found = {str(path.relative_to(unit)): path for path in unit.rglob("*")}
    assert {name for name, path in found.items() if path.is_file()} == FILES
    assert {name for name, path in found.items() if path.is_dir()} == {"tls", "data"}
    for name, path in found.items():
        expected = 0o700 if path.is_dir() else 0o600 if name.endswith(".key") else 0o644
        assert path.stat().st_mode & 0o777 == expected, name
    assert load_identity(unit).name == "bd/benapole-1"
    assert read_card(unit / "hub-card.json").name == "bd"
    assert (unit / "hub-card.json").read_bytes() == (folder / "hub" / "card.json").read_bytes()
    assert (unit / "tuf-root.json").read_bytes() == (folder / "hub" / "tuf" / "root.json").read_bytes()


def test_unit_settings_have_the_agreed_keys_and_lead_to_files_that_exist(tmp_path: Path) -> None:
    options = ("--broker-host", "broker.example.org", "--hub-host", "2001:db8::7", "--units-port", 9444)
    unit = add_unit(init(tmp_path / "mca", *options))
    settings = tomllib.loads((unit / "edge.toml").read_text())
    assert settings.pop("broker_port") > 0
    assert settings == {
        "unit": "bd/benapole-1",
        "site": "bd/benapole",
        "hub": "bd",
        "broker_host": "broker.example.org",
        "watchlist_url": "https://[2001:db8::7]:9444/watchlist",
        "identity": ".",
        "hub_card": "hub-card.json",
        "tuf_root": "tuf-root.json",
        "tls": "tls",
        "data": "data",
        "vault": "vault",
        "key_store": "file",
        "threads": 2,
        "false_candidates_per_100_intakes": 5,
        "sync_every_seconds": 900,
        "heartbeat_seconds": 60,
        "warn_after_hours": 24,
        "stop_matching_after_hours": 168,
    }
    assert all((unit / settings[key]).exists() for key in ("identity", "hub_card", "tuf_root", "tls", "data"))


def test_unit_is_told_where_to_keep_its_keys_and_a_plain_file_is_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = init(tmp_path / "mca")
    add_unit(folder)
    assert "WARNING: --key-store file is for development" in capsys.readouterr().out
    provision("unit", folder, "bd/benapole-2", "--site", "bd/benapole", "--key-store", "tpm")
    assert "WARNING" not in capsys.readouterr().out
    settings = tomllib.loads((folder / "units" / "benapole-2" / "edge.toml").read_text())
    assert settings["key_store"] == "tpm"


def test_hub_knows_the_units_site_slices_and_public_keys(tmp_path: Path) -> None:
    folder = init(tmp_path / "mca", "--slice", "bd/missing", "--slice", "bd/found")
    unit = add_unit(folder)
    provision("unit", folder, "bd/akhaura-1", "--site", "bd/akhaura", "--slice", "bd/found")
    record = json.loads((folder / "hub" / "units" / "benapole-1.json").read_text())
    card = parse_card(json.dumps(record.pop("card")).encode())
    own = load_identity(unit).public
    assert (card.name, card.verify_key.key_id, card.seal_key.key_id) == (
        "bd/benapole-1",
        own.verify_key.key_id,
        own.seal_key.key_id,
    )
    assert record == {"unit": "bd/benapole-1", "site": "bd/benapole", "slices": ["bd/missing", "bd/found"]}
    assert json.loads((folder / "hub" / "units" / "akhaura-1.json").read_text())["slices"] == ["bd/found"]
    assert users(folder) == ["bd", "bd/akhaura-1", "bd/benapole-1"]


def test_device_gets_no_private_key_of_the_authority_the_hub_or_another_unit(folder: Path) -> None:
    unit, other = add_unit(folder), add_unit(folder, "benapole-2")
    held = b"\n".join(contents(unit).values())
    foreign = [path for path in folder.rglob("*.key") if not path.is_relative_to(unit)]
    secrets = [line for path in foreign for line in path.read_bytes().splitlines() if not line.startswith(b"-----")]
    assert any(path.is_relative_to(other) for path in foreign)
    assert len(secrets) > 20
    assert not [secret for secret in secrets if secret in held]


def test_unit_that_exists_is_not_overwritten(folder: Path) -> None:
    add_unit(folder)
    before = contents(folder)
    with pytest.raises(AlreadyProvisionedError, match="not overwritten"):
        add_unit(folder)
    assert contents(folder) == before


def test_unit_whose_folder_went_to_its_device_is_not_made_a_second_time(folder: Path) -> None:
    shutil.rmtree(add_unit(folder))
    with pytest.raises(AlreadyProvisionedError):
        add_unit(folder)
    add_unit(folder, "benapole-2")
    assert users(folder) == ["bd", "bd/benapole-1", "bd/benapole-2"]


@pytest.mark.parametrize(
    "name", ["benapole-1", "bd/Benapole", "bd/", "/x", "bd/a/b", "bd/../x", "bd/#", "bd/x\nuser np"]
)
def test_bad_unit_name_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(InvalidIdError, match="lower-case letters"):
        provision("unit", folder, name, "--site", "bd/benapole")


def test_names_of_another_hub_and_unknown_slices_are_refused(folder: Path) -> None:
    before = contents(folder)
    with pytest.raises(ForeignNameError, match="np/birgunj-1 belongs to the hub np"):
        provision("unit", folder, "np/birgunj-1", "--site", "bd/benapole")
    with pytest.raises(ForeignNameError, match="np/birgunj belongs to the hub np"):
        provision("unit", folder, "bd/benapole-1", "--site", "np/birgunj")
    with pytest.raises(ForeignNameError, match="choose among bd/missing"):
        provision("unit", folder, "bd/benapole-1", "--site", "bd/benapole", "--slice", "bd/other")
    with pytest.raises(ForeignNameError, match="64"):
        provision("unit", folder, f"bd/{'b' * 62}", "--site", "bd/benapole")
    assert contents(folder) == before


@pytest.mark.parametrize("key", ["ca.key", "tuf-root.key"])
def test_authority_whose_keys_others_can_read_adds_no_unit(folder: Path, key: str) -> None:
    (folder / "authority" / key).chmod(0o640)
    with pytest.raises(PrivateFileError, match=f"{key} can be read .* chmod 600"):
        add_unit(folder)
    assert users(folder) == ["bd"]


def test_folder_without_an_authority_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NotProvisionedError, match="mca provision init"):
        add_unit(tmp_path)


@pytest.mark.parametrize("damage", ["", "[]", "{}", '{"hub": "../bd"}'])
def test_damaged_deployment_is_refused(folder: Path, damage: str) -> None:
    (folder / "authority" / "hub.json").write_text(damage)
    with pytest.raises(DamagedFolderError, match=r"hub\.json is damaged"):
        add_unit(folder)


@pytest.mark.parametrize("size", [0, 64, 200, 500, 700, 1500, 2545, 2600, 2800])
def test_full_disk_leaves_nothing_of_the_unit_and_the_next_run_succeeds(folder: Path, size: int) -> None:
    for number in range(1, 11):  # So many that the access list is the largest file and the last to fail.
        add_unit(folder, f"petrapole-{number}")
    before = contents(folder)
    with files_of_at_most(size), pytest.raises(DiskError, match="could not be written"):
        add_unit(folder)
    assert contents(folder) == before
    add_unit(folder)
    assert "bd/benapole-1" in users(folder)


@pytest.mark.parametrize("size", [0, 1500, 2600, 2800])
def test_power_cut_leaves_no_half_unit_and_the_next_run_succeeds(folder: Path, size: int) -> None:
    for number in range(1, 11):
        add_unit(folder, f"petrapole-{number}")
    run = (
        "import sys; from tests.support.full_disk import die_at_a_file_of; from pathlib import Path;"
        "from tests.provisioning.commands import add_unit; die_at_a_file_of(int(sys.argv[2]));"
        "add_unit(Path(sys.argv[1]))"
    )
    cut = subprocess.run([sys.executable, "-c", run, folder, str(size)], check=False, capture_output=True)
    assert cut.returncode < 0, cut.stderr
    assert not (folder / "units" / "benapole-1").exists()
    unit = add_unit(folder)
    assert load_identity(unit).public.verify_key.raw.hex() in (folder / "hub/units/benapole-1.json").read_text()
    assert "bd/benapole-1" in users(folder)
    assert not list((folder / "units").glob(".*"))


def test_failed_access_list_takes_the_unit_back(folder: Path) -> None:
    (folder / "broker" / "acl.conf").unlink()
    (folder / "broker" / "acl.conf").mkdir()
    with pytest.raises(DiskError, match=r"acl\.conf could not be written"):
        add_unit(folder)
    assert not (folder / "units" / "benapole-1").exists()
    assert not (folder / "hub" / "units" / "benapole-1.json").exists()
    (folder / "broker" / "acl.conf").rmdir()
    add_unit(folder)
    assert users(folder) == ["bd", "bd/benapole-1"]


def test_read_only_folder_is_a_disk_error_in_a_sentence() -> None:
    with plain_user() as own:
        folder = init(own / "mca")
        (folder / "units").chmod(0o500)
        with pytest.raises(DiskError, match=r"could not be made: Permission denied\.$"):
            add_unit(folder)
        (folder / "units").chmod(0o000)
        with pytest.raises(DiskError, match=r"cannot be looked for: Permission denied\.$"):
            add_unit(folder)
        (folder / "units").chmod(0o700)
        (folder / "hub" / "units").chmod(0o500)
        with pytest.raises(DiskError, match="Permission denied"):
            add_unit(folder)
        (folder / "hub" / "units").chmod(0o700)
        add_unit(folder)
        assert users(folder) == ["bd", "bd/benapole-1"]


def test_units_added_at_the_same_time_are_all_in_the_access_list(folder: Path) -> None:
    names = [f"benapole-{number}" for number in range(1, 9)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: add_unit(folder, name), names))
    assert users(folder) == ["bd", *(f"bd/{name}" for name in names)]


def test_edited_access_list_is_made_from_the_registry_again(folder: Path) -> None:
    add_unit(folder)
    (folder / "broker" / "acl.conf").write_text("user bd/benapole-1\ntopic readwrite #\n")
    add_unit(folder, "benapole-2")
    assert "#\n" not in (folder / "broker" / "acl.conf").read_text()
    assert users(folder) == ["bd", "bd/benapole-1", "bd/benapole-2"]


@pytest.mark.parametrize("damage", ["", "[]", "{}", '{"unit": "bd/benapole-1", "site": "x", "slices": [], "card": {}}'])
def test_damaged_record_is_named_and_no_unit_is_dropped_from_the_access_list(folder: Path, damage: str) -> None:
    add_unit(folder)
    (folder / "hub" / "units" / "benapole-1.json").write_text(damage)
    with pytest.raises(DamagedFolderError, match=r"benapole-1\.json does not describe a unit"):
        add_unit(folder, "benapole-2")
    assert users(folder) == ["bd", "bd/benapole-1"]


def test_record_under_another_units_name_is_refused(folder: Path) -> None:
    add_unit(folder)
    record = folder / "hub" / "units" / "benapole-1.json"
    shutil.copy(record, record.with_name("benapole-9.json"))
    with pytest.raises(DamagedFolderError, match=r"benapole-9\.json describes another unit"):
        add_unit(folder, "benapole-2")
