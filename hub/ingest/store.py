"""The tables of sightings. Columns named `sealed_…` hold what `hub.atrest` encrypted for their row."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    UniqueConstraint,
    false,
    insert,
    select,
)

from hub.db import metadata
from hub.ingest import erased_store
from hub.ingest.model import Arrival, SealedFace, StoredSighting
from protocol.ids import CaseId, PhotoId, SightingId, SiteId, UnitId
from protocol.moment import Moment
from protocol.person import AgeBand, Sex
from protocol.sighting import Candidate, Chance, LegalBasis, Quality

sightings = Table(
    "sightings",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("unit", String(130), ForeignKey("units.id"), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("envelope_digest", LargeBinary(32), nullable=False),
    Column("reference", String(16), nullable=False, index=True),
    Column("site", String(130), nullable=False),
    Column("captured_at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("legal_basis", String(32), nullable=False),
    Column("sealed_basis_reference", LargeBinary, nullable=False),
    Column("age_band", String(8), nullable=False),
    Column("sex", String(16), nullable=False),
    Column("pack_digest", LargeBinary(32), nullable=False),
    Column("calibration", LargeBinary(32)),
    Column("list_version", BigInteger, nullable=False),
    Column("comparable", BigInteger, nullable=False),
    Column("frames", Integer, nullable=False),
    Column("quality", JSON, nullable=False),
    Column("captured_earliest", BigInteger, server_default="0", nullable=False),
    Column("captured_latest", BigInteger),
    Column("retrospective", Boolean(name="retrospective"), server_default=false(), nullable=False),
    # None of both in sightings of before consent records.
    Column("consent_id", String(32), index=True),
    Column("sealed_consent", LargeBinary),
    Column("sealed_circumstances", LargeBinary),
    Column("withdrawal", String(64), index=True),
    Column("permitted_days", Integer),
    # Never a window of recent numbers: a unit may be off the network for months and its sightings come late.
    UniqueConstraint("unit", "sequence"),
    # What has been kept for long enough is found without a look at the rows.
    Index("ix_sightings_age", "received_at", "permitted_days"),
)


def _chance() -> tuple[Column[Any], ...]:
    # A chance is there as a whole, or not at all: then nothing was calibrated.
    return (
        Column("chance", Double),
        Column("chance_low", Double),
        Column("chance_high", Double),
        Column("expected", Double),
        Column("counted", Boolean),
    )


sighting_candidates = Table(
    "sighting_candidates",
    metadata,
    Column("sighting_id", String(32), ForeignKey("sightings.id"), primary_key=True),
    Column("rank", Integer, primary_key=True),
    Column("case_id", String(130), ForeignKey("cases.id"), nullable=False),
    Column("photo_id", String(16), ForeignKey("case_photos.id"), nullable=False),
    Column("raw", Double, nullable=False),
    Column("score", Double, nullable=False),
    *_chance(),
    UniqueConstraint("sighting_id", "case_id"),
    CheckConstraint("rank >= 1", name="rank"),
)

sighting_faces = Table(
    "sighting_faces",
    metadata,
    Column("sighting_id", String(32), ForeignKey("sightings.id"), primary_key=True),
    Column("sealed_crop", LargeBinary, nullable=False),
    Column("sealed_portrait", LargeBinary, nullable=False),
)

# What the hub's own recogniser found of a candidate. `raw` is null where it could not compare.
second_looks = Table(
    "second_looks",
    metadata,
    Column("sighting_id", String(32), ForeignKey("sightings.id"), primary_key=True),
    Column("case_id", String(130), ForeignKey("cases.id"), primary_key=True),
    Column("pack_digest", LargeBinary(32), nullable=False),
    Column("raw", Double),
    Column("score", Double),
    *_chance(),
    Column("enough", Boolean),
    Column("same_picture", Boolean),
    Column("at", BigInteger, nullable=False),
)


def is_any_known(connection: Connection, wanted: Collection[SightingId]) -> bool:
    """Whether a message brought one of these sightings before, even if it was erased since."""
    here = connection.scalar(select(sightings.c.id).where(sightings.c.id.in_(wanted)).limit(1)) is not None
    return here or erased_store.is_any_known(connection, wanted)


def insert_sightings(connection: Connection, arrivals: Sequence[Arrival]) -> None:
    """New sightings with their candidates and faces."""
    connection.execute(insert(sightings), [_sighting_row(arrival) for arrival in arrivals])
    candidates = [
        _candidate_row(arrival.sighting.sighting_id, candidate)
        for arrival in arrivals
        for candidate in arrival.sighting.candidates
    ]
    if candidates:
        connection.execute(insert(sighting_candidates), candidates)
    faces = [_face_row(arrival.sighting.sighting_id, arrival.face) for arrival in arrivals if arrival.face is not None]
    if faces:
        connection.execute(insert(sighting_faces), faces)


def _sighting_row(arrival: Arrival) -> dict[str, object]:
    sighting = arrival.sighting
    return {
        "id": sighting.sighting_id,
        "unit": sighting.unit,
        "sequence": arrival.sequence,
        "envelope_digest": arrival.digest,
        "reference": sighting.reference,
        "site": sighting.site,
        "captured_at": sighting.captured.at,
        "captured_earliest": sighting.captured.earliest,
        "captured_latest": sighting.captured.latest,
        "retrospective": sighting.retrospective,
        "received_at": arrival.received_at,
        "legal_basis": sighting.legal_basis,
        "sealed_basis_reference": arrival.basis_reference,
        "consent_id": arrival.consent.record_id,
        "sealed_consent": arrival.consent.record,
        "sealed_circumstances": arrival.circumstances,
        "withdrawal": arrival.consent.withdrawal,
        "permitted_days": arrival.consent.days,
        "age_band": sighting.age_band,
        "sex": sighting.sex,
        "pack_digest": sighting.pack_digest,
        "calibration": sighting.calibration,
        "list_version": sighting.list_version,
        "comparable": sighting.comparable,
        "frames": sighting.frames,
        "quality": sighting.quality.to_value(),
    }


def _candidate_row(sighting: SightingId, candidate: Candidate) -> dict[str, object]:
    return {
        "sighting_id": sighting,
        "rank": candidate.rank,
        "case_id": candidate.case,
        "photo_id": candidate.photo,
        "raw": candidate.raw,
        "score": candidate.score,
        **chance_columns(candidate.chance),
    }


def _face_row(sighting: SightingId, face: SealedFace) -> dict[str, object]:
    return {"sighting_id": sighting, "sealed_crop": face.crop, "sealed_portrait": face.portrait}


def find(connection: Connection, wanted: Collection[SightingId]) -> dict[SightingId, StoredSighting]:
    """Those of the sightings that there are, each with its candidates, the best first."""
    theirs = sighting_candidates.c.sighting_id.in_(wanted)
    ranked = select(sighting_candidates).where(theirs).order_by(sighting_candidates.c.rank)
    named: dict[str, list[Candidate]] = defaultdict(list)
    for row in connection.execute(ranked):
        named[row.sighting_id].append(_candidate(row))
    rows = connection.execute(select(sightings).where(sightings.c.id.in_(wanted)))
    return {SightingId(row.id): _sighting(row, named[row.id]) for row in rows}


def sealed_basis_reference(connection: Connection, sighting: SightingId) -> bytes | None:
    """The encrypted number of the form, order or decision that permitted the photograph."""
    return connection.scalar(select(sightings.c.sealed_basis_reference).where(sightings.c.id == sighting))


def sealed_consent(connection: Connection, sighting: SightingId) -> bytes | None:
    """The encrypted record of what permitted the photograph."""
    return connection.scalar(select(sightings.c.sealed_consent).where(sightings.c.id == sighting))


def sealed_circumstances(connection: Connection, sighting: SightingId) -> bytes | None:
    """The encrypted account of how the intake was taken."""
    return connection.scalar(select(sightings.c.sealed_circumstances).where(sightings.c.id == sighting))


def sealed_face(connection: Connection, sighting: SightingId) -> tuple[bytes, bytes] | None:
    """The encrypted crop and portrait of a sighting that has a face."""
    query = select(sighting_faces.c.sealed_crop, sighting_faces.c.sealed_portrait)
    row = connection.execute(query.where(sighting_faces.c.sighting_id == sighting)).one_or_none()
    return None if row is None else (row.sealed_crop, row.sealed_portrait)


def _sighting(row: Row[*tuple[Any, ...]], named: Sequence[Candidate]) -> StoredSighting:
    return StoredSighting(
        sighting_id=SightingId(row.id),
        reference=row.reference,
        unit=UnitId(row.unit),
        site=SiteId(row.site),
        captured=Moment(row.captured_at, row.captured_earliest, row.captured_latest),
        retrospective=row.retrospective,
        received_at=row.received_at,
        legal_basis=LegalBasis(row.legal_basis),
        age_band=AgeBand(row.age_band),
        sex=Sex(row.sex),
        pack_digest=row.pack_digest,
        calibration=row.calibration,
        list_version=row.list_version,
        comparable=row.comparable,
        frames=row.frames,
        quality=Quality(row.quality["measures"], row.quality["warning"]),
        candidates=tuple(named),
    )


def _candidate(row: Row[*tuple[Any, ...]]) -> Candidate:
    return Candidate(CaseId(row.case_id), PhotoId(row.photo_id), row.rank, row.raw, row.score, read_chance(row))


def read_chance(row: Row[*tuple[Any, ...]]) -> Chance | None:
    """A chance from the columns that `chance_columns` fills."""
    if row.chance is None:
        return None
    return Chance(row.chance, row.chance_low, row.chance_high, row.expected, row.counted)


def chance_columns(chance: Chance | None) -> dict[str, float | bool | None]:
    """A chance in columns, all of them empty without one."""
    return {
        "chance": None if chance is None else chance.value,
        "chance_low": None if chance is None else chance.low,
        "chance_high": None if chance is None else chance.high,
        "expected": None if chance is None else chance.expected,
        "counted": None if chance is None else chance.counted,
    }
