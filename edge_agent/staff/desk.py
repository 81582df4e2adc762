"""Signing in at the unit, with or without a network."""

from dataclasses import dataclass

import structlog

from credentials import pins
from edge_agent.database import UnitDatabase
from edge_agent.staff.errors import LockedOutError, StaffListEndedError, StaffListMissingError, WrongPinError
from edge_agent.staff.lockout import Failures
from edge_agent.staff.store import StaffStore
from edge_agent.trusted_time import TrustedClock
from protocol.staff import StaffId, StaffList, StaffMember

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Member:
    """One of the site's staff. `id` is what records and messages hold, never the name; `roles`: words of StaffRole."""

    id: StaffId
    name: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class StaffDesk:
    """Checks PINs. Every attempt counts as failed until it succeeds, so that a power cut is no way around it."""

    database: UnitDatabase
    store: StaffStore
    clock: TrustedClock

    def members(self) -> tuple[Member, ...]:
        """Who may sign in now, by name; nobody before a list has come, or once it has ended."""
        try:
            valid = self._valid_list()
        except (StaffListMissingError, StaffListEndedError):
            return ()
        return tuple(sorted(map(_member, valid.members), key=lambda member: (member.name, member.id)))

    def current(self, member_id: str) -> Member | None:
        """Somebody who signed in before, as the hub has them now; None where a session has to end."""
        return next((member for member in self.members() if member.id == member_id), None)

    def sign_in(self, member_id: str, pin: str) -> Member:
        """The person whose PIN it is. Takes as long for one who does not exist.

        Raises WrongPinError, LockedOutError, StaffListMissingError, StaffListEndedError or the database's errors:
        who cannot be counted cannot sign in.
        """
        valid = self._valid_list()
        member = next((one for one in valid.members if one.id == member_id), None)
        if member is not None:
            self._count(member.id)
        if not pins.matches(None if member is None else member.verifier, pin) or member is None:
            logger.warning("staff.sign_in_refused")
            raise WrongPinError("Name and PIN do not belong together. Try again; the desk can give a new PIN.")
        with self.database.transaction() as tables:
            self.store.note(tables, member.id, None)
        logger.info("staff.signed_in")
        return _member(member)

    def _count(self, member: StaffId) -> None:
        now, uptime = self.clock.moment(), self.clock.uptime()
        with self.database.transaction() as tables:
            before = self.store.failures(tables, member)
            wait = 0 if before is None else before.wait_left(now, uptime)
            if wait:
                seconds = -(-wait // 1000)
                raise LockedOutError(
                    f"Too many wrong PINs in a row. Wait {seconds} seconds, then try again; or ask the desk for a new "
                    "PIN.",
                    seconds,
                )
            count = 1 if before is None else before.count + 1
            self.store.note(tables, member, Failures(count, uptime, now.latest))

    def _valid_list(self) -> StaffList:
        found = self.store.list()
        if found is None:
            raise StaffListMissingError(
                "This unit does not know its staff yet. Connect it to its network, or have a technician bring the list "
                "(`mca edge staff --from FILE`)."
            )
        # The estimate: it is never set back by the machine's own clock.
        if self.clock.now() >= found.until:
            raise StaffListEndedError(
                "This unit has not heard for too long who may sign in. Connect it to its network, or have a technician "
                "bring the newest list (`mca edge staff --from FILE`)."
            )
        return found


def _member(member: StaffMember) -> Member:
    return Member(member.id, member.name, frozenset(member.roles))
