"""The report as one HTML page: plain words first, then tables and plots, then how it was measured."""

from collections.abc import Mapping
from dataclasses import dataclass

from evaluation import wording
from evaluation.identify import Identification
from evaluation.measure import Searches
from evaluation.record import Breakdown, Group, GroupRates, IdentifyRecord, Rates, VerifyRecord
from evaluation.report import plots
from evaluation.report.rendering import render

__all__ = ["identification_page", "verification_page"]

_BREAKDOWNS = {
    "bands": "By age in the photograph searched for",
    "age_gaps": "By years between the two photographs",
    "sexes": "By sex",
    "groups": "By group, as the lists name it",
}


@dataclass(frozen=True, slots=True)
class _Section:
    """A breakdown, for the page: its groups, and a plot where both kinds of searches are known."""

    title: str
    groups: Breakdown
    rates: Mapping[str, GroupRates]
    plot: str | None


def identification_page(found: Identification) -> str:
    """The whole page. It names no person and shows no photograph."""
    record = found.record
    rates: dict[str, Rates] = {"raw": record.raw}
    searches: dict[str, Searches] = {"raw": found.raw}
    if record.normalised is not None and found.normalised is not None:
        rates = {"normalised": record.normalised} | rates
        searches = {"normalised": found.normalised} | searches
    return render(
        "identification.html.j2",
        record=record,
        rates=rates,
        sentences=list(wording.identify_sentences(record)),
        det=plots.det_plot(rates) if plots.can_be_drawn(record.raw.det) else None,
        scores={name: plots.score_plot(one, name) for name, one in searches.items()},
        sections=list(_sections(record)),
    )


def verification_page(record: VerifyRecord) -> str:
    """The whole page. It names no person and shows no photograph."""
    rates = {"raw": record.raw} if record.normalised is None else {"normalised": record.normalised, "raw": record.raw}
    return render(
        "verification.html.j2",
        record=record,
        rates=rates,
        sentences=list(wording.verify_sentences(record)),
        roc=plots.roc_plot({name: one.roc for name, one in rates.items()})
        if plots.can_be_drawn(record.raw.roc)
        else None,
    )


def _sections(record: IdentifyRecord) -> list[_Section]:
    breakdowns = {"bands": record.bands, "age_gaps": record.age_gaps, "sexes": record.sexes, "groups": record.groups}
    sections = []
    for name, groups in breakdowns.items():
        if groups:
            rates = {label: _best(group) for label, group in groups.items()}
            plotted = {label: one for label, one in rates.items() if one.at_common_threshold}
            plot = plots.group_plot(plotted) if plotted else None
            sections.append(_Section(_BREAKDOWNS[name], groups, rates, plot))
    return sections


def _best(group: Group) -> GroupRates:
    return group.normalised or group.raw
