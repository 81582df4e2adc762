"""The hub's commands at a terminal: what they ask for, refuse and print."""

import json
from pathlib import Path

import pytest

from credentials.private_files import write_private
from hub.access.service import Role
from hub.audit.service import AuditAction, entries
from hub.sites import Sites
from tests.support.hub_site import PHOTO, SITE, SLICE, HubSite, register
from tests.support.packs import changed_pack

FACTS = ["--reference", "GD 1/2026", "--sex", "male", "--born-from", "2014-01", "--born-to", "2014-06"]


@pytest.fixture
def site(tmp_path: Path) -> HubSite:
    return HubSite(tmp_path)


def test_case_goes_from_the_terminal_to_the_list_and_back(site: HubSite) -> None:
    case = site.add_case("GD 4711/2026")
    listed = site.run("case", "list")
    assert case in listed.stdout
    assert "4711" in listed.stdout
    renewed = site.run("case", "renew", case)
    assert f"{case} is listed until" in renewed.stdout
    assert site.status()["cases_missing"] == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("--born-from", "2014"), "'2014' is not a month: write YYYY-MM"),
        (("--born-from", "2014-13"), "is not a month"),
        (("--born-to", "2013-01"), "The earliest month of birth must not come after the latest."),
        (("--slice", "bd/found"), "This hub has no slice bd/found. It has: bd/missing."),
        (("--slice", "Found"), "is not a slice of a watchlist"),
    ],
)
def test_mistake_in_a_case_is_one_clear_line(site: HubSite, change: tuple[str, str], message: str) -> None:
    done = site.run("case", "add", "--photo", str(PHOTO), *FACTS, *change)
    assert done.returncode == 1
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert site.status()["cases_missing"] == 0


@pytest.mark.parametrize("half", [("--accept-poor-photo",), ("--reason", "the only one")])
def test_poor_photograph_needs_both_the_leave_and_the_reason(site: HubSite, half: tuple[str, ...]) -> None:
    done = site.run("case", "add", "--photo", str(PHOTO), *FACTS, *half)
    assert done.returncode == 1
    assert "belong together" in " ".join(done.stderr.split())
    both = site.run("case", "add", "--photo", str(PHOTO), *FACTS, "--accept-poor-photo", "--reason", "the only one")
    assert both.returncode == 0


def test_photograph_is_named_by_its_number_and_never_by_its_file(site: HubSite, tmp_path: Path) -> None:
    missing = tmp_path / "name-of-a-child.jpg"
    absent = site.run("case", "add", "--photo", str(PHOTO), "--photo", str(missing), *FACTS)
    missing.write_bytes(b"not a photograph")
    damaged = site.run("case", "add", "--photo", str(PHOTO), "--photo", str(missing), *FACTS)
    assert "Photograph 2 cannot be read: No such file" in absent.stderr
    assert "Photograph 2: This is not a JPEG" in damaged.stderr
    assert "name-of-a-child" not in absent.stderr + damaged.stderr


def test_operator_is_added_with_a_password_that_is_no_argument(site: HubSite, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("copper lantern walks at noon\n")
    open_to_all = site.run("operator", "add", "amina", "--role", "reviewer", "--password-file", str(password))
    assert open_to_all.returncode == 2
    assert "chmod 600" in open_to_all.stderr
    password.chmod(0o600)
    added = site.run("operator", "add", "amina", "--role", "reviewer", "--password-file", str(password))
    assert added.returncode == 0, added.stderr
    again = site.run("operator", "add", "amina", "--role", "reviewer", "--password-file", str(password))
    assert again.returncode == 1
    wrong_role = site.run("operator", "add", "bimal", "--role", "chief", "--password-file", str(password))
    assert "There is no role 'chief'. There are: " in wrong_role.stderr
    bound = ("--role", "technician", "--role", "case-officer", "--site", "bd/benapole")
    assert site.run("operator", "add", "chandra", *bound, "--password-file", str(password)).returncode == 0
    wrong_site = site.run("operator", "add", "devi", *bound[:2], "--site", "here", "--password-file", str(password))
    assert "'here' is not a site" in wrong_site.stderr
    with site.services() as hub, hub.database.read() as connection:
        chandra = hub.access.operators.account(connection, "chandra").operator
    assert chandra.roles == {Role.TECHNICIAN, Role.CASE_OFFICER}
    assert chandra.sites == Sites(frozenset({SITE}))
    assert "lantern" not in added.stdout + added.stderr + again.stderr


def test_lost_phone_needs_the_console_that_nobody_gets_into(site: HubSite, tmp_path: Path) -> None:
    write_private(tmp_path / "password", b"copper lantern walks at noon")
    site.run("operator", "add", "amina", "--role", "reviewer", "--password-file", str(tmp_path / "password"))
    done = site.run("operator", "reset-second-factor", "amina")
    assert done.stdout == "amina sets up a second factor at the next sign-in.\n"
    assert "There is no such operator" in site.run("operator", "reset-second-factor", "bimal").stderr
    with site.services() as hub, hub.database.read() as connection:
        reset = entries(connection, "amina")[-1]
    assert reset.action is AuditAction.SECOND_FACTOR_RESET
    assert reset.actor.startswith("command:")


def test_publication_says_whether_anything_changed(site: HubSite) -> None:
    assert site.run("watchlist", "publish").stdout == "Published list version 1.\n"
    assert site.run("watchlist", "publish").stdout == "Nothing has changed since list version 1.\n"


def test_status_is_one_json_object_or_tables(site: HubSite) -> None:
    with site.services() as hub:
        hub.fleet.refresh()
        register(hub)
    as_json = site.run("status", "--json")
    report = json.loads(as_json.stdout)
    assert (report["hub"], report["cases_missing"], report["cases_listed"]) == ("bd", 1, 0)
    assert report["units"] == [
        {
            "unit": "bd/benapole-1",
            "site": "bd/benapole",
            "list_version": None,
            "entries": None,
            "pending": None,
            "seen_at": None,
        }
    ]
    assert "bd/benapole-1" in site.run("status").stdout


def test_settings_are_found_by_option_or_environment_and_their_absence_is_named(site: HubSite, tmp_path: Path) -> None:
    missing = site.run("status", MCA_HUB_CONFIG=str(tmp_path / "absent.toml"))
    assert missing.returncode == 2
    assert "absent.toml cannot be read" in missing.stderr
    by_option = site.run("--config", str(site.config), "status", MCA_HUB_CONFIG=str(tmp_path / "absent.toml"))
    assert by_option.returncode == 0


def test_keys_of_another_hub_are_refused(site: HubSite) -> None:
    site.config.write_text(site.config.read_text().replace('hub = "bd"', 'hub = "np"'))
    done = site.run("status")
    assert done.returncode == 2
    assert "The settings are those of the hub np, the keys those of bd." in done.stderr


def test_slice_of_another_hub_is_not_published_here(site: HubSite) -> None:
    site.config.write_text(site.config.read_text().replace(SLICE, "np/missing"))
    done = site.run("watchlist", "publish")
    assert done.returncode == 2
    assert "The slices np/missing belong to another hub" in done.stderr


def test_change_of_pack_goes_from_the_terminal(site: HubSite, tmp_path: Path) -> None:
    site.add_case()
    assert site.run("watchlist", "publish").returncode == 0
    changed = str(changed_pack(tmp_path / "pack").path)
    assert "Made 1 templates." in site.run("pack", "migrate", MCA_HUB_PACK=changed).stdout
    assert "Made 0 templates." in site.run("pack", "migrate", MCA_HUB_PACK=changed).stdout
    told = site.run("pack", "status", MCA_HUB_PACK=changed).stdout
    assert "not reported yet" in told
    assert "serves the templates of every pack" in told


def test_pack_that_cannot_read_a_photograph_says_so_and_not_which_child(site: HubSite, tmp_path: Path) -> None:
    case = site.add_case("GD 4711/2026")
    blind = changed_pack(tmp_path / "blind", old="min_score = 0.5", new="min_score = 0.999")
    done = site.run("pack", "migrate", MCA_HUB_PACK=str(blind.path))
    assert done.returncode == 1
    assert "In 1 photographs this pack sees no face" in " ".join(done.stderr.split())
    assert case in done.stderr
    assert "4711" not in done.stdout + done.stderr
