"""Watchlist entries for tests: of the adults in the sample photographs, or of nobody."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

import models
from models.images import decode_image
from models.recogniser import Recogniser
from protocol.ids import CaseId, PhotoId
from protocol.person import BirthBand, Month, Sex
from protocol.watchlist import EntryTemplate, WatchlistEntry

SAMPLES = Path(models.__file__).parent / "samples"
OBAMA, COLLINS = CaseId("bd/c-0bama000"), CaseId("bd/c-c0ll1ns0")
ADULT = BirthBand(Month(1961, 8), Month(1961, 8))


def photo_id(number: int) -> PhotoId:
    return PhotoId(f"{number:016x}")


def vector_of(recogniser: Recogniser, sample: str) -> bytes:
    image = decode_image((SAMPLES / sample).read_bytes())
    face = recogniser.detect(image)[0]
    return recogniser.embed([recogniser.align(image, face)])[0].to_bytes()


def entry(
    case: CaseId,
    vectors: Sequence[bytes],
    pack_digest: str,
    *,
    sex: Sex = Sex.MALE,
    birth: BirthBand = ADULT,
    expires: date | None = None,
) -> WatchlistEntry:
    templates = tuple(
        EntryTemplate(photo_id(number), bytes.fromhex(pack_digest), vector) for number, vector in enumerate(vectors)
    )
    last_day = expires or datetime.now(UTC).date() + timedelta(days=90)
    return WatchlistEntry(case, sex, birth, None, last_day, templates)


def sample_entries(recogniser: Recogniser) -> list[WatchlistEntry]:
    """Two cases, each by one photograph."""
    digest = recogniser.pack.digest
    return [
        entry(OBAMA, [vector_of(recogniser, "obama.jpg")], digest),
        entry(
            COLLINS,
            [vector_of(recogniser, "collins.png")],
            digest,
            sex=Sex.FEMALE,
            birth=BirthBand(Month(1956, 11), Month(1956, 11)),
        ),
    ]


def random_vector(source: np.random.Generator, dimension: int = 192) -> bytes:
    values = source.standard_normal(dimension)
    return (values / np.linalg.norm(values)).astype("<f4").tobytes()
