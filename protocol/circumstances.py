"""How an intake was taken, as staff recorded it: for the desk at the hub, and for nobody on the way."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocol import cbor
from protocol.errors import FieldError
from protocol.fields import Fields
from protocol.lines import is_line
from protocol.staff import StaffId, parse_staff_id

MAX_GIVEN_NAME: Final = 80

_LANGUAGE = re.compile(r"[a-z]{2,3}")


class Present(StrEnum):
    """Who was at the unit."""

    CHILD = "child"
    WITH_ADULT = "child-with-adult"
    STAFF = "staff"  # alone: the child is on a photograph


class Medium(StrEnum):
    """What stood before the camera."""

    PERSON = "person"
    PAPER = "paper"  # a photograph on paper, or on a screen


class Override(StrEnum):
    """Why a picture was used that the unit judged too poor to be compared."""

    CANNOT_HOLD_STILL = "cannot-hold-still"
    DISTRESSED = "distressed"
    INJURED = "injured"
    COVERED = "covered"
    LIGHT = "light"
    ONLY_PICTURE = "only-picture"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """`present`: None where nobody recorded it. `override`: None where the picture was good enough.

    `speaks`: the language that the child speaks (ISO 639); `given_name`: the name that the child says; "" where nobody
    recorded it. `staff`: who took the intake; None where nobody was signed in, as for a technician's command.
    """

    present: Present | None = None
    medium: Medium = Medium.PERSON
    override: Override | None = None
    speaks: str = ""
    given_name: str = ""
    staff: StaffId | None = None

    def __post_init__(self) -> None:
        if self.speaks and not _LANGUAGE.fullmatch(self.speaks):
            raise FieldError("A language is written with its two or three letters of ISO 639.")
        if not (is_line(self.given_name) and len(self.given_name) <= MAX_GIVEN_NAME):
            raise FieldError(f"The name that a child says is one line of at most {MAX_GIVEN_NAME} characters.")

    def to_value(self) -> cbor.Value:
        """The part of a sighting."""
        return {
            "present": None if self.present is None else str(self.present),
            "medium": str(self.medium),
            "override": None if self.override is None else str(self.override),
            "speaks": self.speaks,
            "given_name": self.given_name,
            "staff": self.staff,
        }

    @classmethod
    def read(cls, fields: Fields) -> "Circumstances":
        """Raises FieldError."""
        return cls(
            present=fields.choice("present", Present) if fields.has("present") else None,
            medium=fields.choice("medium", Medium),
            override=fields.choice("override", Override) if fields.has("override") else None,
            speaks=fields.text("speaks", limit=3),
            given_name=fields.text("given_name", limit=MAX_GIVEN_NAME),
            staff=fields.identifier("staff", parse_staff_id) if fields.has("staff") else None,
        )


NOT_RECORDED: Final = Circumstances()
