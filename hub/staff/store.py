"""The tables of sites' staff and of the lists that were issued."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    LargeBinary,
    Row,
    String,
    Table,
    insert,
    select,
    update,
)

from hub.db import metadata
from hub.sites import Sites
from hub.staff.model import ListState, StaffRow, StaffState
from protocol.ids import SiteId
from protocol.staff import StaffId, StaffRole

site_staff = Table(
    "site_staff",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("site", String(130), nullable=False, index=True),
    Column("sealed_name", LargeBinary, nullable=False),
    Column("roles", String(200), nullable=False),  # with spaces between
    Column("state", String(16), nullable=False),
    Column("sealed_verifier", LargeBinary),  # none once somebody has left
    Column("added_at", BigInteger, nullable=False),
    Column("pin_at", BigInteger, nullable=False),
    CheckConstraint("state IN ('active', 'suspended', 'ended')", name="state"),
    CheckConstraint("(state = 'ended') = (sealed_verifier IS NULL)", name="verifier"),
)

site_staff_lists = Table(
    "site_staff_lists",
    metadata,
    Column("site", String(130), primary_key=True),
    Column("serial", BigInteger, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
)


def add(connection: Connection, row: StaffRow) -> None:
    """A new person."""
    connection.execute(
        insert(site_staff).values(
            id=row.id,
            site=row.site,
            sealed_name=row.sealed_name,
            roles=_words(row.roles),
            state=row.state,
            sealed_verifier=row.sealed_verifier,
            added_at=row.added_at,
            pin_at=row.pin_at,
        )
    )


def find(connection: Connection, person: str) -> StaffRow | None:
    """One person."""
    row = connection.execute(select(site_staff).where(site_staff.c.id == person)).one_or_none()
    return None if row is None else _row(row)


def of_sites(connection: Connection, sites: Sites) -> list[StaffRow]:
    """Everybody of some sites, by site."""
    query = select(site_staff).where(sites.condition(site_staff.c.site))
    return [_row(row) for row in connection.execute(query.order_by(site_staff.c.site, site_staff.c.id))]


def sites_of(connection: Connection, people: Collection[str]) -> dict[str, SiteId]:
    """Where people are of the staff; nothing of those who are not known."""
    query = select(site_staff.c.id, site_staff.c.site).where(site_staff.c.id.in_(people))
    return {row.id: SiteId(row.site) for row in connection.execute(query)}


def change(connection: Connection, person: StaffId, values: Mapping[str, object]) -> None:
    """Put other values into a person's row."""
    connection.execute(update(site_staff).where(site_staff.c.id == person).values(**values))


def set_roles(connection: Connection, person: StaffId, roles: frozenset[StaffRole]) -> None:
    """Replace a person's roles."""
    change(connection, person, {"roles": _words(roles)})


def list_state(connection: Connection, site: SiteId) -> ListState | None:
    """The newest list of a site; None where nobody was ever added."""
    query = select(site_staff_lists).where(site_staff_lists.c.site == site)
    row = connection.execute(query).one_or_none()
    return None if row is None else ListState(row.serial, row.issued_at)


def put_list_state(connection: Connection, site: SiteId, state: ListState) -> None:
    """Remember that a list was issued."""
    values = {"serial": state.serial, "issued_at": state.issued_at}
    changed = connection.execute(update(site_staff_lists).where(site_staff_lists.c.site == site).values(**values))
    if not changed.rowcount:
        connection.execute(insert(site_staff_lists).values(site=site, **values))


def _words(roles: frozenset[StaffRole]) -> str:
    return " ".join(sorted(roles))


def _row(row: Row[*tuple[Any, ...]]) -> StaffRow:
    return StaffRow(
        id=StaffId(row.id),
        site=SiteId(row.site),
        sealed_name=row.sealed_name,
        roles=frozenset(map(StaffRole, row.roles.split())),
        state=StaffState(row.state),
        sealed_verifier=row.sealed_verifier,
        added_at=row.added_at,
        pin_at=row.pin_at,
    )
