"""Reading a decoded map field by field: each with its type and range, or a FieldError that names it.

Fields that are not asked for are tolerated: a later version of the same message may add some.
"""

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import TypeVar

from protocol import cbor
from protocol.errors import FieldError, InvalidIdError, UnknownVersionError

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")

MAX_MILLISECONDS = 253_402_300_799_999  # The end of the year 9999 in milliseconds since 1970.
MAX_SEQUENCE = 2**53


class Fields:
    """A map from a peer, of the version `version` (its field `v`)."""

    def __init__(self, value: cbor.Value, *, kind: str, version: int | None = None) -> None:
        """Raises FieldError when `value` is no map, UnknownVersionError when its version is another."""
        if not isinstance(value, dict):
            raise FieldError(f"A {kind} must be a map.")
        self._map = value
        self._kind = kind
        if version is not None and (found := self.integer("v")) != version:
            raise UnknownVersionError(f"A {kind} of version {found}; this program speaks version {version}.")

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._map.get(name) is not None

    def names(self) -> list[str]:
        """The fields that are there, for a map whose names are data."""
        return list(self._map)

    def integer(self, name: str, low: int = 0, high: int = MAX_SEQUENCE) -> int:
        """An integer from `low` to `high`, both included."""
        value = self._map.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self._error(name, f"an integer from {low} to {high}")
        return value

    def milliseconds(self, name: str) -> int:
        """A moment in milliseconds since 1970 UTC."""
        return self.integer(name, 0, MAX_MILLISECONDS)

    def number(self, name: str, low: float, high: float) -> float:
        """A 64-bit float from `low` to `high`, both included."""
        value = self._map.get(name)
        if not isinstance(value, float) or not low <= value <= high:
            raise self._error(name, f"a number from {low} to {high}")
        return value

    def boolean(self, name: str) -> bool:
        """True or false."""
        value = self._map.get(name)
        if not isinstance(value, bool):
            raise self._error(name, "true or false")
        return value

    def octets(self, name: str, *, size: int | None = None, limit: int | None = None) -> bytes:
        """A byte string of exactly `size`, or of at most `limit`, bytes."""
        value = self._map.get(name)
        if not isinstance(value, bytes):
            raise self._error(name, "a byte string")
        if size is not None and len(value) != size:
            raise self._error(name, f"{size} bytes long")
        if limit is not None and len(value) > limit:
            raise self._error(name, f"at most {limit} bytes long")
        return value

    def text(self, name: str, *, limit: int) -> str:
        """A text of at most `limit` characters."""
        value = self._map.get(name)
        if not isinstance(value, str) or len(value) > limit:
            raise self._error(name, f"a text of at most {limit} characters")
        return value

    def identifier(self, name: str, parse: Callable[[str], T]) -> T:
        """A text that `parse` accepts."""
        try:
            return parse(self.text(name, limit=200))
        except InvalidIdError as error:
            raise self._error(name, "an identifier of its kind") from error

    def choice(self, name: str, kind: type[E]) -> E:
        """One of an enumeration's values."""
        try:
            return kind(self.text(name, limit=64))
        except ValueError as error:
            raise self._error(name, "one of " + ", ".join(kind)) from error

    def day(self, name: str) -> date:
        """A calendar day, written as in ISO 8601: 2026-11-22."""
        text = self.text(name, limit=10)
        try:
            day = date.fromisoformat(text)
        except ValueError as error:
            raise self._error(name, "a day such as 2026-11-22") from error
        if day.isoformat() != text:
            raise self._error(name, "a day such as 2026-11-22")
        return day

    def items(self, name: str, *, limit: int) -> list[cbor.Value]:
        """An array of at most `limit` items."""
        value = self._map.get(name)
        if not isinstance(value, list) or len(value) > limit:
            raise self._error(name, f"an array of at most {limit} items")
        return value

    def words(self, name: str, *, limit: int) -> tuple[str, ...]:
        """An array of at most `limit` texts."""
        texts = tuple(item for item in self.items(name, limit=limit) if isinstance(item, str))
        if len(texts) != len(self.items(name, limit=limit)):
            raise self._error(name, "an array of texts")
        return texts

    def child(self, name: str) -> "Fields":
        """A map inside this one."""
        value = self._map.get(name)
        if not isinstance(value, dict):
            raise self._error(name, "a map")
        return Fields(value, kind=f"{self._kind}'s {name}")

    def _error(self, name: str, wanted: str) -> FieldError:
        return FieldError(f"The field {name!r} of a {self._kind} must be {wanted}.")
