"""The table of recipients. What is removed stays for the ledger and for recalls."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Row, insert, select, true, update

from hub.dispatch.recipient import Channel, Grade, NewRecipient, Reach, Recipient, RecipientId, RecipientKind
from hub.dispatch.tables import recipients


@dataclass(frozen=True, slots=True)
class SealedRecipient:
    """A row: `recipient` without what is sealed."""

    recipient: Recipient
    sealed: bytes
    address_index: bytes

    @property
    def reach(self) -> Reach:
        """By what it is chosen."""
        return self.recipient.entered.reach

    @property
    def reach_of(self) -> str:
        """The case, site or country."""
        return self.recipient.entered.of


def add(connection: Connection, new: SealedRecipient) -> None:
    """Insert a recipient."""
    entered = new.recipient.entered
    connection.execute(
        insert(recipients).values(
            id=new.recipient.id,
            sealed=new.sealed,
            address_index=new.address_index,
            kind=str(entered.kind),
            reach=str(entered.reach),
            reach_of=entered.of,
            grade=str(entered.grade),
            language=entered.language,
            turn=entered.turn,
            added_at=new.recipient.added_at,
        )
    )


def remove(connection: Connection, recipient_id: str, at: int) -> bool:
    """Note that a recipient gets no more alerts; False where there is none."""
    here = (recipients.c.id == recipient_id) & recipients.c.removed_at.is_(None)
    return connection.execute(update(recipients).where(here).values(removed_at=at)).rowcount == 1


def is_listed(connection: Connection, address_index: bytes, reach: Reach, of: str) -> bool:
    """Whether the address stands there for the same."""
    same = (recipients.c.address_index == address_index) & (recipients.c.reach == str(reach))
    here = same & (recipients.c.reach_of == of) & recipients.c.removed_at.is_(None)
    return connection.execute(select(recipients.c.id).where(here)).first() is not None


def listed(connection: Connection) -> list[SealedRecipient]:
    """Recipients that were not removed."""
    return _rows(connection, recipients.c.removed_at.is_(None))


def every(connection: Connection) -> list[SealedRecipient]:
    """All that there ever were."""
    return _rows(connection, true())


def find(connection: Connection, recipient_id: RecipientId) -> SealedRecipient | None:
    """One of them."""
    return next(iter(_rows(connection, recipients.c.id == recipient_id)), None)


def _rows(connection: Connection, condition: ColumnElement[bool]) -> list[SealedRecipient]:
    order = (recipients.c.reach, recipients.c.reach_of, recipients.c.kind, recipients.c.turn, recipients.c.added_at)
    query = select(recipients).where(condition).order_by(*order, recipients.c.id)
    return [_row(row) for row in connection.execute(query)]


def _row(row: Row[tuple[object, ...]]) -> SealedRecipient:
    entered = NewRecipient(
        "", "", RecipientKind(row.kind), Reach(row.reach), row.reach_of, Grade(row.grade), row.language, row.turn
    )
    # What is shown of the address follows from the address itself, once it is opened.
    recipient = Recipient(RecipientId(row.id), entered, "", Channel.SHORT, row.added_at, row.removed_at)
    return SealedRecipient(recipient, bytes(row.sealed), bytes(row.address_index))
