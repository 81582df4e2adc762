"""What the hub knows of a missing child. The child's name stays with the police who opened the case."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from protocol.ids import CaseId, PhotoId, SliceName
from protocol.person import BirthBand, Sex


class CaseStatus(StrEnum):
    """Only a missing child is searched for."""

    MISSING = "missing"
    LOCATED = "located"


@dataclass(frozen=True, slots=True)
class NewCase:
    """What an operator enters. `reference` is the police's own, such as `GD 123/2026`."""

    reference: str
    slice: SliceName
    sex: Sex
    birth: BirthBand
    last_seen: date | None


@dataclass(frozen=True, slots=True)
class ReferencePhoto:
    """A case's photograph with what the recogniser made of it."""

    original: bytes  # the file as it was given
    portrait: bytes  # JPEG, the face upright with a margin
    pack_digest: bytes  # 32 bytes
    vector: bytes  # little-endian float32, comparable only within `pack_digest`
    fault: str | None = None  # the measure for which the photograph is too poor, if it was accepted all the same


@dataclass(frozen=True, slots=True)
class CaseSummary:
    """A case without its pictures. The case is on units' lists up to and including `listed_until`."""

    id: CaseId
    reference: str
    slice: SliceName
    sex: Sex
    birth: BirthBand
    last_seen: date | None
    status: CaseStatus
    photos: tuple[PhotoId, ...]
    despite: Mapping[PhotoId, str]  # photographs that were registered although they are poor: what is wrong, and why
    listed_until: date
    registered_at: int  # milliseconds since 1970 UTC


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """A case as its row has it: the police's reference is encrypted."""

    id: CaseId
    slice: SliceName
    sealed_reference: bytes
    sex: Sex
    birth: BirthBand
    last_seen: date | None
    status: CaseStatus
    listed_until: date
    registered_at: int


@dataclass(frozen=True, slots=True)
class PoorPhotoRecord:
    """A photograph that an operator registered although it is poor: the measure that failed, the reason encrypted."""

    photo: PhotoId
    fault: str
    sealed_reason: bytes


@dataclass(frozen=True, slots=True)
class TemplateRecord:
    """An encrypted template of one of a case's photographs."""

    photo: PhotoId
    pack_digest: bytes
    sealed_vector: bytes


@dataclass(frozen=True, slots=True)
class WaitingPhoto:
    """A photograph that has no template of a pack yet."""

    case: CaseId
    photo: PhotoId
    sealed_original: bytes
