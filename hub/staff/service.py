"""Sites' staff: adding and ending people, their PINs, and the signed lists by which units let them in."""

from collections.abc import Callable, Collection, Iterable
from typing import Final

from sqlalchemy import Connection

from credentials.pins import PRICE, Price, make_verifier
from hub.atrest import Vault
from hub.audit.service import AuditAction, record
from hub.clock import DAY, Clock
from hub.fleet.service import Unit, UnitHealth
from hub.sites import Sites
from hub.staff import store
from hub.staff.drawing import DIGITS, draw_pin
from hub.staff.model import (
    Doubt,
    GivenPin,
    ListState,
    Signer,
    SitePerson,
    StaffError,
    StaffRow,
    StaffState,
    UnitStaff,
    UnknownStaffError,
)
from protocol import cbor
from protocol.fields import Fields
from protocol.ids import SiteId
from protocol.lines import is_line
from protocol.staff import (
    MAX_MEMBERS,
    MAX_NAME,
    SALT_BYTES,
    PinVerifier,
    StaffId,
    StaffList,
    StaffMember,
    StaffRole,
    role_words,
)

__all__ = [
    "DIGITS",
    "Doubt",
    "GivenPin",
    "Named",
    "Signer",
    "SitePerson",
    "StaffError",
    "StaffService",
    "StaffState",
    "UnitStaff",
    "UnknownStaffError",
]

Named = tuple[StaffId, SiteId]
"""Somebody whom a message of a unit names, and the site where that was."""

_RENEWED_EVERY: Final = DAY
"""So old a list may be before a unit that reports gets a new one, of a later end."""

_VERIFIER_BYTES: Final = 256


class StaffService:
    """The staff of a hub's sites. Every method joins the caller's transaction; `actor`: who does it, for the trail."""

    def __init__(
        self, vault: Vault, clock: Clock, entropy: Callable[[int], bytes], *, list_days: int, price: Price = PRICE
    ) -> None:
        """`list_days`: for how long units let people in that hear nothing from the hub; `price`: of a PIN's check."""
        self._vault = vault
        self._clock = clock
        self._entropy = entropy
        self._lasts = list_days * DAY
        self._price = price

    def add(
        self, connection: Connection, site: SiteId, name: str, roles: Collection[StaffRole], *, actor: str
    ) -> GivenPin:
        """A new person of a site, with a PIN that is said once. Raises StaffError."""
        name, roles = " ".join(name.split()), _checked(roles)
        if not name or len(name) > MAX_NAME or not is_line(name):
            raise StaffError("A name has 1 to {limit} characters in one line.", limit=MAX_NAME)
        others = [row for row in self._rows(connection, site) if row.state is not StaffState.ENDED]
        if any(self._name(row) == name for row in others):
            raise StaffError("There is somebody of this name at the site. Add what tells the two apart.")
        if len(others) >= MAX_MEMBERS:
            raise StaffError("A site has at most {limit} people. End those who have left.", limit=MAX_MEMBERS)
        person, at = StaffId(self._entropy(8).hex()), self._clock()
        pin, verifier = self._draw(person)
        sealed_name = self._vault.encrypt(name.encode(), _place(person, "name"))
        store.add(connection, StaffRow(person, site, sealed_name, roles, StaffState.ACTIVE, verifier, at, at))
        self._issue(connection, site, at)
        role = ", ".join(role_words(roles))
        record(connection, AuditAction.STAFF_ADDED, actor=actor, subject=person, at=at, site=site, role=role)
        return GivenPin(person, pin)

    def change_roles(
        self, connection: Connection, person: str, sites: Sites, roles: Collection[StaffRole], *, actor: str
    ) -> None:
        """Replace what somebody may do. Raises StaffError or UnknownStaffError."""
        row, roles, at = self._kept(connection, person, sites), _checked(roles), self._clock()
        store.set_roles(connection, row.id, roles)
        self._issue(connection, row.site, at)
        role = ", ".join(role_words(roles))
        record(connection, AuditAction.STAFF_CHANGED, actor=actor, subject=row.id, at=at, site=row.site, role=role)

    def reset_pin(self, connection: Connection, person: str, sites: Sites, *, actor: str) -> GivenPin:
        """A new PIN for somebody who forgot theirs, or whose it may no longer be alone. It is said once.

        Raises StaffError or UnknownStaffError.
        """
        row = self._kept(connection, person, sites)
        pin, verifier = self._draw(row.id)
        self._change(
            connection, row, AuditAction.STAFF_PIN_GIVEN, actor, sealed_verifier=verifier, pin_at=self._clock()
        )
        return GivenPin(row.id, pin)

    def suspend(self, connection: Connection, person: str, sites: Sites, *, actor: str) -> None:
        """Let somebody in no more until they are let in again. Raises StaffError or UnknownStaffError."""
        row = self._kept(connection, person, sites)
        self._change(connection, row, AuditAction.STAFF_SUSPENDED, actor, state=StaffState.SUSPENDED)

    def resume(self, connection: Connection, person: str, sites: Sites, *, actor: str) -> None:
        """Let somebody in again, with the PIN that they had. Raises StaffError or UnknownStaffError."""
        row = self._kept(connection, person, sites)
        self._change(connection, row, AuditAction.STAFF_RESUMED, actor, state=StaffState.ACTIVE)

    def end(self, connection: Connection, person: str, sites: Sites, *, actor: str) -> None:
        """Somebody has left: the PIN is gone for good. Raises StaffError or UnknownStaffError."""
        row = self._kept(connection, person, sites)
        self._change(connection, row, AuditAction.STAFF_ENDED, actor, state=StaffState.ENDED, sealed_verifier=None)

    def person(self, connection: Connection, person: str, sites: Sites) -> SitePerson:
        """One person of these sites. Raises UnknownStaffError."""
        return self._person(self._row(connection, person, sites))

    def people(self, connection: Connection, sites: Sites) -> list[SitePerson]:
        """Everybody of these sites, by site and name."""
        people = map(self._person, store.of_sites(connection, sites))
        return sorted(people, key=lambda person: (person.site, person.name))

    def signers(self, connection: Connection, named: Collection[Named]) -> dict[Named, Signer]:
        """Whom messages of units name, and where that cannot be right."""
        doubts = self.doubts(connection, named)
        rows = {person: store.find(connection, person) for person, _ in named}
        names = {person: None if row is None else self._name(row) for person, row in rows.items()}
        return {one: Signer(names[one[0]], doubts.get(one)) for one in named}

    def doubts(self, connection: Connection, named: Collection[Named]) -> dict[Named, Doubt]:
        """Those of the people whom messages name who are not of the staff of the site, in one statement.

        Somebody who was suspended or has left is no doubt: units that are offline go by an older list.
        """
        sites = store.sites_of(connection, {person for person, _ in named}) if named else {}
        return {
            (person, site): Doubt.ELSEWHERE if person in sites else Doubt.UNKNOWN
            for person, site in named
            if sites.get(person) != site
        }

    def at_units(
        self, connection: Connection, units: Iterable[Unit], reports: Iterable[UnitHealth]
    ) -> dict[SiteId, list[UnitStaff]]:
        """By site, which list each of its units goes by."""
        said = {report.unit: report.report.staff_serial for report in reports}
        found: dict[SiteId, list[UnitStaff]] = {}
        for unit in units:
            newest, serial = store.list_state(connection, unit.site), said.get(unit.id)
            is_newest = newest is not None and serial == newest.serial
            found.setdefault(unit.site, []).append(UnitStaff(unit.id, serial, is_newest))
        return found

    def answer(self, connection: Connection, site: SiteId, serial: int | None) -> bytes | None:
        """What a unit of the site must be told that says it has the list `serial`: the newest list, or nothing.

        A list that is a day old is issued anew, so that units which are in touch never come to its end.
        """
        newest, now = store.list_state(connection, site), self._clock()
        if newest is None:
            return None
        # Absolute: after the hub's clock was wrong, a list may have been issued in the future.
        if abs(now - newest.issued_at) >= _RENEWED_EVERY:
            newest = self._issue(connection, site, now)
            record(connection, AuditAction.STAFF_LIST_RENEWED, actor="hub", subject=site, at=now)
        return None if serial == newest.serial else self._list(connection, site, newest).to_bytes()

    def _list(self, connection: Connection, site: SiteId, newest: ListState) -> StaffList:
        active = [row for row in self._rows(connection, site) if row.state is StaffState.ACTIVE]
        return StaffList(site, newest.serial, newest.issued_at + self._lasts, tuple(map(self._member, active)))

    def _issue(self, connection: Connection, site: SiteId, now: int) -> ListState:
        old = store.list_state(connection, site)
        # The time, so that lists go on rising when the hub was restored from a backup that knew fewer.
        issued = ListState(now if old is None else max(now, old.serial + 1), now)
        store.put_list_state(connection, site, issued)
        return issued

    def _change(self, connection: Connection, row: StaffRow, action: AuditAction, actor: str, **values: object) -> None:
        at = self._clock()
        store.change(connection, row.id, values)
        self._issue(connection, row.site, at)
        record(connection, action, actor=actor, subject=row.id, at=at, site=row.site)

    def _kept(self, connection: Connection, person: str, sites: Sites) -> StaffRow:
        row = self._row(connection, person, sites)
        if row.state is StaffState.ENDED:
            raise StaffError("This person has left. Add them again, with a new PIN.")
        return row

    def _row(self, connection: Connection, person: str, sites: Sites) -> StaffRow:
        row = store.find(connection, person)
        if row is None or not sites.include(row.site):
            raise UnknownStaffError("There is no such member of staff. Go to the list of site staff and choose one.")
        return row

    def _rows(self, connection: Connection, site: SiteId) -> list[StaffRow]:
        return store.of_sites(connection, Sites(frozenset({site})))

    def _draw(self, person: StaffId) -> tuple[str, bytes]:
        pin = draw_pin(self._entropy)
        verifier = cbor.encode(make_verifier(pin, self._entropy(SALT_BYTES), self._price).to_value())
        return pin, self._vault.encrypt(verifier, _place(person, "verifier"))

    def _member(self, row: StaffRow) -> StaffMember:
        verifier = self._vault.decrypt(row.sealed_verifier or b"", _place(row.id, "verifier"))
        fields = Fields(cbor.decode(verifier, limit=_VERIFIER_BYTES), kind="stored verifier")
        return StaffMember(row.id, self._name(row), role_words(row.roles), PinVerifier.read(fields))

    def _person(self, row: StaffRow) -> SitePerson:
        return SitePerson(row.id, row.site, self._name(row), row.roles, row.state, row.added_at, row.pin_at)

    def _name(self, row: StaffRow) -> str:
        return self._vault.decrypt(row.sealed_name, _place(row.id, "name")).decode()


def _checked(roles: Collection[StaffRole]) -> frozenset[StaffRole]:
    if not roles:
        raise StaffError("Choose at least one thing that this person may do.")
    return frozenset(roles)


def _place(person: StaffId, column: str) -> str:
    return f"site_staff/{column}/{person}"
