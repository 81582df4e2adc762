"""From a photograph that the police gave to a face that units can search for."""

from functools import cached_property
from pathlib import Path
from typing import Final

from faults import RejectedError
from hub.cases.model import ReferencePhoto
from models.align import portrait
from models.images import decode_image, encode_jpeg
from models.pack import load_pack
from models.recogniser import Recogniser

# Below this many pixels a face has too little detail: such references matched nearly anybody when measured.
MIN_FACE_SIDE: Final = 48
_PORTRAIT_QUALITY: Final = 88


class PhotographError(RejectedError):
    """A photograph does not show exactly one face that can be searched for."""


class PhotographReader:
    """Reads reference photographs with one recogniser pack, opened when the first photograph comes."""

    def __init__(self, pack: Path) -> None:
        """`pack`: the pack's folder."""
        self._pack = pack

    def read(self, data: bytes) -> ReferencePhoto:
        """The one face of a JPEG, PNG or WebP file.

        Raises PhotographError, ImageRejectedError for a file that is no photograph, PackRejectedError or
        LicenceRefusedError for a pack that cannot be used.
        """
        image = decode_image(data)
        faces = self._recogniser.detect(image)
        if not faces:
            raise PhotographError("no face was found. Give a photograph that shows the child's face from the front.")
        if len(faces) > 1:
            raise PhotographError(f"{len(faces)} faces were found. Cut the photograph so that only the child is in it.")
        left, top, right, bottom = faces[0].box
        if min(right - left, bottom - top) < MIN_FACE_SIDE:
            raise PhotographError(f"the face is smaller than {MIN_FACE_SIDE} pixels. Give a larger photograph.")
        crop = self._recogniser.align(image, faces[0])
        (template,) = self._recogniser.embed([crop])
        return ReferencePhoto(
            original=data,
            portrait=encode_jpeg(portrait(image, faces[0]), quality=_PORTRAIT_QUALITY),
            pack_digest=bytes.fromhex(template.pack_digest),
            vector=template.to_bytes(),
        )

    @cached_property
    def _recogniser(self) -> Recogniser:
        return Recogniser(load_pack(self._pack))
