"""What holds between the accounts here and those at the identity provider."""

from sqlalchemy import Connection

from hub.access import store
from hub.access.errors import ProviderLinkError, ProviderRefusedError, RolesError
from hub.access.model import Account, Role, check_roles
from hub.audit.service import AuditAction, record


def require_another_local_administrator(connection: Connection, without: Account) -> None:
    """When the provider is down, somebody must still get in and mend it. Raises ProviderLinkError."""
    if not _is_local_administrator(without):
        return
    others = (one for one in store.accounts(connection) if one.operator.id != without.operator.id)
    if not any(map(_is_local_administrator, others)):
        raise ProviderLinkError(
            "{name} is the last administrator who signs in with a password here. Keep one, for the day on which the"
            " identity provider does not answer: add another first.",
            name=without.operator.name,
        )


def take_roles(connection: Connection, account: Account, given: frozenset[Role], at: int) -> None:
    """Replace an operator's roles by those that the provider's claims give, where an administrator wants that.

    Raises ProviderRefusedError.
    """
    operator = account.operator
    if account.link is None or not account.link.gives_roles or given == operator.roles:
        return
    try:
        check_roles(given, operator.sites)
    except RolesError as error:
        raise ProviderRefusedError(
            "The roles that your organisation's account carries cannot be yours here, so you have not been signed in."
            " Ask an administrator of the console."
        ) from error
    store.set_rights(connection, operator.id, given, operator.sites)
    role = ", ".join(sorted(given))
    record(connection, AuditAction.OPERATOR_CHANGED, actor="provider", subject=operator.name, at=at, role=role)


def _is_local_administrator(account: Account) -> bool:
    return account.link is None and account.disabled_at is None and account.operator.may(Role.ADMINISTRATOR)
