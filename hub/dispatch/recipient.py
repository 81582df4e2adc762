"""Who gets alerts: whose they are, what they may read, in which language, and when it is their turn."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

RecipientId = NewType("RecipientId", str)


class RecipientKind(StrEnum):
    """What a recipient is."""

    POLICE_DESK = "police-desk"
    CHILD_WELFARE_BOARD = "child-welfare-board"
    SHELTER = "shelter"
    PARTNER_HUB = "partner-hub"


class Grade(StrEnum):
    """What a message may say to a recipient. None of them holds a name or a face."""

    REFERENCE = "reference"  # and a link
    PLACE = "place"  # the site as well
    CASE = "case"  # the site and the case's pseudonym


class Reach(StrEnum):
    """By what a recipient is chosen; the narrowest that fits counts."""

    CASE = "case"
    SITE = "site"
    COUNTRY = "country"


class Channel(StrEnum):
    """How much a message may be: a letter, or some lines on a telephone."""

    EMAIL = "e-mail"
    WEBHOOK = "webhook"
    SHORT = "SMS or chat"


@dataclass(frozen=True, slots=True)
class NewRecipient:
    """What somebody enters. `of`: the case, the site or the hub's name of the country; `turn` counts from 1."""

    name: str
    address: str = field(repr=False)
    kind: RecipientKind
    reach: Reach
    of: str
    grade: Grade = Grade.REFERENCE
    language: str = "en"
    turn: int = 1


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address. `label` is what pages show of it. Times in milliseconds since 1970 UTC."""

    id: RecipientId
    entered: NewRecipient
    label: str
    channel: Channel
    added_at: int
    removed_at: int | None

    def shown(self) -> str:
        """The name, and the address without what is secret in it."""
        return f"{self.entered.name} ({self.label})"
