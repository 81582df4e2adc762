"""Staff from the hub to a unit, and a found child from the unit to the register: real hub, broker and agent."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from credentials.pins import Price
from edge_agent.bootstrap import open_unit
from edge_agent.config import load_settings
from edge_agent.staff.desk import StaffDesk
from edge_agent.staff.errors import WrongPinError
from hub.audit.service import AuditAction, entries
from hub.bootstrap import Services
from hub.cases.service import CaseState
from hub.sites import EVERY_SITE
from protocol.staff import StaffId, StaffRole
from tests.edge_agent.site import EdgeProcess
from tests.support.hub_simulator import wait_until
from tests.support.hub_site import PHOTO, SITE, UNIT, HubProcess, HubSite

DECIDED = ("--legal-basis", "best-interests", "--official", "A. Rahman", "--reason", "alone", "--age-band", "9-12")


def edge(site: HubSite, *arguments: str) -> "subprocess.Popen[str]":
    """`mca edge …`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MCA_")}
    config = site.unit_folder() / "edge.toml"
    more = {"MCA_EDGE_CONFIG": str(config), "MCA_LOG_LEVEL": "info", "MCA_EDGE_HEARTBEAT_SECONDS": "1"}
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "mca", "edge", *arguments],
        env=inherited | more,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def done(process: "subprocess.Popen[str]") -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


def add(hub: Services, name: str) -> tuple[StaffId, str]:
    with hub.database.begin() as connection:
        given = hub.staff.add(connection, SITE, name, [StaffRole.INTAKE, StaffRole.FOUND], actor="tariq")
    return given.person, given.pin


def registered(hub: Services) -> bool:
    with hub.database.read() as connection:
        return any(row.case_id is not None for row in hub.found.unchecked(connection, EVERY_SITE))


def test_staff_cannot_sign_in_or_a_found_child_is_not_searched_for(tmp_path: Path) -> None:
    site = HubSite(tmp_path)
    site.add_case()
    with site.services() as hub:
        hub.staff._price = Price(memory=8, passes=1, lanes=1)
        ruma, pin = add(hub, "Ruma Begum")
        # Before its first connection the unit gets the list as a file.
        file = tmp_path / "list.staff"
        exported = site.run("staff", "export", UNIT, str(file))
        assert exported.returncode == 0, exported.stderr
        assert "1 people can sign in" in done(edge(site, "staff", "--from", str(file)))
        with open_unit(load_settings(site.unit_folder() / "edge.toml")) as unit:
            desk = StaffDesk(unit.database, unit.staff, unit.clock)
            assert desk.sign_in(ruma, pin).name == "Ruma Begum"
            with HubProcess(site), EdgeProcess(edge(site, "run")) as agent:
                agent.wait_for("link.connected")
                tara, second_pin = add(hub, "Tara")
                agent.wait_for("staff.list_taken")
                assert desk.sign_in(tara, second_pin).name == "Tara"
                with pytest.raises(WrongPinError):
                    desk.sign_in(tara, pin)
                with hub.database.begin() as connection:
                    hub.staff.suspend(connection, ruma, EVERY_SITE, actor="tariq")
                agent.wait_for("staff.list_taken", times=2)
                assert desk.current(ruma) is None
                done(edge(site, "found", "--photo", str(PHOTO.with_name("obama2.jpg")), "--sex", "male", *DECIDED))
                agent.wait_for("receipt.accepted")
                wait_until(lambda: registered(hub))
                wait_until(lambda: _reviewed(hub))
                assert agent.stop() == 0
        _require_open_case(hub)


def _reviewed(hub: Services) -> bool:
    """The two registers were compared, and people are asked about what was found."""
    with hub.database.read() as connection:
        return any(entry.action is AuditAction.REVIEW_OPENED for entry in entries(connection))


def _require_open_case(hub: Services) -> None:
    with hub.database.read() as connection:
        (row,) = hub.found.unchecked(connection, EVERY_SITE)
        assert row.case_id is not None
        assert hub.cases.summary(connection, row.case_id).state is CaseState.OPEN
