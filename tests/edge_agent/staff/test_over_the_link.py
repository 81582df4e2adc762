"""The list of staff, and a found child, between a real agent and a simulated hub at a real broker."""

from edge_agent.link.wake import wake_agent
from edge_agent.staff.desk import StaffDesk
from models.recogniser import Recogniser
from tests.edge_agent.found.test_registering import register
from tests.edge_agent.site import Site
from tests.edge_agent.staff.lists import AMINA, PIN, member, staff_list
from tests.support.hub_simulator import HubPeer, wait_until

QUICK = {"MCA_EDGE_HEARTBEAT_SECONDS": "1"}
FOREVER = 9_000_000_000_000


def test_list_reaches_a_new_unit_a_change_reaches_it_and_a_found_child_the_hub(
    site: Site, peer: HubPeer, recogniser: Recogniser
) -> None:
    peer.staff = staff_list(member(AMINA, "Amina"), serial=5, until=FOREVER)
    with site.start("run", changes=QUICK) as agent:
        agent.wait_for("staff.list_taken")
        with site.open() as unit:
            desk = StaffDesk(unit.database, unit.staff, unit.clock)
            assert desk.sign_in(AMINA, PIN).name == "Amina"
            peer.staff = staff_list(serial=6, until=FOREVER)
            agent.wait_for("staff.list_taken", times=2)
            assert desk.current(AMINA) is None
            register(unit, recogniser)
            wake_agent(site.data)
        agent.wait_for("receipt.accepted")
        wait_until(lambda: peer.health[-1].staff_serial == 6)
    (found,) = peer.found
    assert found.facts.names == ("Mini", "মিনি")
    assert [event["event"] for event in agent.log if "Amina" in str(event)] == []
