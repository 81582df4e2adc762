"""A USB stick from a real hub to a real unit, and every stick that a unit must not take."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from credentials.private_files import DiskError
from edge_agent.bootstrap import Unit, build_stick_synchroniser, open_unit
from edge_agent.config import load_settings
from edge_agent.status import read_status, status_lines
from edge_agent.watchlist.repository import RepositoryRejectedError
from edge_agent.watchlist.stick import STICK_URL, StickFetcher, StickRejectedError
from edge_agent.watchlist.sync import Synced
from hub.audit.service import AuditAction, entries
from hub.bootstrap import Services
from hub.clock import DAY, HOUR
from hub.fleet.service import UnknownUnitError
from hub.watchlist.service import ExportRefusedError
from protocol.ids import HubId, UnitId
from protocol.stick import NAME, Stick
from provisioning.cli import app as provisioning
from tests.support.hub_site import OTHER_UNIT, UNIT, HubSite, register


@pytest.fixture
def site(tmp_path: Path) -> HubSite:
    return HubSite(tmp_path / "one")


@pytest.fixture
def hub(site: HubSite) -> Iterator[Services]:
    """A hub with one case published."""
    with site.services() as services:
        register(services)
        services.watchlist.publish("test")
        yield services


@pytest.fixture
def unit(site: HubSite) -> Iterator[Unit]:
    with open_unit(load_settings(site.unit_folder() / "edge.toml")) as opened:
        yield opened


@pytest.fixture
def stick(hub: Services, tmp_path: Path) -> Path:
    """As the hub wrote it."""
    hub.watchlist.export(UNIT, tmp_path / "stick", "tester")
    return tmp_path / "stick"


def take(unit: Unit, stick: Path) -> Synced:
    return build_stick_synchroniser(unit, stick).sync()


def cases(unit: Unit) -> int:
    return unit.loader.load_installed().index.cases_on(date.today())  # noqa: DTZ011 - a case is listed for months


def refuses(unit: Unit, stick: Path, match: str, error: type[Exception] = StickRejectedError) -> None:
    before = unit.store.installed()
    with pytest.raises(error, match=match):
        take(unit, stick)
    assert unit.store.installed() == before


def manifest(stick: Path) -> Stick:
    return Stick.from_bytes((stick / NAME).read_bytes())


def test_list_reaches_a_unit_that_no_network_reaches(hub: Services, unit: Unit, stick: Path) -> None:
    synced = take(unit, stick)
    assert synced.installed.list_version == 1
    assert cases(unit) == 1


def test_second_stick_brings_what_is_new_and_the_same_one_again_nothing(hub: Services, unit: Unit, stick: Path) -> None:
    take(unit, stick)
    assert take(unit, stick).watchlist is None
    register(hub, "GD 2/2026")
    hub.watchlist.publish("test")
    hub.watchlist.export(UNIT, stick, "tester")
    take(unit, stick)
    assert cases(unit) == 2


def test_stick_holds_nothing_that_is_meant_for_others(site: HubSite, hub: Services, tmp_path: Path) -> None:
    site.add_unit(OTHER_UNIT)
    hub.watchlist.publish("test")
    hub.watchlist.export(UNIT, tmp_path / "stick", "tester")
    keyrings = [path for path in manifest(tmp_path / "stick").files if path.endswith(".keyring")]
    assert len(keyrings) == 1
    written = {str(path.relative_to(tmp_path / "stick")) for path in (tmp_path / "stick").rglob("*") if path.is_file()}
    assert written == {*manifest(tmp_path / "stick").files, NAME}


def test_export_leaves_an_entry_in_the_trail(hub: Services, stick: Path) -> None:
    with hub.database.read() as connection:
        newest = entries(connection)[-1]
    assert (newest.action, newest.actor, newest.subject) == (AuditAction.WATCHLIST_EXPORTED, "tester", UNIT)


def test_stick_of_another_hub(unit: Unit, stick: Path, tmp_path: Path) -> None:
    (stick / NAME).write_bytes(replace(manifest(stick), hub=HubId("np")).to_bytes())
    refuses(unit, stick, "hub np; this unit belongs to bd")


def test_stick_of_a_hub_that_only_bears_the_same_name(unit: Unit, stick: Path, tmp_path: Path) -> None:
    other = HubSite(tmp_path / "two")
    with other.services() as services:
        register(services)
        services.watchlist.publish("test")
        services.watchlist.export(UNIT, tmp_path / "forged", "tester")
    refuses(unit, tmp_path / "forged", "refused", RepositoryRejectedError)


def test_stick_of_another_unit(site: HubSite, hub: Services, unit: Unit, tmp_path: Path) -> None:
    site.add_unit(OTHER_UNIT)
    hub.watchlist.publish("test")
    hub.watchlist.export(OTHER_UNIT, tmp_path / "stick", "tester")
    refuses(unit, tmp_path / "stick", f"--unit {UNIT}")


def test_stick_older_than_the_list_on_the_unit(
    site: HubSite, hub: Services, unit: Unit, stick: Path, tmp_path: Path
) -> None:
    register(hub, "GD 2/2026")
    hub.watchlist.publish("test")
    hub.watchlist.export(UNIT, tmp_path / "newer", "tester")
    take(unit, tmp_path / "newer")
    refuses(unit, stick, "older than the list on this unit")
    (stick / NAME).write_bytes(replace(manifest(stick), timestamp_version=99).to_bytes())
    refuses(unit, stick, "refused", RepositoryRejectedError)
    assert cases(unit) == 2


def test_stick_whose_time_is_over(site: HubSite, unit: Unit, tmp_path: Path) -> None:
    site.clock.now -= 2 * DAY
    with site.services() as services:
        register(services)
        services.watchlist.publish("test")
        old = services.watchlist.export(UNIT, tmp_path / "stick", "tester")
    refuses(unit, tmp_path / "stick", "could be taken until")
    lying = replace(old, valid_until=old.valid_until + 30 * DAY)
    (tmp_path / "stick" / NAME).write_bytes(lying.to_bytes())
    refuses(unit, tmp_path / "stick", "expired", RepositoryRejectedError)


def test_stick_makes_a_list_no_fresher_than_the_hub_signed_it(site: HubSite, unit: Unit, tmp_path: Path) -> None:
    site.clock.now -= 20 * HOUR
    with site.services() as services:
        register(services)
        services.watchlist.publish("test")
        services.watchlist.export(UNIT, tmp_path / "stick", "tester")
    assert take(unit, tmp_path / "stick").installed.confirmed_at == site.clock.now
    assert not read_status(unit)["stale"]
    strict = replace(unit, settings=unit.settings.model_copy(update={"warn_after_hours": 19}))
    assert read_status(strict)["stale"]
    assert "bring a stick" in "\n".join(status_lines(read_status(strict)))


def test_stick_that_was_copied_in_part(unit: Unit, stick: Path) -> None:
    for path, size in manifest(stick).files.items():
        content = (stick / path).read_bytes()
        (stick / path).unlink()
        refuses(unit, stick, "not copied completely")
        (stick / path).write_bytes(content[: size // 2])
        refuses(unit, stick, "not copied completely")
        (stick / path).write_bytes(content)
    (stick / NAME).unlink()
    refuses(unit, stick, "no watchlist, or not all of one")
    refuses(unit, stick / "nowhere", "plugged in")


def test_manifest_that_is_damaged_or_endless(unit: Unit, stick: Path) -> None:
    for content in (b"", b"\xff" * 100, bytes(2 * 1024 * 1024)):
        (stick / NAME).write_bytes(content)
        refuses(unit, stick, "damaged")


@pytest.mark.parametrize(
    "end", ["timestamp.json", ".snapshot.json", ".targets.json", "missing.json", ".keyring", ".segment"]
)
def test_file_that_was_altered_without_changing_its_length(unit: Unit, stick: Path, end: str) -> None:
    (path,) = (path for path in manifest(stick).files if path.endswith(end))
    content = (stick / path).read_bytes()
    (stick / path).write_bytes(content[:-20] + bytes(20))
    refuses(unit, stick, "refused", RepositoryRejectedError)


def test_link_that_leads_out_of_the_stick(unit: Unit, stick: Path, tmp_path: Path) -> None:
    path = next(path for path in manifest(stick).files if path.endswith(".keyring"))
    shutil.move(stick / path, tmp_path / "elsewhere")
    (stick / path).symlink_to(tmp_path / "elsewhere")
    refuses(unit, stick, "not copied completely")
    (stick / path).unlink()
    os.mkfifo(stick / path)
    refuses(unit, stick, "not copied completely")
    shutil.move(stick / "targets", tmp_path / "targets")
    (stick / "targets").symlink_to(tmp_path / "targets")
    refuses(unit, stick, "not copied completely")
    (stick / NAME).rename(tmp_path / NAME)
    (stick / NAME).symlink_to(tmp_path / NAME)
    refuses(unit, stick, "no watchlist")


def test_file_that_grows_while_it_is_read_is_read_to_its_promised_end(stick: Path) -> None:
    path = next(path for path in manifest(stick).files if path.endswith(".segment"))
    with closing(StickFetcher(stick)) as fetcher, (stick / path).open("ab") as file:
        file.write(bytes(5_000_000))
        size = manifest(stick).files[path]
        assert len(fetcher.download_bytes(f"{STICK_URL}/{path}", 10_000_000)) == size


def test_unit_follows_a_chain_of_roots_from_a_stick(site: HubSite, unit: Unit, tmp_path: Path) -> None:
    def provision(*arguments: str) -> None:
        done = CliRunner().invoke(provisioning, arguments, input="y\n", catch_exceptions=False)
        assert done.exit_code == 0, done.output

    for number in (1, 2):
        with site.services() as services:
            register(services, f"GD {number}/2026")
            services.watchlist.publish("test")
        proposal = tmp_path / f"next-{number}"
        provision("root", "propose", str(site.folder), str(proposal), "--rotate", "timestamp")
        provision("root", "sign", str(proposal), str(site.folder / "authority"))
        provision("root", "finish", str(site.folder), str(proposal))
    with site.services() as services:
        services.watchlist.publish("test")
        services.watchlist.export(UNIT, tmp_path / "stick", "tester")
    take(unit, tmp_path / "stick")
    assert cases(unit) == 2


def test_export_for_a_unit_that_is_not_enrolled(hub: Services, tmp_path: Path) -> None:
    with pytest.raises(UnknownUnitError, match="bd/nowhere"):
        hub.watchlist.export(UnitId("bd/nowhere"), tmp_path / "stick", "tester")
    assert not (tmp_path / "stick").exists()


def test_export_before_anything_was_published(site: HubSite, tmp_path: Path) -> None:
    with site.services() as services, pytest.raises(ExportRefusedError, match="mca hub watchlist publish"):
        services.watchlist.export(UNIT, tmp_path / "stick", "tester")


def test_folder_with_something_else_in_it_keeps_it(hub: Services, tmp_path: Path) -> None:
    (tmp_path / "stick" / "targets").mkdir(parents=True)
    (tmp_path / "stick" / "targets" / "photos").write_bytes(b"precious")
    with pytest.raises(ExportRefusedError, match="empty folder"):
        hub.watchlist.export(UNIT, tmp_path / "stick", "tester")
    assert (tmp_path / "stick" / "targets" / "photos").read_bytes() == b"precious"


def test_link_in_place_of_an_earlier_exports_folder_is_not_followed(hub: Services, stick: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_bytes(b"precious")
    shutil.rmtree(stick / "targets")
    (stick / "targets").symlink_to(tmp_path / "precious")
    with pytest.raises(DiskError):
        hub.watchlist.export(UNIT, stick, "tester")
    assert (tmp_path / "precious" / "file").read_bytes() == b"precious"


def test_stick_is_signed_anew_when_that_is_due(site: HubSite, hub: Services, tmp_path: Path) -> None:
    site.clock.now += 20 * HOUR
    stick = hub.watchlist.export(UNIT, tmp_path / "stick", "tester")
    assert stick.valid_until > site.clock.now + 20 * HOUR


def test_commands_of_both_sides(site: HubSite, tmp_path: Path) -> None:
    with site.services() as services:
        register(services)
        services.watchlist.publish("test")
    exported = site.run("watchlist", "export", "--unit", UNIT, str(tmp_path / "stick"))
    assert exported.returncode == 0, exported.stderr
    assert "Wrote list version 1 for bd/benapole-1" in exported.stdout
    taken = subprocess.run(
        [sys.executable, "-m", "mca", "edge", "sync", "--from", str(tmp_path / "stick")],
        env=site.environment(MCA_EDGE_CONFIG=str(site.unit_folder() / "edge.toml")),
        capture_output=True,
        text=True,
        check=False,
    )
    assert taken.returncode == 0, taken.stderr
    assert "updated: version 1" in taken.stdout
