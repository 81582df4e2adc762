"""Erasures that are the hub's alone: what retention ends, and registrations that are rejected. No unit is asked."""

from collections import Counter
from collections.abc import Callable

from sqlalchemy import Connection

from hub.access.service import Operator
from hub.erasure import intake_store as store
from hub.erasure.found_children import Registrations
from hub.erasure.intakes import Removed
from hub.erasure.model import BACKUPS, DATABASE, HUB, Cause, ErasureId, IntakeErasure, Place
from hub.erasure.word import HubWord
from hub.found.service import Rejection


def registrations(count: int) -> Removed:
    """What is removed with so many registrations of found children."""
    return Removed(Counter({"intakes": count, "found children": count}))


class OwnErasures:
    """Joins the caller's transaction."""

    def __init__(self, word: HubWord, entropy: Callable[[int], bytes]) -> None:
        self._word = word
        self._entropy = entropy

    def note(self, connection: Connection, cause: Cause, removed: Removed, *, actor: str, at: int) -> None:
        """One record for all that ended together: it may be a day's intakes of a country."""
        erasure = IntakeErasure(
            id=ErasureId(self._entropy(8).hex()),
            cause=cause,
            withdrawal=None,
            every_basis=True,
            reference="",
            site="",
            actor=actor,
            at=at,
            hold=None,
            completed_at=None,
            places=(Place(HUB, removed.intakes, at), Place(DATABASE, 1, None), Place(BACKUPS, 1, None)),
        )
        store.add(connection, erasure)
        self._word.give(connection, erasure.id, None, removed.counts(), at)


class Rejections:
    """Joins the caller's transaction."""

    def __init__(self, found: Registrations, own: OwnErasures) -> None:
        self._found = found
        self._own = own

    def reject(self, connection: Connection, found: str, officer: Operator, reason: Rejection, at: int) -> None:
        """Erase a registration that could not become a case and is not to be one.

        Raises UnknownFoundChildError or FoundStageError.
        """
        self._found.reject(connection, found, officer.sites, reason, actor=officer.name)
        self._own.note(connection, Cause.REJECTION, registrations(1), actor=officer.name, at=at)
