"""How an intake was taken, as its unit tells: kept unreadable, and given back as it was."""

import pytest

from hub.ingest.service import UnknownSightingError
from protocol.circumstances import Circumstances, Medium, Override, Present
from protocol.ids import SightingId
from protocol.staff import StaffId
from tests.hub.ingest.intake import Intake
from tests.support.databases import stored_bytes

HOW = Circumstances(
    Present.STAFF, Medium.PAPER, Override.LIGHT, speaks="rhg", given_name="Secret Name", staff=StaffId("0a" * 8)
)


def test_name_that_a_child_said_is_readable_in_the_database_or_lost(intake: Intake) -> None:
    sighting = intake.unit.sighting(circumstances=HOW)
    intake.receive(intake.unit.envelope(sighting.to_bytes()))
    with intake.hub.database.read() as connection:
        assert intake.hub.sightings.circumstances(connection, sighting.sighting_id) == HOW
        with pytest.raises(UnknownSightingError):
            intake.hub.sightings.circumstances(connection, SightingId("0" * 32))
    stored = stored_bytes(intake.site.settings.database_url)
    assert b"Secret Name" not in stored
    assert b"0a" * 8 not in stored
