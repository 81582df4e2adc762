"""What the records of the two children say differently. Said in plain words; the decision stays with people."""

from datetime import UTC, date, datetime

from faults import Sentence
from hub.review.model import Missing, Subject
from protocol.person import BirthBand, Month, Sex


def contradictions(subject: Subject, missing: Missing) -> tuple[Sentence, ...]:
    """One sentence for each contradiction; none where the records can be of one person."""
    return tuple(sentence for sentence in (_of_sex(subject, missing), _of_age(subject, missing)) if sentence)


def age_at(birth: BirthBand, at: int) -> tuple[int, int]:
    """The least and the greatest age in completed years at a moment in milliseconds; negative before birth."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    month = Month(moment.year, moment.month).ordinal
    # Someone born in a month may have been born on its last day, and the moment be on a first.
    return (month - birth.latest.ordinal - 1) // 12, (month - birth.earliest.ordinal) // 12


def age_in_words(birth: BirthBand, at: int) -> Sentence:
    """The age at a moment as people say it: `7`, or `6 to 7`."""
    least, greatest = age_at(birth, at)
    if greatest < 0:
        return Sentence("not born yet")
    least = max(least, 0)
    if least == greatest:
        return Sentence("{years}", years=greatest)
    return Sentence("{least} to {greatest}", least=least, greatest=greatest)


def gap_in_words(taken: date | None, captured_at: int | None) -> Sentence:
    """How long lies between the two photographs: `2 years and 3 months`, or that it is not known."""
    if taken is None or captured_at is None:
        return Sentence("not known: one of the photographs has no date")
    day = datetime.fromtimestamp(captured_at / 1000, UTC).date()
    years, months = divmod(abs((day.year - taken.year) * 12 + day.month - taken.month), 12)
    in_years = Sentence("{count} year", plural="{count} years", count=years)
    in_months = Sentence("{count} month", plural="{count} months", count=months)
    if years and months:
        return Sentence("{years} and {months}", years=in_years, months=in_months)
    if years or months:
        return in_years if years else in_months
    return Sentence("less than a month")


def _of_sex(subject: Subject, missing: Missing) -> Sentence | None:
    if subject.sex == missing.sex or Sex.UNKNOWN in (subject.sex, missing.sex):
        return None
    return Sentence("This child is recorded as {this}, the case as {other}.", this=subject.sex, other=missing.sex)


def _of_age(subject: Subject, missing: Missing) -> Sentence | None:
    if subject.birth is not None:
        return _of_birth(subject.birth, missing.birth)
    if subject.age_band is None or subject.captured_at is None:
        return None
    least, greatest = age_at(missing.birth, subject.captured_at)
    low, high = subject.age_band.years
    if greatest < 0:
        return Sentence("By the case's record, the child was born after the intake's photograph.")
    if least <= high and low <= greatest:
        return None
    age = age_in_words(missing.birth, subject.captured_at)
    return Sentence(
        "The intake is recorded in the age band {band}; by the case's record the child would be {age}.",
        band=str(subject.age_band),
        age=age,
    )


def _of_birth(one: BirthBand, other: BirthBand) -> Sentence | None:
    if one.earliest <= other.latest and other.earliest <= one.latest:
        return None
    return Sentence("By the two records, the children were not born in the same months.")
