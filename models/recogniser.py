"""The recogniser: a picture's faces, and the templates by which they are compared."""

from collections.abc import Sequence

import numpy as np

from models.align import align_face
from models.detectors import Face, FaceDetector
from models.embedding import EmbeddingNetwork
from models.images import RgbImage
from models.pack import Pack
from models.sessions import open_session
from models.template import Template, template_of

__all__ = ["Recogniser"]


class Recogniser:
    """A pack at work. One instance may be used by several threads at once."""

    def __init__(self, pack: Pack, threads: int = 1) -> None:
        """Open the pack's networks on `threads` cores each.

        Raises PackRejectedError where a file was altered since the pack was loaded, cannot be run, or is
        not what the manifest says.
        """
        if threads < 1:
            raise ValueError(f"a recogniser needs at least one thread, not {threads}")
        self.pack = pack
        manifest = pack.manifest
        detector = open_session(pack.read(manifest.detector.file), manifest.detector.file, threads)
        self._detector = FaceDetector(detector, manifest.detector)
        self._embedders = [
            EmbeddingNetwork(
                open_session(pack.read(embedder.file), embedder.file, threads),
                embedder,
                manifest.alignment.size,
            )
            for embedder in manifest.embedders
        ]

    def detect(self, image: RgbImage) -> list[Face]:
        """Faces in a picture (height, width, 3) uint8 RGB, largest first; [] where there is none."""
        return self._detector.detect(image)

    def align(self, image: RgbImage, face: Face) -> RgbImage:
        """The face upright in a (112, 112, 3) uint8 crop, as `embed` takes it."""
        return align_face(image, face, self.pack.manifest.alignment)

    def embed(self, crops: Sequence[RgbImage]) -> list[Template]:
        """One template per aligned crop (112, 112, 3) uint8 RGB, in the same order.

        Raises ValueError for a crop of another shape, TemplateRejectedError where a network gives
        nothing that has a direction.
        """
        size = self.pack.manifest.alignment.size
        for crop in crops:
            if crop.shape != (size, size, 3) or crop.dtype != np.uint8:
                raise ValueError(f"a crop is ({size}, {size}, 3) uint8, not {crop.shape} {crop.dtype}")
        if not crops:
            return []
        values = np.concatenate([embedder.embed(crops) for embedder in self._embedders], axis=1)
        return [template_of(row, self.pack.digest) for row in values]
