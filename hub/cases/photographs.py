"""From a photograph that the police gave to a face that units can search for."""

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Final

from faults import RejectedError, Sentence
from hub.cases.model import ReferencePhoto
from models.align import portrait
from models.detectors import Face
from models.images import RgbImage, decode_image, encode_jpeg
from models.pack import Pack
from models.quality import Measure, Verdict, assess
from models.recogniser import Recogniser
from models.template import Template

FAULTS: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        Measure.SINGLE_FACE.name: Sentence("another face is nearly as large"),
        Measure.INTER_EYE_DISTANCE.name: Sentence("the face is too small"),
        Measure.MARGIN.name: Sentence("the face is cut off"),
        Measure.UNDER_EXPOSURE.name: Sentence("the face is too dark"),
        Measure.OVER_EXPOSURE.name: Sentence("the face is too bright"),
        Measure.SHARPNESS.name: Sentence("the face is blurred"),
        Measure.DYNAMIC_RANGE.name: Sentence("the face has too little contrast"),
        Measure.YAW.name: Sentence("the face is turned to the side"),
        Measure.PITCH.name: Sentence("the face looks up or down"),
        Measure.ROLL.name: Sentence("the head is tilted"),
        Measure.CONFIDENCE.name: Sentence("the face is covered or unclear"),
    }
)
"""What is wrong with a photograph, in words, by the name of the measure that failed."""

# A unit's first choice, so that no picture of a control pair tells itself from an intake's.
_PORTRAIT_QUALITY: Final = 92


class PhotographError(RejectedError):
    """A photograph does not show exactly one face that can be searched for."""


class PoorPhotographError(PhotographError):
    """The face is there and too poor to be compared: such photographs resemble many children."""


class PhotographReader:
    """Reads reference photographs with one recogniser pack, opened when the first photograph comes."""

    def __init__(self, pack: Pack) -> None:
        """`pack`: what the templates are made with."""
        self._pack = pack

    @property
    def pack_digest(self) -> bytes:
        """32 bytes: the embedding space of the templates made here."""
        return bytes.fromhex(self._pack.digest)

    def read(self, data: bytes, *, accept_poor: bool = False) -> ReferencePhoto:
        """The one face of a JPEG, PNG or WebP file, which passes the gate that intakes pass.

        Raises PhotographError, PoorPhotographError unless `accept_poor`, ImageRejectedError for a file that is no
        photograph, PackRejectedError for a pack that was altered meanwhile.
        """
        image, faces = self._find(data)
        if len(faces) > 1:
            raise PhotographError(
                "{count} faces were found. Cut the photograph so that only the child is in it.", count=len(faces)
            )
        quality = assess(image, faces, faces[0])
        fault = quality.cause.name if quality.cause and quality.verdict is Verdict.RETAKE else None
        if fault is not None and not accept_poor:
            raise PoorPhotographError(
                "{fault}. It would resemble many children. Give a better photograph; if there is none, register it"
                " with --accept-poor-photo --reason TEXT, and every reviewer will read that.",
                fault=FAULTS[fault],
            )
        template = self._embed(image, faces[0])
        return ReferencePhoto(
            original=data,
            portrait=encode_jpeg(portrait(image, faces[0]), quality=_PORTRAIT_QUALITY),
            pack_digest=bytes.fromhex(template.pack_digest),
            vector=template.to_bytes(),
            fault=fault,
        )

    def template(self, data: bytes) -> Template:
        """The template of a photograph that was registered before, of its largest face. Raises as `read`."""
        image, faces = self._find(data)
        return self._embed(image, faces[0])

    @cached_property
    def recogniser(self) -> Recogniser:
        """The pack at work. Raises PackRejectedError where it was altered since it was loaded."""
        return Recogniser(self._pack)

    def _find(self, data: bytes) -> tuple[RgbImage, list[Face]]:
        image = decode_image(data)
        faces = self.recogniser.detect(image)
        if not faces:
            raise PhotographError("no face was found. Give a photograph that shows the child's face from the front.")
        return image, faces

    def _embed(self, image: RgbImage, face: Face) -> Template:
        (template,) = self.recogniser.embed([self.recogniser.align(image, face)])
        return template
