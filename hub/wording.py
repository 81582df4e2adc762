"""How the console writes times and the fields' own values: in the words of a police desk."""

from typing import Final

from hub.access.service import Role
from hub.clock import moment
from hub.dispatch.service import AttemptResult
from hub.review.service import Answer, Outcome
from hub.sites import Sites
from protocol.person import AgeBand, BirthBand, Month, Sex
from protocol.sighting import LegalBasis

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec")

_WORDS: Final[dict[object, str]] = {
    Answer.SAME: "Same person",
    Answer.DIFFERENT: "Different people",
    Answer.CANNOT_TELL: "Cannot tell",
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
    AttemptResult.NOT_A_RECIPIENT: "No longer among the recipients",
}


def words(value: Answer | Outcome | Sex | LegalBasis | AttemptResult) -> str:
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


def iso(at: int) -> str:
    """A moment as the `datetime` attribute of HTML wants it."""
    return moment(at).strftime("%Y-%m-%dT%H:%M:%SZ")


def born(birth: BirthBand) -> str:
    """When someone was born: `Aug 2019`, or `between Jan 2018 and Dec 2019`."""
    if birth.earliest == birth.latest:
        return _month(birth.earliest)
    return f"between {_month(birth.earliest)} and {_month(birth.latest)}"


def score_text(score: float) -> str:
    """A similarity from −1 to 1 with two decimals and a true minus sign."""
    return f"{score:.2f}".replace("-", "−")


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
