"""The account of what was done, at a terminal: by an auditor at the hub, and by one who has its card alone."""

import json
import sqlite3
from pathlib import Path

import pytest

from tests.support.hub_site import HubSite, register


@pytest.fixture
def site(tmp_path: Path) -> HubSite:
    return HubSite(tmp_path)


def test_entries_are_listed_without_anything_of_the_child(site: HubSite) -> None:
    with site.services() as hub:
        case = register(hub, "GD 4711/2026")
    done = site.run("audit", "list", "--subject", case, "--json")
    (entry,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert (entry["actor"], entry["action"], entry["detail"]) == (
        "tester",
        "case.registered",
        {"register": "missing", "photos": 1, "poor_photos": 0},
    )
    everything = site.run("audit", "list")
    assert "case.registered" in everything.stdout
    assert "4711" not in everything.stdout


def test_change_is_found_and_named_with_code_1(site: HubSite, tmp_path: Path) -> None:
    kept = tmp_path / "head.txt"
    with site.services() as hub:
        case = register(hub)
    signed = site.run("audit", "head", "--out", str(kept))
    assert signed.stdout in kept.read_text()
    intact = site.run("audit", "verify", "--since", str(kept))
    assert (intact.returncode, intact.stdout) == (0, "1 entries; the first 1 are as they were signed.\n")
    with sqlite3.connect(site.settings.data / "hub.sqlite3") as database:
        database.execute("DROP TRIGGER audit_entries_no_update")
        database.execute("UPDATE audit_entries SET subject = 'bd/c-0' WHERE subject = ?", [case])
    found = site.run("audit", "verify")
    assert found.returncode == 1
    assert found.stdout == "Entry 1 is listed under another subject than its own.\n"
    assert "Keep a copy of the database" in " ".join(found.stderr.split())


def test_proof_is_checked_with_the_card_of_a_unit_alone(site: HubSite, tmp_path: Path) -> None:
    kept, proof = tmp_path / "head.txt", tmp_path / "proof.json"
    with site.services() as hub:
        register(hub)
        kept.write_text(hub.audit.sign_head())
    proof.write_text(site.run("audit", "prove", "--entry", "1").stdout)
    card = str(site.unit_folder() / "hub-card.json")
    checked = site.run("audit", "check", str(proof), "--card", card, MCA_HUB_CONFIG="absent.toml")
    assert checked.stdout.startswith("Entry 1: tester did case.registered to bd/c-")
    proof.write_text(site.run("audit", "prove", "--since", str(kept)).stdout)
    checked = site.run("audit", "check", str(proof), "--card", card)
    assert "The first 1 entries are as they were on" in checked.stdout
    neither = site.run("audit", "prove")
    assert "Name either an entry" in neither.stderr
