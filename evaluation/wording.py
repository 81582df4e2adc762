"""Figures in words that an official understands. Pure; the report and the model card say the same."""

from collections.abc import Iterator

from evaluation.record import Estimate, IdentifyRecord, Point, VerifyRecord

__all__ = ["few_searches", "found_of_100", "identify_sentences", "percent", "points", "share", "verify_sentences"]

_PLAIN_FPIR = "0.1"
_PLAIN_FAR = "0.001"
# A rate that rests on fewer events than this moves by a third when the people are others.
_FEW = 10


def percent(rate: float | str) -> str:
    """A wanted rate: `3 %`, `0.1 %`."""
    return f"{float(rate) * 100:g} %"


def share(estimate: Estimate | Point) -> str:
    """`2.0 % (1.2–3.3 %)`, or that it was not measured."""
    if estimate.value is None:
        return "not measured"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value * 100:.1f} %"
    return f"{estimate.value * 100:.1f} % ({estimate.low * 100:.1f}–{estimate.high * 100:.1f} %)"


def points(change: Estimate) -> str:
    """The change of a share in percentage points: `−80.5 (−85.2 to −77.7)`."""
    parts = [change.value, change.low, change.high]
    value, low, high = ("" if part is None else f"{part * 100:+.1f}".replace("-", "−") for part in parts)
    return f"{value} ({low} to {high})" if value else "not measured"


def found_of_100(estimate: Estimate | Point) -> str:
    """`about 2 of 100 (between 1 and 3)`."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return "an unknown number"
    value, low, high = (_count(100 * part) for part in (estimate.value, estimate.low, estimate.high))
    return f"about {value} of 100 (between {low} and {high})"


def few_searches(rate: str, searches: int) -> bool:
    """Whether a wanted rate rests on fewer than ten searches that went wrong."""
    return float(rate) * searches < _FEW


def identify_sentences(record: IdentifyRecord) -> Iterator[str]:
    """What an identification found, in plain words."""
    yield (
        f"{record.gallery:,} people were on the list. {record.mated:,} photographs of people on the list were searched "
        f"for in it, and {record.nonmated:,} photographs of people who are not on it."
    )
    rates = record.normalised or record.raw
    point = rates.fnir_at_fpir[_PLAIN_FPIR]
    if point.value is None:
        yield from _unmeasured(record)
    else:
        yield (
            "When the program is set so that at most 10 of 100 people who are not on the list are taken for somebody "
            f"on it, it fails to point out {found_of_100(point)} people who are on the list."
        )
        if record.normalised is not None:
            raw = found_of_100(record.raw.fnir_at_fpir[_PLAIN_FPIR])
            yield f"With the network's bare similarity, as most programs use it, it would fail with {raw}."
        else:
            yield (
                "These are the network's bare similarities. This pack holds no statistics of age bands, so normalised "
                "scores, which are the ones to use with children, could not be measured."
            )
    if record.failures_to_acquire:
        yield (
            f"{_photographs(record.failures_to_acquire)} showed no usable face. A person on the list whose photograph "
            "is among them counts as not pointed out."
        )
    if record.identical_photographs:
        yield (
            f"The two lists have {_photographs(record.identical_photographs)} in common. To find a photograph in "
            "itself proves nothing: these figures are better than the truth."
        )
    yield "A candidate is a question, not an answer: two people decide, each for themselves, before anyone is alerted."


def verify_sentences(record: VerifyRecord) -> Iterator[str]:
    """What a verification found, in plain words."""
    yield (
        f"{record.genuine:,} pairs of photographs of one person and {record.impostor:,} pairs of photographs of two "
        "people were compared."
    )
    point = (record.normalised or record.raw).tar_at_far[_PLAIN_FAR]
    if point.value is None:
        yield "Both kinds of pairs are needed to measure a rate; this list has only one."
    else:
        yield (
            "When 1 of 1,000 pairs of different people is taken for one person, the program recognises "
            f"{found_of_100(point)} pairs of one person."
        )
    if record.failures_to_acquire:
        yield (
            f"{_photographs(record.failures_to_acquire)} showed no usable face. A pair of one person with such a "
            "photograph counts as not recognised."
        )


def _photographs(count: int) -> str:
    return "1 photograph" if count == 1 else f"{count:,} photographs"


def _unmeasured(record: IdentifyRecord) -> Iterator[str]:
    if not record.mated:
        yield (
            "Nobody who was searched for is on the list, so this says nothing of how many are found; it says which "
            "scores people reach who are not on the list."
        )
    if not record.nonmated:
        yield (
            "Everybody who was searched for is on the list, so no threshold follows from these searches, and what "
            "remains is in which place the right person came."
        )


def _count(value: float) -> str:
    if value < 0.05:
        return "0" if value == 0 else "less than 0.1"
    return f"{value:.1f}" if value < 10 and abs(value - round(value)) >= 0.05 else f"{value:.0f}"
