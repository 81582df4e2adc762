"""How a route declares who may call it, what it shows, and whether the caller must have proved lately who they are."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeVar

from hub.access.fields import Field
from hub.access.model import Role

Endpoint = TypeVar("Endpoint", bound=Callable[..., object])

_DECLARATION: Final = "access_declaration"


class Stage(Enum):
    """How far a person's sign-in must have come."""

    ANYONE = auto()
    SIGNING_IN = auto()
    SIGNED_IN = auto()
    PROGRAM = auto()


@dataclass(frozen=True, slots=True)
class Declaration:
    """Who may call a route. `fresh`: only within minutes of a second factor. `shows`: fields that its page may hold.

    `passive`: called by an open page and not by its reader, so that it keeps no session from ending.
    """

    stage: Stage
    roles: frozenset[Role] = frozenset()
    shows: frozenset[Field] = frozenset()
    fresh: bool = False
    passive: bool = False


def requires(
    *roles: Role, shows: Collection[Field] = (), fresh: bool = False, passive: bool = False
) -> Callable[[Endpoint], Endpoint]:
    """Declare, below the route's own decorator, that only operators with one of `roles` may call it."""
    if not roles:
        raise ValueError("Name at least one role, or declare the route open to anyone.")
    return _declare(Declaration(Stage.SIGNED_IN, frozenset(roles), frozenset(shows), fresh, passive))


def anyone() -> Callable[[Endpoint], Endpoint]:
    """Declare that a route is open before sign-in: the sign-in itself, and what its page shows."""
    return _declare(Declaration(Stage.ANYONE))


def by_secret() -> Callable[[Endpoint], Endpoint]:
    """Declare that a route is for another program, whose secret the route itself checks."""
    return _declare(Declaration(Stage.PROGRAM))


def while_signing_in() -> Callable[[Endpoint], Endpoint]:
    """Declare that a route is for people whose password was right and whose sign-in is not complete."""
    return _declare(Declaration(Stage.SIGNING_IN))


def declaration_of(endpoint: object) -> Declaration | None:
    """What a route's function declares; None is treated as: nobody may call it."""
    found = getattr(endpoint, _DECLARATION, None)
    return found if isinstance(found, Declaration) else None


def _declare(declaration: Declaration) -> Callable[[Endpoint], Endpoint]:
    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _DECLARATION, declaration)
        return endpoint

    return mark
