"""How the console writes times and the fields' own values: in the words of a police desk."""

from datetime import date
from typing import Final

from hub.access.service import Role
from hub.clock import moment
from hub.dispatch.service import AttemptResult
from hub.ingest.service import CaptureTime
from hub.review import statements
from hub.review.service import Answer, Feature, Outcome, Seen, Urgency
from hub.sites import Sites
from protocol.person import AgeBand, BirthBand, Month, Sex
from protocol.sighting import LegalBasis

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec")

_WORDS: Final[dict[object, str]] = {
    Answer.IDENTIFICATION: "Identification",
    Answer.SUPPORT_SAME: "Support for the same person",
    Answer.INCONCLUSIVE: "Inconclusive",
    Answer.SUPPORT_DIFFERENT: "Support for different people",
    Answer.EXCLUSION: "Exclusion",
    Feature.FACE_SHAPE: "Face shape",
    Feature.HAIR_LINE: "Hair line",
    Feature.BROWS: "Brows",
    Feature.EYES: "Eyes",
    Feature.NOSE: "Nose",
    Feature.MOUTH: "Mouth",
    Feature.EARS: "Ears",
    Feature.MARKS: "Marks",
    Seen.SIMILAR: "Similar",
    Seen.DIFFERENT: "Different",
    Seen.NOT_VISIBLE: "Not visible",
    Urgency.URGENT: "Urgent",
    Urgency.SOON: "Soon",
    Urgency.ORDINARY: "Ordinary",
    Outcome.CONFIRMED: "Confirmed",
    Outcome.REJECTED: "Rejected",
    Outcome.UNRESOLVED: "Unresolved",
    Sex.FEMALE: "Female",
    Sex.MALE: "Male",
    Sex.UNKNOWN: "Not recorded",
    LegalBasis.GUARDIAN_CONSENT: "Consent of a guardian",
    LegalBasis.BEST_INTERESTS: "Best interests of the child",
    LegalBasis.COURT_ORDER: "Order of a court",
    LegalBasis.POLICE_ORDER: "Order of the police",
    AttemptResult.SENT: "Taken by the service",
    AttemptResult.FAILED: "Not taken",
    AttemptResult.REFUSED: "Refused by the service",
    AttemptResult.BUSY: "The service is busy",
    AttemptResult.NO_ANSWER: "No answer in time",
    AttemptResult.INTERRUPTED: "Interrupted",
    AttemptResult.NOT_A_RECIPIENT: "No longer among the recipients",
}


def words(value: Answer | Outcome | Feature | Seen | Urgency | Sex | LegalBasis | AttemptResult) -> str:
    """A value of a field as people read it."""
    return _WORDS[value]


def years(band: AgeBand) -> str:
    """An age band: `4 to 8 years`."""
    low, high = band.years
    return "18 years or more" if band is AgeBand.ADULT else f"{low} to {high} years"


def when(at: int) -> str:
    """A moment in milliseconds: `21 Nov 2026, 14:05 UTC`."""
    time = moment(at)
    return f"{time.day} {_MONTHS[time.month - 1]} {time.year}, {time:%H:%M} UTC"


def day(date_: date) -> str:
    """A day: `21 Nov 2026`."""
    return f"{date_.day} {_MONTHS[date_.month - 1]} {date_.year}"


def captured(time: CaptureTime) -> str:
    """When a photograph was taken: the moment, or what it lies between where the unit's clock was uncertain."""
    if not time.uncertain:
        return when(time.at)
    return f"between {when(time.earliest)} and {when(time.latest)} (time uncertain)"


def iso(at: int) -> str:
    """A moment as the `datetime` attribute of HTML wants it."""
    return moment(at).strftime("%Y-%m-%dT%H:%M:%SZ")


def born(birth: BirthBand) -> str:
    """When someone was born: `Aug 2019`, or `between Jan 2018 and Dec 2019`."""
    if birth.earliest == birth.latest:
        return _month(birth.earliest)
    return f"between {_month(birth.earliest)} and {_month(birth.latest)}"


def doubt(measure: str) -> str:
    """Why a picture was taken with a doubt: `it is dark`."""
    return statements.doubt(measure)


def lasting(minutes: int) -> str:
    """A time in minutes as people say it: `40 min`, `3 h`, `2 days`."""
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"


def percent(share: float) -> str:
    """A share from 0 to 1: `12 %`."""
    return f"{round(share * 100)} %"


def score_text(score: float) -> str:
    """A similarity from −1 to 1 with two decimals and a true minus sign."""
    return f"{score:.2f}".replace("-", "−")


def spoken(value: str) -> str:
    """A fixed choice as people read it: `Guardian consent`."""
    return value.replace("-", " ").capitalize()


def role_words(role: Role) -> str:
    """A role as people read it: `Senior reviewer`."""
    return role.replace("-", " ").capitalize()


def roles_words(roles: frozenset[Role]) -> str:
    """Several roles: `Case officer, dispatcher`."""
    return ", ".join(role.replace("-", " ") for role in Role if role in roles).capitalize()


def reach(sites: Sites) -> str:
    """Where somebody works: `Whole hub`, or the sites by name."""
    return "Whole hub" if sites.names is None else ", ".join(sorted(sites.names))


def _month(month: Month) -> str:
    return f"{_MONTHS[month.month - 1]} {month.year}"
