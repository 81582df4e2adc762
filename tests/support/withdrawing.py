"""What takes consent back at a unit, over parts that a test has made itself."""

from credentials.vault import Vault
from edge_agent.consent.withdrawing import Withdrawing
from edge_agent.database import UnitDatabase
from edge_agent.intakes.store import IntakeStore
from edge_agent.sightings.outbox import Outbox
from edge_agent.sightings.sealing import HubSealer
from edge_agent.trusted_time import TrustedClock
from protocol.ids import UnitId
from protocol.keys import Identity, PrivateIdentity


def withdrawing_of(
    database: UnitDatabase,
    vault: Vault,
    outbox: Outbox,
    clock: TrustedClock,
    *,
    identity: PrivateIdentity,
    hub: Identity,
) -> Withdrawing:
    """As the unit's composition root makes it. `identity`: the unit's."""
    sealer = HubSealer(identity, hub, clock.now)
    return Withdrawing(UnitId(identity.name), database, IntakeStore(database, vault), outbox, sealer, clock)
