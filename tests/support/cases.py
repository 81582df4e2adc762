"""Cases for tests: public photographs of adults, and made-up records."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from hub.cases.service import CaseFile, CaseState, CaseSummary, Description, GivenPhoto, NewCase, Register
from hub.clock import utc_day
from protocol.ids import CaseId, SliceName
from protocol.person import BirthBand, Month, Sex
from tests.support.desk import Desk

SAMPLES = Path(__file__).parents[2] / "models" / "samples"
BIRTH = BirthBand(Month(2014, 1), Month(2014, 6))


def new_case(reference: str = "GD 1/2026", *names: str, **changes: Any) -> NewCase:
    """A boy of twelve."""
    case = NewCase(reference, SliceName("bd/missing"), Sex.MALE, BIRTH, description=Description(names=names))
    if changes.get("register") is Register.FOUND:
        changes["slice"] = None
    return replace(case, **changes)


def add_case(desk: Desk, new: NewCase, *photographs: str, actor: str = "amina") -> CaseId:
    """A case with some of the samples as its photographs; without any, as an import brings it."""
    given = [GivenPhoto(sample(name)) for name in photographs]
    return with_photographs(desk, new, given, actor)


def with_photographs(desk: Desk, new: NewCase, given: list[GivenPhoto], actor: str = "amina") -> CaseId:
    """The same with photographs at hand."""
    registrar = desk.registers.cases.registrar
    registrar.check(new)
    pictures = registrar.photographs.read(given)
    with desk.database.begin() as connection:
        return registrar.add(connection, new, pictures, actor)


def file_with(new: NewCase, registered_at: int = 1_795_341_600_000) -> CaseFile:
    """What the hub would hold of a case, without a hub; `registered_at` in milliseconds since 1970 UTC."""
    summary = CaseSummary(
        id=CaseId("bd/c-1"),
        register=new.register,
        state=CaseState.OPEN,
        site=new.site,
        reference=new.reference,
        slice=new.slice,
        sex=new.sex,
        birth=new.birth,
        last_seen=new.last_seen,
        risk=new.risk,
        photos=(),
        taken={},
        despite={},
        listed_until=utc_day(registered_at),
        registered_at=registered_at,
        merged_into=None,
    )
    return CaseFile(summary, new.basis, new.description, (), (), ())


@cache
def sample(name: str) -> bytes:
    """A photograph's file."""
    return (SAMPLES / name).read_bytes()
