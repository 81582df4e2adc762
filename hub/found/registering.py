"""What a registration says, as a case of the register of found children has it. Pure."""

from datetime import date
from typing import Final

from hub.cases.service import Basis, Description, GivenPhoto, Mark, NewCase, Register
from hub.clock import utc_day
from protocol.basis import Basis as RecordedBasis
from protocol.comparable import births_of
from protocol.found import FoundChild
from protocol.person import AgeBand, BirthBand, Month

DESPITE: Final = "taken at the unit; there is no other photograph yet"
"""Why a photograph is kept that is too poor to be compared; reviewers read it."""

_OLDEST_CHILD: Final = AgeBand.TEEN
_YOUNGEST: Final = AgeBand.INFANT


def new_case(found: FoundChild, basis: RecordedBasis, today: date) -> NewCase:
    """The case to be registered."""
    facts = found.facts
    # A unit's clock may be ahead: the day on which a child was found lies not in the future.
    found_on = facts.found_on if facts.found_on is None else min(facts.found_on, today)
    return NewCase(
        reference=found.reference,
        slice=None,
        sex=found.sex,
        birth=_birth(found.age_band, today),
        last_seen=found_on,
        register=Register.FOUND,
        site=found.site,
        basis=Basis(basis.kind, basis.reference),
        description=Description(
            names=facts.names,
            languages=facts.languages,
            marks=tuple(Mark(mark.where, mark.what) for mark in facts.marks),
            clothing=facts.clothing,
            place=facts.place,
            circumstances=facts.circumstances,
        ),
    )


def photograph(found: FoundChild, today: date) -> GivenPhoto:
    """The picture that the unit took."""
    return GivenPhoto(found.photograph, min(utc_day(found.captured.at), today), f"unit {found.unit}"[:200])


def _birth(band: AgeBand, today: date) -> BirthBand:
    this_month = Month(today.year, today.month).ordinal
    if band is AgeBand.UNKNOWN:
        earliest, latest = births_of(_OLDEST_CHILD, this_month)[0], births_of(_YOUNGEST, this_month)[1]
    else:
        earliest, latest = births_of(band, this_month)
    # Nobody was born after this month, or so long ago that a register has no such month.
    return BirthBand(Month.from_ordinal(earliest), Month.from_ordinal(min(latest, this_month)))
