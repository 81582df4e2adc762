"""A moment as a unit knows it: its clock may never have been set, so it says how far it can be wrong."""

from dataclasses import dataclass

from protocol import cbor
from protocol.errors import FieldError
from protocol.fields import Fields


@dataclass(frozen=True, slots=True)
class Moment:
    """`at` is the best estimate; the truth is surely not before `earliest` and not after `latest`.

    Milliseconds since 1970 UTC. `latest` is None where nothing bounds it: the hub has not answered this unit
    since it was switched on.
    """

    at: int
    earliest: int
    latest: int | None

    def __post_init__(self) -> None:
        if self.at < self.earliest or (self.latest is not None and self.at > self.latest):
            raise FieldError("A moment lies between its bounds.")

    def to_value(self) -> cbor.Value:
        """The moment's part of a message."""
        return {"at": self.at, "from": self.earliest, "to": self.latest}

    @classmethod
    def read(cls, fields: Fields) -> "Moment":
        """Raises FieldError."""
        return cls(
            at=fields.milliseconds("at"),
            earliest=fields.milliseconds("from"),
            latest=fields.milliseconds("to") if fields.has("to") else None,
        )
