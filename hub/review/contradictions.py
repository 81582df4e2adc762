"""What an intake's record and a case's record say differently. Said in plain words; the decision stays with people."""

from datetime import UTC, datetime

from hub.review.model import CaseFacts, SightingFacts
from protocol.person import BirthBand, Month, Sex


def contradictions(intake: SightingFacts, case: CaseFacts) -> tuple[str, ...]:
    """One sentence for each contradiction; none where the records can be of one person."""
    return tuple(sentence for sentence in (_of_sex(intake, case), _of_age(intake, case)) if sentence)


def age_at(birth: BirthBand, at: int) -> tuple[int, int]:
    """The least and the greatest age in completed years at a moment in milliseconds; negative before birth."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    month = Month(moment.year, moment.month).ordinal
    # Someone born in a month may have been born on its last day, and the moment be on a first.
    return (month - birth.latest.ordinal - 1) // 12, (month - birth.earliest.ordinal) // 12


def age_in_words(birth: BirthBand, at: int) -> str:
    """The age at a moment as people say it: `7`, or `6 to 7`."""
    least, greatest = age_at(birth, at)
    if greatest < 0:
        return "not born yet"
    least = max(least, 0)
    return str(greatest) if least == greatest else f"{least} to {greatest}"


def _of_sex(intake: SightingFacts, case: CaseFacts) -> str | None:
    if intake.sex == case.sex or Sex.UNKNOWN in (intake.sex, case.sex):
        return None
    return f"The intake is recorded as {intake.sex}, the case as {case.sex}."


def _of_age(intake: SightingFacts, case: CaseFacts) -> str | None:
    least, greatest = age_at(case.birth, intake.captured_at)
    low, high = intake.age_band.years
    if greatest < 0:
        return "By the case's record, the child was born after the intake's photograph."
    if least <= high and low <= greatest:
        return None
    age = age_in_words(case.birth, intake.captured_at)
    return f"The intake is recorded in the age band {intake.age_band}; by the case's record the child would be {age}."
