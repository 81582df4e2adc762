"""What an intake leaves to be searched for: in memory while it is taken, encrypted wherever it has to wait."""

from dataclasses import dataclass, replace
from datetime import date

from edge_agent.trusted_time import as_day
from models.template import Template, template_from_bytes
from protocol import cbor
from protocol.circumstances import Circumstances
from protocol.fields import Fields
from protocol.ids import SightingId, parse_sighting_id
from protocol.moment import Moment
from protocol.person import AgeBand, Sex
from protocol.sighting import MAX_CONSENT, MAX_CROP, MAX_FRAMES, MAX_PORTRAIT, Face, LegalBasis, Quality

_MAX_TEMPLATE = 16 * 1024
_LARGEST = 256 * 1024


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """One intake. `template`: None once there is nothing to search for; `face`: None once no picture is kept."""

    sighting_id: SightingId
    reference: str
    captured: Moment
    legal_basis: LegalBasis
    basis_reference: str
    consent: bytes  # the signed record
    may_keep_template: bool
    age_band: AgeBand
    sex: Sex
    circumstances: Circumstances
    frames: int
    quality: Quality
    pack_digest: str
    template: Template | None
    face: Face | None

    @property
    def day(self) -> date:
        """When the photograph was taken, in UTC."""
        return as_day(self.captured.at)

    def without_face(self) -> "Taken":
        """The same with no picture."""
        return replace(self, face=None)

    def without_template(self) -> "Taken":
        """The same with nothing that a person could be recognised by."""
        return replace(self, template=None, face=None)

    def to_value(self) -> cbor.Value:
        """For the unit's own disk, where it is encrypted."""
        face = self.face
        return {
            "id": self.sighting_id,
            "reference": self.reference,
            "captured": self.captured.to_value(),
            "basis": str(self.legal_basis),
            "basis_ref": self.basis_reference,
            "consent": self.consent,
            "keep": self.may_keep_template,
            "age": str(self.age_band),
            "sex": str(self.sex),
            "circumstances": self.circumstances.to_value(),
            "frames": self.frames,
            "quality": self.quality.to_value(),
            "pack": self.pack_digest,
            "template": None if self.template is None else self.template.to_bytes(),
            "face": None if face is None else {"crop": face.crop, "portrait": face.portrait},
        }

    @classmethod
    def read(cls, fields: Fields) -> "Taken":
        """Raises FieldError, or models' TemplateRejectedError."""
        pack = fields.text("pack", limit=64)
        vector = fields.octets("template", limit=_MAX_TEMPLATE) if fields.has("template") else None
        return cls(
            sighting_id=fields.identifier("id", parse_sighting_id),
            reference=fields.text("reference", limit=16),
            captured=Moment.read(fields.child("captured")),
            legal_basis=fields.choice("basis", LegalBasis),
            basis_reference=fields.text("basis_ref", limit=80),
            consent=fields.octets("consent", limit=MAX_CONSENT),
            may_keep_template=fields.boolean("keep"),
            age_band=fields.choice("age", AgeBand),
            sex=fields.choice("sex", Sex),
            circumstances=Circumstances.read(fields.child("circumstances")),
            frames=fields.integer("frames", 1, MAX_FRAMES),
            quality=Quality.read(fields.child("quality")),
            pack_digest=pack,
            template=None if vector is None else template_from_bytes(vector, pack, len(vector) // 4),
            face=_read_face(fields.child("face")) if fields.has("face") else None,
        )


def read_taken(content: bytes) -> Taken:
    """An intake as it lies in the drawer in which it waits. Raises MalformedError, FieldError or models' errors."""
    return Taken.read(Fields(cbor.decode(content, limit=_LARGEST), kind="waiting intake"))


def _read_face(fields: Fields) -> Face:
    return Face(fields.octets("crop", limit=MAX_CROP), fields.octets("portrait", limit=MAX_PORTRAIT))
