"""From photographs to templates: each file once, on several cores, kept as it goes."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from evaluation.cache import TemplateCache
from evaluation.errors import ListRejectedError
from evaluation.lists import Photo
from evaluation.samples import Samples
from models.detectors import Face
from models.errors import ImageRejectedError, TemplateRejectedError
from models.images import RgbImage, decode_image
from models.recogniser import Recogniser

__all__ = ["Templates", "acquire", "subject"]

# Photographs between two writes to the cache: what a cut costs at most.
_BATCH = 32


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates (d,) of photographs by their file's digest; None where there is no usable face."""

    by_digest: dict[str, NDArray[np.float32] | None]
    dimension: int

    def usable(self, photos: Sequence[Photo]) -> NDArray[np.int64]:
        """Which of these photographs have a usable face, as their places, ascending."""
        places = [place for place, photo in enumerate(photos) if self.by_digest[photo.digest] is not None]
        return np.array(places, np.int64)

    def samples(self, photos: Sequence[Photo]) -> Samples:
        """The usable ones of these photographs, in order."""
        usable = [photos[place] for place in self.usable(photos)]
        vectors = [vector for photo in usable if (vector := self.by_digest[photo.digest]) is not None]
        ages = [float("nan") if photo.age is None else photo.age for photo in usable]
        stacked = np.stack(vectors) if vectors else np.empty((0, self.dimension), np.float32)
        return Samples(stacked, np.array(ages, np.float64))


def acquire(
    photos: Iterable[Photo],
    recogniser: Recogniser,
    cache: TemplateCache,
    *,
    threads: int = 1,
    advance: Callable[[int], None] = lambda _: None,
) -> Templates:
    """Make the templates that the cache does not hold, `threads` photographs at a time.

    `advance` is called with how many photographs have been dealt with since it was called last.
    A file that is no photograph, or shows no face, has no usable face. Raises ListRejectedError where a file
    can no longer be read or is not the one that was listed.
    """
    wanted = {photo.digest: photo for photo in photos}
    found = cache.find(wanted)
    missing = [photo for digest, photo in wanted.items() if digest not in found]
    advance(len(found))
    with ThreadPoolExecutor(threads) as pool:
        for batch in _batches(missing):
            vectors = list(pool.map(lambda photo: _template(photo, recogniser), batch))
            cache.put((photo.digest, vector) for photo, vector in zip(batch, vectors, strict=True))
            found |= {photo.digest: vector for photo, vector in zip(batch, vectors, strict=True)}
            advance(len(batch))
    return Templates(found, recogniser.pack.manifest.dimension)


def _batches(photos: list[Photo]) -> Iterator[list[Photo]]:
    rest = iter(photos)
    while batch := list(islice(rest, _BATCH)):
        yield batch


def _template(photo: Photo, recogniser: Recogniser) -> NDArray[np.float32] | None:
    try:
        data = photo.path.read_bytes()
    except OSError as error:
        raise ListRejectedError(f"Line {photo.line}: the photograph cannot be read: {error.strerror}.") from error
    if hashlib.sha256(data).hexdigest() != photo.digest:
        raise ListRejectedError(f"Line {photo.line}: the photograph was changed while it was being measured.")
    try:
        image = decode_image(data)
        faces = recogniser.detect(image)
        if not faces:
            return None
        return recogniser.embed([recogniser.align(image, subject(faces, image))])[0].vector
    except (ImageRejectedError, TemplateRejectedError):
        return None


def subject(faces: Sequence[Face], image: RgbImage) -> Face:
    """The face a photograph of a collection is of: the one nearest to its middle.

    Collections crop around the person they name; in an intake it is the largest face instead.
    """
    height, width = image.shape[:2]

    def distance(face: Face) -> float:
        left, top, right, bottom = face.box
        return float(abs(left + right - width) + abs(top + bottom - height))

    return min(faces, key=distance)
