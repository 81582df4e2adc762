"""What the records of the two children say differently. Said in plain words; the decision stays with people."""

from datetime import UTC, date, datetime

from hub.review.model import Missing, Subject
from protocol.person import BirthBand, Month, Sex


def contradictions(subject: Subject, missing: Missing) -> tuple[str, ...]:
    """One sentence for each contradiction; none where the records can be of one person."""
    return tuple(sentence for sentence in (_of_sex(subject, missing), _of_age(subject, missing)) if sentence)


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


def gap_in_words(taken: date | None, captured_at: int | None) -> str:
    """How long lies between the two photographs: `2 years and 3 months`, or that it is not known."""
    if taken is None or captured_at is None:
        return "not known: one of the photographs has no date"
    day = datetime.fromtimestamp(captured_at / 1000, UTC).date()
    months = abs((day.year - taken.year) * 12 + day.month - taken.month)
    years, rest = divmod(months, 12)
    parts = [_counted(years, "year")] * bool(years) + [_counted(rest, "month")] * bool(rest)
    return " and ".join(parts) or "less than a month"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _of_sex(subject: Subject, missing: Missing) -> str | None:
    if subject.sex == missing.sex or Sex.UNKNOWN in (subject.sex, missing.sex):
        return None
    return f"This child is recorded as {subject.sex}, the case as {missing.sex}."


def _of_age(subject: Subject, missing: Missing) -> str | None:
    if subject.birth is not None:
        return _of_birth(subject.birth, missing.birth)
    if subject.age_band is None or subject.captured_at is None:
        return None
    least, greatest = age_at(missing.birth, subject.captured_at)
    low, high = subject.age_band.years
    if greatest < 0:
        return "By the case's record, the child was born after the intake's photograph."
    if least <= high and low <= greatest:
        return None
    age = age_in_words(missing.birth, subject.captured_at)
    return f"The intake is recorded in the age band {subject.age_band}; by the case's record the child would be {age}."


def _of_birth(one: BirthBand, other: BirthBand) -> str | None:
    if one.earliest <= other.latest and other.earliest <= one.latest:
        return None
    return "By the two records, the children were not born in the same months."
