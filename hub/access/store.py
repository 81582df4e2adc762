"""Tables of operators, what they may do, their sign-ins and second factors. Tokens are stored only as SHA-256."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Integer,
    LargeBinary,
    Row,
    Select,
    String,
    Table,
    Text,
    UniqueConstraint,
    delete,
    insert,
    select,
    update,
)

from hub.access.model import Account, Operator, ProviderAccount, ProviderLink, Role
from hub.db import metadata
from hub.sites import EVERY_SITE, Sites
from protocol.ids import SiteId

operators = Table(
    "operators",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("added_at", BigInteger, nullable=False),
    Column("start_password_at", BigInteger),  # given by an administrator, and not yet replaced by its owner
    Column("disabled_at", BigInteger),
    Column("language", String(8)),
    sqlite_autoincrement=True,  # An identifier is never used again: answers refer to people by it.
)

operator_roles = Table(
    "operator_roles",
    metadata,
    Column("operator_id", Integer, ForeignKey("operators.id"), primary_key=True, autoincrement=False),
    Column("role", String(32), primary_key=True),
)

# Whoever has no row here sees no site. The whole hub is a row of its own.
operator_sites = Table(
    "operator_sites",
    metadata,
    Column("operator_id", Integer, ForeignKey("operators.id"), primary_key=True, autoincrement=False),
    Column("site", String(130), primary_key=True),
)

second_factors = Table(
    "second_factors",
    metadata,
    Column("operator_id", Integer, ForeignKey("operators.id"), primary_key=True, autoincrement=False),
    Column("sealed_secret", LargeBinary, nullable=False),
    Column("added_at", BigInteger, nullable=False),
    Column("last_step", BigInteger, nullable=False),  # Codes of this step of 30 seconds and earlier are spent.
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("code_index", LargeBinary(32), primary_key=True),  # HMAC under the storage key
    Column("operator_id", Integer, ForeignKey("operators.id"), nullable=False, index=True),
    Column("used_at", BigInteger),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("operator_id", Integer, ForeignKey("operators.id"), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Column("confirmed_at", BigInteger, nullable=False),
)

unfinished_sign_ins = Table(
    "unfinished_sign_ins",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("operator_id", Integer, ForeignKey("operators.id"), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("proof", String(16)),  # the second factor, once it has been given
)

known_devices = Table(
    "known_devices",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("operator_id", Integer, ForeignKey("operators.id"), nullable=False),
    Column("first_used_at", BigInteger, nullable=False),
)

failed_sign_ins = Table(
    "failed_sign_ins",
    metadata,
    Column("source", LargeBinary(32), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)

# Who signs in at the identity provider. Nobody there is two people here.
operator_links = Table(
    "operator_links",
    metadata,
    Column("operator_id", Integer, ForeignKey("operators.id"), primary_key=True, autoincrement=False),
    Column("issuer", String(255), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("linked_at", BigInteger, nullable=False),
    Column("gives_roles", Boolean, nullable=False),
    UniqueConstraint("issuer", "subject"),
)

# People who are at the provider just now. State, nonce and verifier follow from the token, which is not here.
provider_sign_ins = Table(
    "provider_sign_ins",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("started_at", BigInteger, nullable=False),
    Column("next_path", Text, nullable=False),
    Column("kept", Text, nullable=False),
    Column("session_hash", LargeBinary(32)),  # Of who is signed in and confirms that it is them.
    Column("form_token", String(64)),
)

_WHOLE_HUB: Final = "*"


def add_operator(connection: Connection, name: str, password_hash: str, at: int, start_password_at: int | None) -> int:
    """Insert an operator without any right; its identifier."""
    row = insert(operators).values(
        name=name, password_hash=password_hash, added_at=at, start_password_at=start_password_at
    )
    return int(connection.execute(row.returning(operators.c.id)).scalar_one())


def set_rights(connection: Connection, operator: int, roles: Iterable[Role], sites: Sites) -> None:
    """Replace what an operator may do and where."""
    connection.execute(delete(operator_roles).where(operator_roles.c.operator_id == operator))
    connection.execute(delete(operator_sites).where(operator_sites.c.operator_id == operator))
    for role in sorted(roles):
        connection.execute(insert(operator_roles).values(operator_id=operator, role=str(role)))
    for site in [_WHOLE_HUB] if sites.names is None else sorted(sites.names):
        connection.execute(insert(operator_sites).values(operator_id=operator, site=site))


def find_account(connection: Connection, name: str) -> Account | None:
    """The account of that name."""
    found = _accounts(connection, _ACCOUNTS.where(operators.c.name == name))
    return found[0] if found else None


def find_linked(connection: Connection, there: ProviderAccount) -> Account | None:
    """The account of who is that person at the provider."""
    same = (operator_links.c.issuer == there.issuer, operator_links.c.subject == there.subject)
    found = _accounts(connection, _ACCOUNTS.where(*same))
    return found[0] if found else None


def account_of(connection: Connection, operator: int) -> Account:
    """The account of an identifier that another table refers to."""
    return _accounts(connection, _ACCOUNTS.where(operators.c.id == operator))[0]


def accounts(connection: Connection) -> list[Account]:
    """Every account, by name."""
    return _accounts(connection, _ACCOUNTS.order_by(operators.c.name))


def names(connection: Connection) -> dict[int, str]:
    """Every operator's name by identifier."""
    return {row.id: row.name for row in connection.execute(select(operators.c.id, operators.c.name))}


def password_hash(connection: Connection, operator: int) -> str:
    """An operator's."""
    return str(connection.execute(select(operators.c.password_hash).where(operators.c.id == operator)).scalar_one())


def change_password_hash(connection: Connection, operator: int, new: str) -> None:
    """Replace a hash by one of today's parameters."""
    connection.execute(update(operators).where(operators.c.id == operator).values(password_hash=new))


def put_start_password(connection: Connection, operator: int, new: str, at: int) -> None:
    """Store the hash of a password that an administrator gave."""
    given = {"password_hash": new, "start_password_at": at}
    connection.execute(update(operators).where(operators.c.id == operator).values(**given))


def put_own_password(connection: Connection, operator: int, new: str) -> None:
    """Store the hash of a password that its owner chose."""
    own = {"password_hash": new, "start_password_at": None}
    connection.execute(update(operators).where(operators.c.id == operator).values(**own))


def set_disabled(connection: Connection, operator: int, at: int | None) -> None:
    """Close an account, or open it again (None)."""
    connection.execute(update(operators).where(operators.c.id == operator).values(disabled_at=at))


def set_language(connection: Connection, operator: int, language: str) -> None:
    """In which language the console speaks to an operator from now on."""
    connection.execute(update(operators).where(operators.c.id == operator).values(language=language))


def know_device(connection: Connection, token_hash: bytes, operator: int, at: int) -> None:
    """Remember a browser from which an operator has signed in."""
    connection.execute(insert(known_devices).values(token_hash=token_hash, operator_id=operator, first_used_at=at))


def is_known_device(connection: Connection, token_hash: bytes, name: str) -> bool:
    """Whether the operator of that name has signed in from the browser before."""
    query = (
        select(known_devices.c.token_hash)
        .join_from(known_devices, operators)
        .where(known_devices.c.token_hash == token_hash, operators.c.name == name)
    )
    return connection.execute(query).one_or_none() is not None


def failures(connection: Connection, source: bytes) -> tuple[int, int]:
    """How often in a row a source has failed to sign in, and when it last did; (0, 0) for never."""
    row = connection.execute(select(failed_sign_ins).where(failed_sign_ins.c.source == source)).one_or_none()
    return (0, 0) if row is None else (row.failures, row.last_at)


def note_failure(connection: Connection, source: bytes, failures_so_far: int, at: int) -> None:
    """Replace what is known of a source."""
    forget_failures(connection, source)
    connection.execute(insert(failed_sign_ins).values(source=source, failures=failures_so_far, last_at=at))


def forget_failures(connection: Connection, source: bytes) -> None:
    """A source has signed in, or its failures are long ago."""
    connection.execute(delete(failed_sign_ins).where(failed_sign_ins.c.source == source))


def forget_failures_before(connection: Connection, moment: int) -> None:
    """Forget every source whose last failure is older."""
    connection.execute(delete(failed_sign_ins).where(failed_sign_ins.c.last_at < moment))


_ACCOUNTS: Final = (
    select(
        operators,
        second_factors.c.added_at.label("second_factor_at"),
        operator_links.c.issuer,
        operator_links.c.subject,
        operator_links.c.linked_at,
        operator_links.c.gives_roles,
    )
    .outerjoin(second_factors, second_factors.c.operator_id == operators.c.id)
    .outerjoin(operator_links, operator_links.c.operator_id == operators.c.id)
)


def _accounts(connection: Connection, query: Select[Any]) -> list[Account]:
    rows = connection.execute(query).all()
    identifiers = [row.id for row in rows]
    roles, sites = _rights(connection, operator_roles, identifiers), _rights(connection, operator_sites, identifiers)
    return [_account(row, roles[row.id], sites[row.id]) for row in rows]


def _rights(connection: Connection, table: Table, identifiers: Sequence[int]) -> dict[int, set[str]]:
    """The second column of a table of rights, by operator."""
    found: dict[int, set[str]] = {identifier: set() for identifier in identifiers}
    for operator, right in connection.execute(select(table).where(table.c.operator_id.in_(identifiers))):
        found[operator].add(right)
    return found


def _account(row: Row[Any], roles: set[str], sites: set[str]) -> Account:
    covered = EVERY_SITE if _WHOLE_HUB in sites else Sites(frozenset(map(SiteId, sites)))
    linked = row.issuer is not None
    return Account(
        operator=Operator(row.id, row.name, frozenset(map(Role, roles)), covered, row.language),
        added_at=row.added_at,
        disabled_at=row.disabled_at,
        start_password_at=row.start_password_at,
        second_factor_at=row.second_factor_at,
        link=ProviderLink(ProviderAccount(row.issuer, row.subject), row.linked_at, row.gives_roles) if linked else None,
    )
