"""Operators' accounts: adding, changing and closing them, each with its audit entry, and what ends their sessions."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from hub.access import factor_store, passwords, provider_store, session_store, store, totp
from hub.access.errors import OperatorNameError, OwnAccountError, ProviderLinkError, UnknownOperatorError
from hub.access.links import require_another_local_administrator
from hub.access.model import (
    Account,
    Operator,
    ProviderAccount,
    ProviderLink,
    Role,
    check_roles,
    parse_operator_name,
)
from hub.access.passwords import Passwords
from hub.audit.service import AuditAction, record
from hub.sites import Sites

_MAX_SUBJECT: Final = 255  # OpenID Connect Core 1.0, section 2


class Operators:
    """The accounts of one hub. Every method joins the caller's transaction; `actor` is who does it, for the trail."""

    def __init__(self, hasher: Passwords, random: Callable[[int], bytes]) -> None:
        self._passwords = hasher
        self._random = random

    def add(
        self,
        connection: Connection,
        name: str,
        password: str,
        roles: Collection[Role],
        sites: Sites,
        *,
        at: int,
        actor: str = "hub",
    ) -> Operator:
        """A new account with a password of its owner's. Raises OperatorNameError, PasswordRuleError or RolesError."""
        parse_operator_name(name)
        passwords.check_rules(name, password)
        return self._add(connection, name, password, roles, sites, at=at, actor=actor, start_password_at=None)

    def add_with_start_password(
        self, connection: Connection, name: str, roles: Collection[Role], sites: Sites, *, at: int, actor: str
    ) -> str:
        """A new account with a password that its owner replaces at the first sign-in; the password.

        Raises OperatorNameError or RolesError.
        """
        password = totp.new_paper_code(self._random)
        self._add(connection, name, password, roles, sites, at=at, actor=actor, start_password_at=at)
        return password

    def accounts(self, connection: Connection) -> Sequence[Account]:
        """Every account, by name."""
        return store.accounts(connection)

    def account(self, connection: Connection, name: str) -> Account:
        """One account. Raises UnknownOperatorError."""
        found = store.find_account(connection, name)
        if found is None:
            raise UnknownOperatorError("There is no such operator. Go to the list of operators and choose one.")
        return found

    def recovery_codes_left(self, connection: Connection, operator: Operator) -> int:
        """How many recovery codes somebody can still use."""
        return factor_store.recovery_codes_left(connection, operator.id)

    def change(
        self, connection: Connection, name: str, roles: Collection[Role], sites: Sites, *, at: int, actor: str
    ) -> None:
        """Replace roles and sites, from the next request on.

        Raises UnknownOperatorError, RolesError, OwnAccountError or ProviderLinkError.
        """
        account = self._other(connection, name, actor)
        operator = account.operator
        check_roles(frozenset(roles), sites)
        if Role.ADMINISTRATOR not in roles:
            require_another_local_administrator(connection, account)
        store.set_rights(connection, operator.id, roles, sites)
        changed = replace(operator, roles=frozenset(roles), sites=sites)
        _record(connection, AuditAction.OPERATOR_CHANGED, changed, at=at, actor=actor)

    def disable(self, connection: Connection, name: str, *, at: int, actor: str) -> None:
        """Close an account; its sessions end at once.

        Raises UnknownOperatorError, OwnAccountError or ProviderLinkError.
        """
        account = self._other(connection, name, actor)
        operator = account.operator
        require_another_local_administrator(connection, account)
        store.set_disabled(connection, operator.id, at)
        session_store.end_sessions_of(connection, operator.id)
        record(connection, AuditAction.OPERATOR_DISABLED, actor=actor, subject=name, at=at)

    def enable(self, connection: Connection, name: str, *, at: int, actor: str) -> None:
        """Open a closed account again. Raises UnknownOperatorError or OwnAccountError."""
        operator = self._other(connection, name, actor).operator
        store.set_disabled(connection, operator.id, None)
        record(connection, AuditAction.OPERATOR_ENABLED, actor=actor, subject=name, at=at)

    def reset_second_factor(self, connection: Connection, name: str, *, at: int, actor: str) -> None:
        """Forget a lost second factor: its owner sets up another at the next sign-in. Their sessions end at once.

        Raises UnknownOperatorError or OwnAccountError.
        """
        operator = self._other(connection, name, actor).operator
        factor_store.remove_factor(connection, operator.id)
        session_store.end_sessions_of(connection, operator.id)
        record(connection, AuditAction.SECOND_FACTOR_RESET, actor=actor, subject=name, at=at)

    def give_start_password(self, connection: Connection, name: str, *, at: int, actor: str) -> str:
        """A new password for somebody who forgot theirs, to be replaced at the next sign-in. Their sessions end.

        Raises UnknownOperatorError or OwnAccountError.
        """
        operator = self._other(connection, name, actor).operator
        password = totp.new_paper_code(self._random)
        store.put_start_password(connection, operator.id, self._passwords.hash(password), at)
        session_store.end_sessions_of(connection, operator.id)
        record(connection, AuditAction.START_PASSWORD_GIVEN, actor=actor, subject=name, at=at)
        return password

    def link(
        self,
        connection: Connection,
        name: str,
        there: ProviderAccount,
        *,
        gives_roles: bool,
        at: int,
        actor: str,
    ) -> None:
        """Let somebody sign in at the identity provider, and there alone. Their sessions end.

        Raises UnknownOperatorError, OwnAccountError or ProviderLinkError.
        """
        account = self._other(connection, name, actor)
        require_another_local_administrator(connection, account)
        if gives_roles and account.operator.may(Role.ADMINISTRATOR):
            raise ProviderLinkError("An administrator's roles are given here, never by the identity provider.")
        if not there.subject or len(there.subject) > _MAX_SUBJECT:
            raise ProviderLinkError("Enter the provider's identifier of the person, of 1 to 255 characters.")
        found = store.find_linked(connection, there)
        if found is not None and found.operator.id != account.operator.id:
            raise ProviderLinkError(
                "{name} is that person already: one person has one account.", name=found.operator.name
            )
        provider_store.link(connection, account.operator.id, ProviderLink(there, at, gives_roles))
        session_store.end_sessions_of(connection, account.operator.id)
        record(connection, AuditAction.OPERATOR_LINKED, actor=actor, subject=name, at=at)

    def unlink(self, connection: Connection, name: str, *, at: int, actor: str) -> None:
        """Let somebody sign in here again, with the password that they had or are given. Their sessions end.

        Raises UnknownOperatorError or OwnAccountError.
        """
        operator = self._other(connection, name, actor).operator
        provider_store.unlink(connection, operator.id)
        session_store.end_sessions_of(connection, operator.id)
        record(connection, AuditAction.OPERATOR_UNLINKED, actor=actor, subject=name, at=at)

    def _add(
        self,
        connection: Connection,
        name: str,
        password: str,
        roles: Collection[Role],
        sites: Sites,
        *,
        at: int,
        actor: str,
        start_password_at: int | None,
    ) -> Operator:
        parse_operator_name(name)
        check_roles(frozenset(roles), sites)
        if store.find_account(connection, name) is not None:
            raise OperatorNameError("There is an operator {name} already. Choose another name.", name=name)
        try:
            identifier = store.add_operator(connection, name, self._passwords.hash(password), at, start_password_at)
        except IntegrityError:
            raise OperatorNameError("The operator {name} was added by someone else just now.", name=name) from None
        store.set_rights(connection, identifier, roles, sites)
        added = Operator(identifier, name, frozenset(roles), sites)
        _record(connection, AuditAction.OPERATOR_ADDED, added, at=at, actor=actor)
        return added

    def _other(self, connection: Connection, name: str, actor: str) -> Account:
        if name == actor:
            raise OwnAccountError("This is your own account. Another administrator has to do it.")
        return self.account(connection, name)


def _record(connection: Connection, action: AuditAction, operator: Operator, *, at: int, actor: str) -> None:
    names = operator.sites.names
    role, site = ", ".join(sorted(operator.roles)), "*" if names is None else ", ".join(sorted(names))
    record(connection, action, actor=actor, subject=operator.name, at=at, role=role, site=site)
