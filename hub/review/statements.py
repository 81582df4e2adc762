"""What a calibrated score says, in a sentence that a reviewer can weigh. Pure."""

from typing import Final

from hub.review.model import Finding, Look
from protocol.person import AgeBand
from protocol.sighting import Chance

_FEWEST: Final = 1_000_000
"""Chances rarer than one of these are not told apart: no data bear it out."""

_UNCALIBRATED: Final = (
    "{whose} recogniser is not calibrated: nobody has measured how often unrelated people look as alike to it, and "
    "small children often do."
)

_DOUBTS: Final = {
    "single-face": "another face in it",
    "inter-eye-distance": "the face is small",
    "margin": "the face is near the edge",
    "under-exposure": "it is dark",
    "over-exposure": "it is very bright",
    "sharpness": "it is not sharp",
    "dynamic-range": "it has little contrast",
    "yaw": "the face is turned to the side",
    "pitch": "the face looks up or down",
    "roll": "the head is tilted",
    "confidence": "the face is partly covered or unclear",
}


def statement(chance: Chance | None, band: AgeBand, whose: str) -> str:
    """What a score says. `whose`: `The unit's` or `The hub's`."""
    if chance is None:
        return _UNCALIBRATED.format(whose=whose)
    person = {AgeBand.ADULT: "adult", AgeBand.UNKNOWN: "child"}.get(band, "child of this age")
    if not chance.counted:
        return (
            f"An unrelated {person} would score this high in fewer than {share(chance.high)} searches of this list. "
            "So high a score is too rare to be counted more exactly."
        )
    return (
        f"An unrelated {person} would score this high in about {share(chance.value)} searches of this list "
        f"(between {share(chance.high)} and {share(chance.low)})."
    )


def share(chance: float) -> str:
    """A chance from 0 to 1 as `1 of 400`, or `42 of 100` where it is not rare."""
    if chance > 0.1:
        return f"{round(chance * 100)} of 100"
    often = 1 / max(chance, 1 / _FEWEST)
    digits = 10 ** max(len(str(int(often))) - 2, 0)
    return f"1 of {round(often / digits) * digits:,}"


def details(finding: Finding) -> tuple[str, ...]:
    """What the unit had to go by."""
    photos = "1 photograph" if finding.comparable == 1 else f"{finding.comparable:,} photographs"
    lines = [f"By sex and age, {photos} of the list could compete for this intake."]
    if finding.frames > 1:
        lines.append(f"The unit used {finding.frames} pictures of the intake together; the best of them is shown.")
    return tuple(lines)


def doubt(measure: str) -> str:
    """What is not good in a picture that was taken with a doubt: `it is dark`."""
    return _DOUBTS.get(measure, measure)


def second_look(finding: Finding, band: AgeBand) -> str:
    """What the hub's own comparison came to, for whoever has read the unit's."""
    if finding.look is not None:
        own = statement(finding.look.chance, band, "The hub's")
        return f"The hub compared the two faces itself. {own}"
    if finding.looked:
        return "The hub could not compare the two faces itself: its recogniser finds no face to compare in one of them."
    return "The hub has not compared the two faces itself yet. Look again in a minute."


def disagreements(look: Look | None) -> tuple[str, ...]:
    """Where the hub does not bear the unit out."""
    if look is None:
        return ()
    lines = []
    if not look.enough:
        lines.append("The hub's own comparison would not have named this case: to it, the two faces are too different.")
    if not look.same_picture:
        lines.append(
            "The picture that the unit sent is not the one that it compared. Tell a technician before you rely on it."
        )
    return tuple(lines)
