"""What people say of a child, beyond what is searched and filtered by; encrypted as one piece."""

from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from pydantic import TypeAdapter, ValidationError

from faults import RejectedError
from protocol.found import BodyPart

MAX_TEXT: Final = 4000
MAX_LINE: Final = 200
MAX_ITEMS: Final = 20


class DescriptionError(RejectedError):
    """What was entered to describe a child cannot be taken."""


class Build(StrEnum):
    """How a body is built."""

    THIN = "thin"
    MEDIUM = "medium"
    HEAVY = "heavy"


class Complexion(StrEnum):
    """The words of the region's police forms."""

    FAIR = "fair"
    WHEATISH = "wheatish"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Mark:
    """A scar, a birthmark, a tattoo, a disability."""

    where: BodyPart
    what: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A person around the case: who reported it, or a guardian."""

    name: str
    relation: str = ""
    telephone: str = ""


@dataclass(frozen=True, slots=True)
class Description:
    """The child in words. `names` as they are written, in any script; `languages` as people name them."""

    names: tuple[str, ...] = ()
    born_on: date | None = None  # the day, where it is known
    languages: tuple[str, ...] = ()
    height_cm: int | None = None
    build: Build | None = None
    complexion: Complexion | None = None
    marks: tuple[Mark, ...] = ()
    clothing: str = ""
    place: str = ""  # where the child was last seen, or found
    circumstances: str = ""
    station: str = ""  # of the police, whose reference the case has
    reporter: Contact | None = None
    guardians: tuple[Contact, ...] = ()

    def __post_init__(self) -> None:
        if any(len(text) > MAX_TEXT for text in (self.clothing, self.circumstances)):
            raise DescriptionError("Clothing and circumstances have at most {most} characters each.", most=MAX_TEXT)
        if any(len(line) > MAX_LINE for line in self._lines()):
            raise DescriptionError(
                "A name, place, language, mark or telephone has at most {most} characters.", most=MAX_LINE
            )
        if any(len(items) > MAX_ITEMS for items in (self.names, self.languages, self.marks, self.guardians)):
            raise DescriptionError("Of names, languages, marks and guardians a case takes {most} each.", most=MAX_ITEMS)
        if self.height_cm is not None and not 20 <= self.height_cm <= 250:
            raise DescriptionError("A height lies from 20 to 250 centimetres.")

    def to_bytes(self) -> bytes:
        """As JSON, to be encrypted."""
        return _ADAPTER.dump_json(self, exclude_defaults=True)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Description":
        """Raises DescriptionError."""
        try:
            return _ADAPTER.validate_json(data)
        except ValidationError as error:
            raise DescriptionError("A stored description does not read as one.") from error

    def _lines(self) -> list[str]:
        people = [*self.guardians, *([] if self.reporter is None else [self.reporter])]
        of_people = [value for person in people for value in asdict(person).values()]
        return [*self.names, *self.languages, *(mark.what for mark in self.marks), self.place, self.station, *of_people]


_ADAPTER: Final = TypeAdapter(Description)
