"""Plots as data URIs, so that a report is one file and asks nothing of the network."""

import base64
import io
from collections.abc import Iterable, Mapping

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from evaluation.measure import Searches
from evaluation.record import Curve, GroupRates, Rates

__all__ = ["can_be_drawn", "det_plot", "group_plot", "roc_plot", "score_plot"]

# Distinct in print and for the colour-blind (Okabe and Ito); lines differ in their dashes as well.
_STYLES = {"normalised": ("#0072B2", "-"), "raw": ("#D55E00", "--")}
_PLAIN_FPIR = "0.1"


def can_be_drawn(curve: Curve) -> bool:
    """Whether a curve has a point on a logarithmic axis, where a rate of nothing has no place."""
    return any(x > 0 for x in curve.x)


def det_plot(rates: Mapping[str, Rates]) -> str:
    """FNIR against FPIR, both logarithmic, of each scorer, with the published points and their intervals."""
    figure, axes = _figure(6.4, 4.6)
    axes.set(xscale="log", xlim=(_smallest(one.det.x for one in rates.values()), 1))
    axes.set(yscale="log", ylim=(_smallest(one.det.y for one in rates.values()), 1))
    for name, one in rates.items():
        _steps(axes, one.det, name)
        for rate, point in one.fnir_at_fpir.items():
            # Nothing missed has no place on a logarithmic axis; the table has it.
            if point.value and point.low is not None and point.high is not None:
                spread = [[point.value - max(point.low, point.value / 100)], [point.high - point.value]]
                axes.errorbar(
                    float(rate), point.value, spread, fmt="o", color=_STYLES[name][0], capsize=3, markersize=4
                )
    axes.set(
        title="Detection error trade-off",
        xlabel="FPIR: people not on the list who give a candidate",
        ylabel="FNIR: people on the list who are missed",
    )
    axes.xaxis.set_major_formatter(_as_percent)
    axes.yaxis.set_major_formatter(_as_percent)
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.legend()
    return _uri(figure)


def roc_plot(curves: Mapping[str, Curve]) -> str:
    """TAR against FAR, which is logarithmic, of each scorer."""
    figure, axes = _figure(6.4, 4.6)
    axes.set(xscale="log", xlim=(_smallest(curve.x for curve in curves.values()), 1))
    for name, curve in curves.items():
        _steps(axes, curve, name)
    axes.set(
        title="Receiver operating characteristic",
        xlabel="FAR: pairs of different people that are accepted",
        ylabel="TAR: pairs of one person that are accepted",
    )
    axes.xaxis.set_major_formatter(_as_percent)
    axes.yaxis.set_major_formatter(_as_percent)
    axes.legend(loc="lower right")
    return _uri(figure)


def score_plot(searches: Searches, name: str) -> str:
    """How the scores spread in searches for people who are and who are not on the list."""
    figure, axes = _figure(6.4, 2.8)
    kinds = (
        ("own entry of a person on the list", searches.mate, "#009E73"),
        ("best entry for a person not on the list", searches.other, "#CC79A7"),
    )
    finite = [scores[np.isfinite(scores)] for _, scores, _ in kinds]
    edges = np.histogram_bin_edges(np.concatenate(finite), 50)
    for (label, _, colour), scores in zip(kinds, finite, strict=True):
        if len(scores):
            weights = np.full(len(scores), 1 / len(scores))
            axes.hist(scores, edges.tolist(), weights=weights, color=colour, alpha=0.6, label=label)
    axes.set(xlabel=f"{name} score", ylabel="share of searches")
    axes.yaxis.set_major_formatter(_as_percent)
    figure.legend(loc="outside upper center", fontsize=8)
    return _uri(figure)


def group_plot(groups: Mapping[str, GroupRates]) -> str:
    """FNIR and FPIR of each group of people at the threshold that gives everybody together an FPIR of 10 %."""
    figure, axes = _figure(6.4, 1.4 + 0.5 * len(groups))
    operating = [rates.at_common_threshold[_PLAIN_FPIR] for rates in groups.values()]
    kinds = (
        ("people on the list who are missed", [one.fnir for one in operating], -0.12, "#D55E00"),
        ("people not on the list who give a candidate", [one.fpir for one in operating], 0.12, "#0072B2"),
    )
    for label, estimates, offset, colour in kinds:
        rows = [
            (place + offset, one.value, one.value - one.low, one.high - one.value)
            for place, one in enumerate(estimates)
            if one.value is not None and one.low is not None and one.high is not None
        ]
        if rows:
            places, values, below, above = zip(*rows, strict=True)
            axes.errorbar(values, places, xerr=[below, above], fmt="o", color=colour, capsize=3, label=label)
    axes.set_yticks(range(len(groups)), list(groups))
    axes.set_ylim(len(groups) - 0.5, -0.5)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter(_as_percent)
    figure.legend(loc="outside upper center", fontsize=8)
    return _uri(figure)


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.grid(visible=True, which="both", linewidth=0.3)
    return figure, axes


def _smallest(columns: Iterable[tuple[float, ...]]) -> float:
    """Where a logarithmic axis of shares begins: half of the smallest share that is something, at most 0.1 %."""
    return min([0.001, *(value / 2 for column in columns for value in column if value > 0)])


def _steps(axes: Axes, curve: Curve, name: str) -> None:
    points = [(x, y) for x, y in zip(curve.x, curve.y, strict=True) if x > 0]
    colour, dashes = _STYLES[name]
    axes.plot(*zip(*points, strict=True), dashes, color=colour, drawstyle="steps-post", label=f"{name} score")


def _as_percent(value: float, _: float) -> str:
    return f"{value * 100:g} %"


def _uri(figure: Figure) -> str:
    stream = io.BytesIO()
    # Ids from a fixed salt, no date, letters as outlines: the same figures give the same bytes everywhere.
    with mpl.rc_context({"svg.hashsalt": "mca", "svg.fonttype": "path"}):
        figure.savefig(stream, format="svg", metadata={"Date": None})
    return f"data:image/svg+xml;base64,{base64.b64encode(stream.getvalue()).decode()}"
