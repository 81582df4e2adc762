"""What a calibrated score says, in a sentence that a reviewer can weigh. Pure."""

from enum import Enum, auto
from typing import Final

from faults import Sentence
from hub.review.model import Finding, Look
from protocol.person import AgeBand
from protocol.sighting import Chance

_FEWEST: Final = 1_000_000
"""Chances rarer than one of these are not told apart: no data bear it out."""


class Whose(Enum):
    """The recogniser that a score is of."""

    UNIT = auto()
    HUB = auto()


_UNCALIBRATED: Final = {
    Whose.UNIT: Sentence(
        "The unit's recogniser is not calibrated: nobody has measured how often unrelated people look as alike to it,"
        " and small children often do."
    ),
    Whose.HUB: Sentence(
        "The hub's recogniser is not calibrated: nobody has measured how often unrelated people look as alike to it,"
        " and small children often do."
    ),
}

_DOUBTS: Final = {
    "single-face": Sentence("another face in it"),
    "inter-eye-distance": Sentence("the face is small"),
    "margin": Sentence("the face is near the edge"),
    "under-exposure": Sentence("it is dark"),
    "over-exposure": Sentence("it is very bright"),
    "sharpness": Sentence("it is not sharp"),
    "dynamic-range": Sentence("it has little contrast"),
    "yaw": Sentence("the face is turned to the side"),
    "pitch": Sentence("the face looks up or down"),
    "roll": Sentence("the head is tilted"),
    "confidence": Sentence("the face is partly covered or unclear"),
}


def statement(chance: Chance | None, band: AgeBand, whose: Whose) -> Sentence:
    """What a score of that recogniser says."""
    if chance is None:
        return _UNCALIBRATED[whose]
    adult = band is AgeBand.ADULT
    if not chance.counted:
        share_ = share(chance.high)
        if adult:
            return Sentence(
                "An unrelated adult would score this high in fewer than {share} searches of this list. So high a score"
                " is too rare to be counted more exactly.",
                share=share_,
            )
        return Sentence(
            "An unrelated child of this age would score this high in fewer than {share} searches of this list. So high"
            " a score is too rare to be counted more exactly.",
            share=share_,
        )
    shares = {"share": share(chance.value), "low": share(chance.high), "high": share(chance.low)}
    if adult:
        return Sentence(
            "An unrelated adult would score this high in about {share} searches of this list"
            " (between {low} and {high}).",
            **shares,
        )
    return Sentence(
        "An unrelated child of this age would score this high in about {share} searches of this list"
        " (between {low} and {high}).",
        **shares,
    )


def share(chance: float) -> Sentence:
    """A chance from 0 to 1 as `1 of 400`, or `42 of 100` where it is not rare."""
    if chance > 0.1:
        return Sentence("{few} of {many}", few=round(chance * 100), many=100)
    often = 1 / max(chance, 1 / _FEWEST)
    digits = 10 ** max(len(str(int(often))) - 2, 0)
    return Sentence("{few} of {many}", few=1, many=round(often / digits) * digits)


def details(finding: Finding) -> tuple[Sentence, ...]:
    """What the unit had to go by."""
    lines = [
        Sentence(
            "By sex and age, {count} photograph of the list could compete for this intake.",
            plural="By sex and age, {count} photographs of the list could compete for this intake.",
            count=finding.comparable,
        )
    ]
    if finding.frames > 1:
        lines.append(
            Sentence(
                "The unit used {count} pictures of the intake together; the best of them is shown.",
                count=finding.frames,
            )
        )
    return tuple(lines)


def doubt(measure: str) -> Sentence:
    """What is not good in a picture that was taken with a doubt: `it is dark`."""
    return _DOUBTS.get(measure, Sentence(measure))


def second_look(finding: Finding, band: AgeBand) -> Sentence:
    """What the hub's own comparison came to, for whoever has read the unit's."""
    if finding.look is not None:
        own = statement(finding.look.chance, band, Whose.HUB)
        return Sentence("The hub compared the two faces itself. {statement}", statement=own)
    if finding.looked:
        return Sentence(
            "The hub could not compare the two faces itself: its recogniser finds no face to compare in one of them."
        )
    return Sentence("The hub has not compared the two faces itself yet. Look again in a minute.")


def disagreements(look: Look | None) -> tuple[Sentence, ...]:
    """Where the hub does not bear the unit out."""
    if look is None:
        return ()
    lines = []
    if not look.enough:
        lines.append(
            Sentence("The hub's own comparison would not have named this case: to it, the two faces are too different.")
        )
    if not look.same_picture:
        lines.append(
            Sentence(
                "The picture that the unit sent is not the one that it compared. Tell a technician before you rely"
                " on it."
            )
        )
    return tuple(lines)
