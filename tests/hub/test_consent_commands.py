"""Consent that is taken back at a terminal: what an operator types, and what somebody outside can check of it."""

from pathlib import Path

from typer.testing import CliRunner

from mca.consent.cli import app
from protocol.withdrawal import withdrawal_code
from tests.support.hub_site import UNIT, HubSite

TOKEN = bytes(range(16))


def test_operator_cannot_show_what_was_erased_or_tells_the_receipt(tmp_path: Path) -> None:
    site, code = HubSite(tmp_path), withdrawal_code(TOKEN)
    with site.services() as hub:
        hub.fleet.refresh()
    taken = site.run("consent", "withdraw", code)
    assert taken.stdout.startswith("Received. Nothing under this receipt is kept here any more")
    site.withdraw_unit(UNIT)
    with site.services() as hub:
        hub.fleet.refresh()
    listed = site.run("consent", "list").stdout
    assert f"unit {UNIT} (revoked: cannot answer, not confirmed)" in listed
    records = tmp_path / "records.txt"
    records.write_text(site.run("consent", "records", listed.split()[0]).stdout)
    card = site.unit_folder() / "hub-card.json"
    checked = CliRunner().invoke(app, ["erased", str(records), f"--card={card}", f"--receipt={code}"])
    assert checked.stdout.startswith("bd, ")
    assert checked.stdout.endswith(": held nothing\n")
    assert site.run("consent", "backups-destroyed", "2099-01-01T00:00:00").stdout == "Noted, for 1 erasures.\n"
    assert "backups" not in site.run("consent", "list").stdout
    missing = site.run("consent", "records", "0" * 16)
    assert (missing.returncode, "mca hub consent list" in " ".join(missing.stderr.split())) == (1, True)
    assert code not in taken.stdout + taken.stderr + listed
