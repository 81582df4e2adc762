"""Lists of staff as a hub makes them, and a unit that holds one."""

import secrets
from dataclasses import dataclass, field
from pathlib import Path

from credentials.keystore.file import FileKeyStore
from credentials.pins import Price, make_verifier
from credentials.vault import Vault
from edge_agent.database import UnitDatabase
from edge_agent.staff.desk import StaffDesk
from edge_agent.staff.store import StaffStore
from edge_agent.trusted_time import BUILT_AT, DAY, KnownTime, TrustedClock, Uptime
from protocol.ids import SiteId
from protocol.staff import StaffId, StaffList, StaffMember, StaffRole, role_words

SITE = SiteId("bd/benapole")
AMINA, RUMA = StaffId("a" * 16), StaffId("b" * 16)
PIN, WRONG = "190274", "555123"
QUICK = Price(memory=8, passes=1, lanes=1)
UNTIL = BUILT_AT + 14 * DAY


def member(identifier: StaffId, name: str, pin: str = PIN, *, salt: bytes = bytes(16)) -> StaffMember:
    return StaffMember(
        identifier, name, role_words([StaffRole.INTAKE, StaffRole.NOTICES]), make_verifier(pin, salt, QUICK)
    )


def staff_list(*members: StaffMember, serial: int = 1, until: int = UNTIL, site: SiteId = SITE) -> bytes:
    return StaffList(site, serial, until, members).to_bytes()


BOTH = (member(AMINA, "Amina"), member(RUMA, "রুমা"))


@dataclass
class Unit:
    """A unit's staff room on a disk. `system` is its machine's clock; `off_and_on` is what a power cut does."""

    folder: Path
    vault: Vault = field(init=False)
    up: Uptime = field(default_factory=lambda: Uptime(1, 0))
    system: int = BUILT_AT
    known: KnownTime = field(default_factory=KnownTime.nothing)

    def __post_init__(self) -> None:
        self.vault = Vault.create(FileKeyStore(self.folder / "vault.key"))
        self.database = UnitDatabase(self.folder / "unit.sqlite")
        self._wire()

    def _wire(self) -> None:
        self.clock = TrustedClock(lambda: self.system, lambda: self.up, self.known)
        self.store = StaffStore(self.database, self.vault, SITE)
        self.desk = StaffDesk(self.database, self.store, self.clock)

    def wait(self, milliseconds: int) -> None:
        """Time passes, and the machine's clock runs."""
        self.up = Uptime(self.up.boot, self.up.at + milliseconds)
        self.system += milliseconds

    def off_and_on(self) -> None:
        """The power is cut: memory and the count of uptime are gone."""
        self.known = self.clock.known()
        self.up = Uptime(secrets.randbits(32), 0)
        self.database.close()
        self.database = UnitDatabase(self.folder / "unit.sqlite")
        self._wire()

    def names(self) -> list[str]:
        return [each.name for each in self.desk.members()]
