"""Second factors and recovery codes in the database: secrets encrypted, codes as hashes, each spent once."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, insert, select, update

from hub.access.store import recovery_codes, second_factors


def put_factor(connection: Connection, operator: int, sealed_secret: bytes, at: int, step: int) -> None:
    """Store a second factor in the place of any earlier one; the code of `step` is spent."""
    connection.execute(delete(second_factors).where(second_factors.c.operator_id == operator))
    connection.execute(
        insert(second_factors).values(operator_id=operator, sealed_secret=sealed_secret, added_at=at, last_step=step)
    )


def find_factor_secret(connection: Connection, operator: int) -> bytes | None:
    """The encrypted secret of an operator's second factor."""
    query = select(second_factors.c.sealed_secret).where(second_factors.c.operator_id == operator)
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else bytes(found)


def use_step(connection: Connection, operator: int, step: int) -> bool:
    """Spend the code of a step, and with it all earlier ones; whether it was still unspent."""
    later = (second_factors.c.operator_id == operator) & (second_factors.c.last_step < step)
    return connection.execute(update(second_factors).where(later).values(last_step=step)).rowcount == 1


def remove_factor(connection: Connection, operator: int) -> bool:
    """Forget a second factor and its recovery codes; whether there was one."""
    connection.execute(delete(recovery_codes).where(recovery_codes.c.operator_id == operator))
    return connection.execute(delete(second_factors).where(second_factors.c.operator_id == operator)).rowcount == 1


def put_recovery_codes(connection: Connection, operator: int, indexes: Sequence[bytes]) -> None:
    """Store the codes in the place of all earlier ones."""
    connection.execute(delete(recovery_codes).where(recovery_codes.c.operator_id == operator))
    connection.execute(insert(recovery_codes), [{"code_index": one, "operator_id": operator} for one in indexes])


def use_recovery_code(connection: Connection, operator: int, index: bytes, at: int) -> bool:
    """Spend a recovery code; whether it was an unspent one of the operator."""
    unspent = (
        (recovery_codes.c.code_index == index)
        & (recovery_codes.c.operator_id == operator)
        & recovery_codes.c.used_at.is_(None)
    )
    return connection.execute(update(recovery_codes).where(unspent).values(used_at=at)).rowcount == 1


def recovery_codes_left(connection: Connection, operator: int) -> int:
    """How many of an operator's recovery codes are unspent."""
    query = select(func.count()).where(recovery_codes.c.operator_id == operator, recovery_codes.c.used_at.is_(None))
    return int(connection.execute(query).scalar_one())
