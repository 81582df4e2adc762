"""Who makes a request, as routes and pages see them."""

from dataclasses import dataclass, replace

from hub.access.errors import NotPermittedError
from hub.access.fields import Field, readable
from hub.access.model import Operator, Role, Step


@dataclass(frozen=True, slots=True)
class Visitor:
    """An operator with a session, and the token that each form of theirs must carry.

    `confirmed_at`: when they last gave a second factor, in milliseconds. `fields`: what this page may show them.
    """

    operator: Operator
    form_token: str
    confirmed_at: int
    fields: frozenset[Field] = frozenset()

    def may(self, *roles: Role) -> bool:
        """Whether the operator has one of the roles."""
        return self.operator.may(*roles)

    def sees(self, field: Field) -> bool:
        """Whether this page may show them the field."""
        return field in self.fields

    def require(self, field: Field) -> None:
        """Raises NotPermittedError where the field is not for them."""
        if not self.sees(field):
            raise NotPermittedError("Your role does not include this page. Ask an administrator if it should.")

    def shown(self, declared: frozenset[Field]) -> "Visitor":
        """The same person at a route that shows these fields."""
        return replace(self, fields=declared & readable(self.operator.roles))


@dataclass(frozen=True, slots=True)
class SigningIn:
    """Somebody whose password was right, the token of their forms, and what remains to be done."""

    operator: Operator
    form_token: str
    step: Step
