"""Which sites someone's work covers. Queries take it as an argument, so that none can forget to ask."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, true

from protocol.ids import SiteId


@dataclass(frozen=True, slots=True)
class Sites:
    """Some sites by name; `names` is None for every site of the hub, also those that come later."""

    names: frozenset[SiteId] | None

    def include(self, site: str) -> bool:
        """Whether the site is one of them."""
        return self.names is None or site in self.names

    def condition(self, column: ColumnElement[str]) -> ColumnElement[bool]:
        """What a query asks of the column that names a row's site."""
        return true() if self.names is None else column.in_(sorted(self.names))


EVERY_SITE: Final = Sites(None)
