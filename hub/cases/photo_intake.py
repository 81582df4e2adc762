"""Photographs on their way into a case: looked at before any transaction, then kept encrypted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from faults import RejectedError
from hub.atrest import Vault
from hub.cases import photo_store
from hub.cases.errors import CaseError
from hub.cases.model import GivenPhoto, PhotoRow, ReferencePhoto
from hub.cases.photographs import PhotographError, PhotographReader, PoorPhotographError
from hub.cases.sealing import photo_place
from hub.clock import Clock
from protocol.ids import CaseId, PhotoId
from protocol.lines import is_line
from protocol.watchlist import MAX_TEMPLATES

# While units change from one pack to another, an entry carries templates of both.
MAX_PHOTOGRAPHS: Final = MAX_TEMPLATES // 2

_MAX_REASON: Final = 200
_MAX_SOURCE: Final = 200


@dataclass(frozen=True, slots=True)
class ReadPhoto:
    """A photograph that was handed in, with what the recogniser made of it."""

    given: GivenPhoto
    picture: ReferencePhoto


class PhotoIntake:
    """Takes photographs in."""

    def __init__(
        self, vault: Vault, photographs: PhotographReader, *, clock: Clock, entropy: Callable[[int], bytes]
    ) -> None:
        self._vault = vault
        self._photographs = photographs
        self._clock = clock
        self._entropy = entropy

    def read(self, photographs: Sequence[GivenPhoto], despite: str | None = None) -> list[ReadPhoto]:
        """Look at photographs, before any transaction. Raises CaseError or PhotographError."""
        if len(photographs) > MAX_PHOTOGRAPHS:
            raise CaseError(
                "A case needs 1 to {most} photographs, not {count}.", most=MAX_PHOTOGRAPHS, count=len(photographs)
            )
        accept_poor = despite is not None and bool(_sound_reason(despite))
        return [self._read(number, given, accept_poor=accept_poor) for number, given in enumerate(photographs, 1)]

    def insert(
        self, connection: Connection, case: CaseId, position: int, one: ReadPhoto, despite: str | None
    ) -> PhotoId:
        """Keep a photograph at a place of a case."""
        photo = PhotoId(self._entropy(8).hex())
        given, picture = one.given, one.picture

        def seal(data: bytes, column: str, pack: bytes = b"") -> bytes:
            return self._vault.encrypt(data, photo_place(photo, column, pack))

        poor = picture.fault is not None and despite is not None
        row = PhotoRow(
            id=photo,
            taken_on=given.taken_on,
            added_at=self._clock(),
            fault=picture.fault if poor else None,
            sealed_source=seal(given.source.encode(), "source") if given.source else None,
            sealed_reason=seal(_sound_reason(despite).encode(), "reason") if poor and despite is not None else None,
        )
        original, portrait = seal(picture.original, "original"), seal(picture.portrait, "portrait")
        photo_store.insert_photo(connection, case, row, position=position, original=original, portrait=portrait)
        vector = seal(picture.vector, "template", picture.pack_digest)
        photo_store.insert_template(connection, photo, picture.pack_digest, vector)
        return photo

    def _read(self, number: int, given: GivenPhoto, *, accept_poor: bool) -> ReadPhoto:
        # Files are named by their number: a file's own name is often the child's.
        if len(given.source) > _MAX_SOURCE:
            raise CaseError(
                "Photograph {number}: say in at most {most} characters who gave it.", number=number, most=_MAX_SOURCE
            )
        try:
            return ReadPhoto(given, self._photographs.read(given.data, accept_poor=accept_poor))
        except PoorPhotographError as error:
            raise PoorPhotographError("Photograph {number}: {error}", number=number, error=error) from error
        except RejectedError as error:
            raise PhotographError("Photograph {number}: {error}", number=number, error=error) from error


def _sound_reason(text: str) -> str:
    reason = text.strip()
    if not reason or len(reason) > _MAX_REASON or not is_line(reason):
        raise CaseError(
            "Say in one line of at most {most} characters why a poor photograph is taken, such as 'the only"
            " photograph there is'. Reviewers will read it.",
            most=_MAX_REASON,
        )
    return reason
