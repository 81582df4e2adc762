"""The ceremony of the root: python-tuf's own client follows it, and nothing comes into force without its signatures."""

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from tuf.api.exceptions import RepositoryError, UnsignedMetadataError
from tuf.api.metadata import Metadata, Root
from typer.testing import CliRunner

from credentials.private_files import DiskError, write_private
from hub.watchlist.keys import load_online_keys, require_successor
from provisioning.cli import app
from provisioning.errors import (
    AlreadyProvisionedError,
    ClockError,
    DamagedFolderError,
    RootChangeError,
    SignaturesMissingError,
)
from provisioning.root.ceremony import RootChanges, finish, propose
from provisioning.root.proposal import Proposal
from tests.provisioning.commands import add_unit, init, provision
from tests.provisioning.root.repository import Device, FolderRepository, signer
from tests.support.full_disk import files_of_at_most

PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return init(tmp_path / "mca")


def tuf(folder: Path) -> Path:
    return folder / "hub" / "tuf"


def root(folder: Path) -> Metadata[Root]:
    return Metadata[Root].from_file(str(tuf(folder) / "root.json"))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def further_key(folder: Path, name: str) -> Path:
    key = folder.parent / name
    provision("root", "key", key, "--holder", name)
    return key


def propose_on(folder: Path, *options: str | Path | int) -> Path:
    target = folder.parent / f"proposal-{len(list(folder.parent.glob('proposal-*')))}"
    provision("root", "propose", folder, target, *options)
    return target


def sign(proposal: Path, *keys: Path) -> None:
    for key in keys:
        provision("root", "sign", proposal, key, "--yes")


def with_two_of_three(folder: Path) -> tuple[Path, Path, Path]:
    """Root 2: two of three keys must sign. Returns their folders, the authority's first."""
    keys = (folder / "authority", further_key(folder, "registrar"), further_key(folder, "auditor"))
    proposal = propose_on(
        folder, "--add", keys[1] / "tuf-root.pub", "--add", keys[2] / "tuf-root.pub", "--threshold", 2
    )
    sign(proposal, *keys[:2])
    provision("root", "finish", folder, proposal)
    return keys


def test_device_follows_from_the_first_root_through_a_threshold_to_new_online_keys(
    folder: Path, tmp_path: Path
) -> None:
    repository = FolderRepository(tmp_path / "repository")
    repository.publish(tuf(folder), b"one")
    device = Device(tmp_path / "device", (tuf(folder) / "root.json").read_bytes())
    assert device.fetch(repository) == b"one"
    _, registrar, auditor = with_two_of_three(folder)
    repository.publish(tuf(folder), b"two")
    assert device.fetch(repository) == b"two"
    assert device.root_version() == 2
    before = contents(tuf(folder))
    proposal = propose_on(
        folder, "--rotate", "targets", "--rotate", "snapshot", "--rotate", "timestamp", "--remove", "authority"
    )
    sign(proposal, registrar, auditor)
    provision("root", "finish", folder, proposal)
    provision("root", "rekey-slices", folder)
    repository.publish(tuf(folder), b"three")
    assert device.fetch(repository) == b"three"
    assert device.root_version() == 3
    new_keys = [name for name, data in contents(tuf(folder)).items() if name.endswith(".key") and before[name] != data]
    assert sorted(new_keys) == ["slices.key", "snapshot.key", "targets.key", "timestamp.key"]
    late = Device(tmp_path / "late", (tuf(folder) / "1.root.json").read_bytes())
    assert late.fetch(repository) == b"three"


def test_device_refuses_a_root_that_too_few_holders_signed(folder: Path, tmp_path: Path) -> None:
    authority, _, _ = with_two_of_three(folder)
    repository = FolderRepository(tmp_path / "repository")
    repository.publish(tuf(folder), b"genuine")
    device = Device(tmp_path / "device", (tuf(folder) / "root.json").read_bytes())
    proposal = propose_on(folder, "--threshold", 1)
    sign(proposal, authority)
    shutil.copy(proposal / "next.json", repository.folder / "metadata" / "3.root.json")
    with pytest.raises(UnsignedMetadataError):
        device.fetch(repository)


def test_device_refuses_what_a_rotated_key_signed(folder: Path, tmp_path: Path) -> None:
    stolen = shutil.copytree(tuf(folder), tmp_path / "stolen")
    proposal = propose_on(folder, "--rotate", "timestamp")
    sign(proposal, folder / "authority")
    provision("root", "finish", folder, proposal)
    repository = FolderRepository(tmp_path / "repository")
    shutil.copy(tuf(folder) / "root.json", stolen / "root.json")
    repository.publish(stolen, b"forged")
    with pytest.raises(RepositoryError):
        Device(tmp_path / "device", (tuf(folder) / "root.json").read_bytes()).fetch(repository)


def test_hub_takes_the_next_root_as_the_successor_of_the_published_one(folder: Path) -> None:
    published = (tuf(folder) / "root.json").read_bytes()
    proposal = propose_on(folder, "--rotate", "targets", "--rotate", "snapshot", "--rotate", "timestamp")
    sign(proposal, folder / "authority")
    provision("root", "finish", folder, proposal)
    keys = load_online_keys(tuf(folder))
    require_successor(published, keys.root)
    assert (tuf(folder) / "1.root.json").read_bytes() == published


def test_signatures_given_on_separate_copies_are_joined(folder: Path, tmp_path: Path) -> None:
    _, registrar, auditor = with_two_of_three(folder)
    proposal = propose_on(folder)
    copies = [shutil.copytree(proposal, tmp_path / name) for name in ("north", "south")]
    sign(copies[0], registrar)
    sign(copies[1], auditor)
    with pytest.raises(SignaturesMissingError, match="1 more of the current root's keys"):
        provision("root", "finish", folder, copies[0])
    assert root(folder).signed.version == 2
    provision("root", "finish", folder, *copies)
    assert root(folder).signed.version == 3


def test_one_holder_who_signs_twice_is_not_two(folder: Path, tmp_path: Path) -> None:
    _, registrar, _ = with_two_of_three(folder)
    proposal = propose_on(folder)
    other = shutil.copytree(proposal, tmp_path / "copy")
    sign(proposal, registrar, registrar)
    sign(other, registrar)
    with pytest.raises(SignaturesMissingError):
        provision("root", "finish", folder, proposal, other)


def test_removed_holder_cannot_be_kept_out_of_the_old_threshold_nor_count_in_the_new(folder: Path) -> None:
    authority, registrar, auditor = with_two_of_three(folder)
    proposal = propose_on(folder, "--remove", "auditor")
    sign(proposal, authority, auditor)
    with pytest.raises(SignaturesMissingError, match="1 more of the next root's keys: registrar"):
        provision("root", "finish", folder, proposal)
    sign(proposal, registrar)
    provision("root", "finish", folder, proposal)


def test_key_without_a_say_is_refused(folder: Path) -> None:
    proposal = propose_on(folder)
    with pytest.raises(RootChangeError, match="no say"):
        sign(proposal, further_key(folder, "stranger"))


def test_renewal_keeps_everything_but_the_expiry(folder: Path) -> None:
    before, keys = root(folder).signed, contents(tuf(folder))
    proposal = propose_on(folder, "--days", 500)
    sign(proposal, folder / "authority")
    provision("root", "finish", folder, proposal)
    after = root(folder).signed
    assert timedelta(days=499) < after.expires - datetime.now(UTC) <= timedelta(days=500)
    assert (after.keys, after.roles) == (before.keys, before.roles)
    assert {name: data for name, data in contents(tuf(folder)).items() if name.endswith(".key")} == {
        name: data for name, data in keys.items() if name.endswith(".key")
    }


def test_proposal_altered_on_its_way_is_refused(folder: Path) -> None:
    proposal = propose_on(folder)
    sign(proposal, folder / "authority")
    path = proposal / "next.json"
    genuine = path.read_text()
    altered = json.loads(genuine)
    altered["signed"]["expires"] = "2099-01-01T00:00:00Z"
    for damage, words in ((json.dumps(altered), "false"), ("{}", "does not hold"), ("", "does not hold")):
        path.write_text(damage)
        with pytest.raises(RootChangeError, match=words):
            provision("root", "sign", proposal, folder / "authority", "--yes")
        with pytest.raises(RootChangeError, match=words):
            provision("root", "finish", folder, proposal)
    path.write_text(genuine)
    provision("root", "finish", folder, proposal)


def test_proposal_with_a_current_root_of_the_proposers_own_making_is_refused(folder: Path, tmp_path: Path) -> None:
    other = init(tmp_path / "other")
    proposal = propose_on(other)
    sign(proposal, other / "authority")
    with pytest.raises(RootChangeError, match="not the one from which"):
        provision("root", "finish", folder, proposal)
    assert root(folder).signed.version == 1


def test_second_of_two_proposals_is_refused(folder: Path) -> None:
    first, second = propose_on(folder), propose_on(folder, "--rotate", "targets")
    sign(first, folder / "authority")
    sign(second, folder / "authority")
    with pytest.raises(RootChangeError, match="different proposals"):
        provision("root", "finish", folder, first, second)
    provision("root", "finish", folder, first)
    with pytest.raises(RootChangeError, match="Propose the change anew"):
        provision("root", "finish", folder, second)
    provision("root", "finish", folder, first)
    assert root(folder).signed.version == 2


def test_change_that_nobody_could_sign_is_refused(folder: Path) -> None:
    registrar = further_key(folder, "registrar")
    for options, words in (
        (("--threshold", 2), "2 signatures cannot be given by 1 keys"),
        (("--threshold", 0), "cannot be given"),
        (("--remove", "authority"), "cannot be given"),
        (("--remove", "nobody"), "choose among authority"),
        (("--add", registrar / "tuf-root.pub", "--add", registrar / "tuf-root.pub"), "already"),
    ):
        with pytest.raises(RootChangeError, match=words):
            propose_on(folder, *options)
    assert not list(folder.parent.glob("*proposal*"))


def test_proposal_is_never_overwritten(folder: Path) -> None:
    proposal = propose_on(folder)
    with pytest.raises(AlreadyProvisionedError):
        provision("root", "propose", folder, proposal)


def test_new_private_keys_do_not_travel_with_the_proposal(folder: Path) -> None:
    proposal = propose_on(folder, "--rotate", "targets")
    assert sorted(contents(proposal)) == ["current.json", "next.json"]
    (waiting,) = (folder / "authority" / "proposed").iterdir()
    assert waiting.stat().st_mode & 0o777 == 0o600
    sign(proposal, folder / "authority")
    provision("root", "finish", folder, proposal)
    assert not (folder / "authority" / "proposed").exists()
    assert signer(tuf(folder) / "targets.key").public_key.keyid in root(folder).signed.roles["targets"].keyids


def test_finish_without_the_new_private_key_changes_nothing(folder: Path) -> None:
    proposal = propose_on(folder, "--rotate", "targets")
    sign(proposal, folder / "authority")
    shutil.rmtree(folder / "authority" / "proposed")
    before = contents(folder)
    with pytest.raises(RootChangeError, match="Finish where the change was proposed"):
        provision("root", "finish", folder, proposal)
    assert contents(folder) == before


@pytest.mark.parametrize("size", [0, 100, 118, 119, 1500])
def test_full_disk_leaves_the_root_and_its_keys_as_they_were(folder: Path, size: int) -> None:
    proposal = propose_on(folder, "--rotate", "targets", "--rotate", "snapshot")
    sign(proposal, folder / "authority")
    before = contents(folder)
    with files_of_at_most(size), pytest.raises(DiskError):
        provision("root", "finish", folder, proposal)
    assert contents(folder) == before
    provision("root", "finish", folder, proposal)
    load_online_keys(tuf(folder))


@pytest.mark.parametrize("size", [0, 118, 1500])
def test_power_cut_leaves_a_root_whose_keys_are_all_there(folder: Path, size: int) -> None:
    proposal = propose_on(folder, "--rotate", "targets", "--rotate", "snapshot")
    sign(proposal, folder / "authority")
    run = (
        "import sys; from tests.support.full_disk import die_at_a_file_of;"
        "from tests.provisioning.commands import provision; die_at_a_file_of(int(sys.argv[3]));"
        "provision('root', 'finish', sys.argv[1], sys.argv[2])"
    )
    cut = subprocess.run([sys.executable, "-c", run, folder, proposal, str(size)], check=False, capture_output=True)
    assert cut.returncode < 0, cut.stderr
    assert load_online_keys(tuf(folder)).root.signed.version == 1
    provision("root", "finish", folder, proposal)
    assert load_online_keys(tuf(folder)).root.signed.version == 2
    assert not list((folder / "hub").glob(".*"))


def test_expired_root_and_wrong_clock_are_refused(folder: Path, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    made = propose(folder, tmp_path / "p", RootChanges(lifetime=timedelta(days=1)), now=now)
    sign(tmp_path / "p", folder / "authority")
    with pytest.raises(RootChangeError, match="expired on"):
        finish(folder, [tmp_path / "p"], now=made.next.signed.expires)
    for wrong in (datetime(1970, 1, 2, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)):
        with pytest.raises(ClockError):
            propose(folder, tmp_path / "q", RootChanges(), now=wrong)
        with pytest.raises(ClockError):
            finish(folder, [tmp_path / "p"], now=wrong)


def test_damaged_root_in_force_is_named(folder: Path) -> None:
    (tuf(folder) / "root.json").write_text("{}")
    with pytest.raises(DamagedFolderError, match=r"root\.json is damaged"):
        propose_on(folder)


def test_signer_sees_what_changes_and_can_refuse(folder: Path) -> None:
    registrar = further_key(folder, "registrar")
    proposal = propose_on(folder, "--add", registrar / "tuf-root.pub", "--rotate", "snapshot")
    refused = CliRunner().invoke(app, ["root", "sign", str(proposal), str(folder / "authority")], input="n\n")
    assert isinstance(refused.exception, SystemExit | typer.Abort)
    assert "New root key: registrar" in refused.output
    assert "New key of the hub for snapshot" in refused.output
    assert Proposal.load(proposal).fingerprint() in refused.output
    assert not Proposal.load(proposal).next.signatures
    agreed = CliRunner().invoke(app, ["root", "sign", str(proposal), str(folder / "authority")], input="y\n")
    assert agreed.exit_code == 0
    assert "Signed by authority" in agreed.output


def test_show_says_who_signed_what_is_missing_and_when_it_expires(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, registrar, _ = with_two_of_three(folder)
    proposal = propose_on(folder)
    sign(proposal, registrar)
    capsys.readouterr()
    provision("root", "show", proposal)
    shown = capsys.readouterr().out
    assert "Signed by registrar" in shown
    assert "Missing: 1 more of the current root's keys: authority" in shown
    provision("root", "show", folder)
    shown = capsys.readouterr().out
    assert f"Root 2 expires on {root(folder).signed.expires:%Y-%m-%d}, in 364 days." in shown
    assert "Signatures needed: 2 of 3." in shown
    assert "Root key of auditor" in shown
    assert "did not sign" in shown


def test_key_under_a_passphrase_signs_with_a_passphrase_from_a_file(folder: Path, tmp_path: Path) -> None:
    write_private(tmp_path / "words", PASSPHRASE.encode())
    provision("root", "key", tmp_path / "stick", "--holder", "registrar", "--passphrase-file", tmp_path / "words")
    proposal = propose_on(folder, "--add", tmp_path / "stick" / "tuf-root.pub", "--remove", "authority")
    sign(proposal, folder / "authority")
    provision("root", "sign", proposal, tmp_path / "stick", "--yes", "--passphrase-file", tmp_path / "words")
    provision("root", "finish", folder, proposal)
    assert root(folder).signed.version == 2


def test_units_are_added_when_the_root_keys_are_elsewhere(folder: Path, tmp_path: Path) -> None:
    (folder / "authority" / "tuf-root.key").rename(tmp_path / "tuf-root.key")
    assert (add_unit(folder) / "tuf-root.json").read_bytes() == (tuf(folder) / "root.json").read_bytes()
