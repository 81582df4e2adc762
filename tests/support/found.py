"""A found child whose registration could not become a case, as a desk finds it."""

from dataclasses import replace

from hub.found.service import read_found
from protocol.found import FoundChild
from tests.protocol.examples import FOUND
from tests.protocol.identities import UNIT as SENDER
from tests.support.desk import Desk
from tests.support.hub_site import FACES


def stuck_child(desk: Desk) -> FoundChild:
    """It has come from its unit, with a public photograph of an adult."""
    found = replace(FOUND, photograph=FACES.face.portrait)
    arrival = read_found(desk.vault, SENDER.public, found.unit, found.to_bytes())
    with desk.database.begin() as connection:
        desk.sites.found.keep(connection, arrival)
        connection.exec_driver_sql("UPDATE found_children SET problem = 'CaseError'")
    return found
