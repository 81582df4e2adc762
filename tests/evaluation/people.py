"""Lists of people made in a test: photographs that no disk holds, with templates of any numbers."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluation.acquire import Templates
from evaluation.lists import Photo, PhotoList
from protocol.person import Sex

DIMENSION = 8


def photo(number: int, person: str = "", *, age: float | None = None, sex: Sex = Sex.UNKNOWN, group: str = "") -> Photo:
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    return Photo(number + 2, Path(f"{number}.jpg"), digest, person, age, sex, group)


def listed(photos: Sequence[Photo], name: str = "list.csv") -> PhotoList:
    return PhotoList(name, "0" * 64, tuple(photos))


def templates(photos: Sequence[Photo], vectors: Sequence[NDArray[np.floating] | None]) -> Templates:
    """Of each photograph the vector, brought to unit length, or None for no usable face."""
    return Templates(
        {
            one.digest: None if vector is None else (vector / np.linalg.norm(vector)).astype(np.float32)
            for one, vector in zip(photos, vectors, strict=True)
        },
        DIMENSION,
    )


def faces(count: int, seed: int = 0) -> list[NDArray[np.floating]]:
    return list(np.random.default_rng(seed).normal(size=(count, DIMENSION)))
