"""Every kind of fault."""

from tests.chaos.faults.clocks import CLOCKS
from tests.chaos.faults.databases import DATABASES
from tests.chaos.faults.disks import DISKS, HUB_DISKS, LIMITS
from tests.chaos.faults.kills import KILLS
from tests.chaos.faults.kind import Apply, Fault, Need
from tests.chaos.faults.links import LINKS
from tests.chaos.faults.steps import STEPS

__all__ = ["KINDS", "Fault", "Need"]

_GROUPS: tuple[tuple[dict[str, Apply], Need | None], ...] = (
    (KILLS, None),
    (STEPS, Need.GATE),
    (LINKS, None),
    (LIMITS, None),
    (DISKS, Need.DISK),
    (HUB_DISKS, Need.HUB_DISK),
    (DATABASES, Need.POSTGRESQL),
    (CLOCKS, Need.CLOCK),
)
KINDS = {name: Fault(name, apply, need) for group, need in _GROUPS for name, apply in group.items()}
