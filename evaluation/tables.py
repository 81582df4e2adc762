"""Figures as tables in a terminal."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from evaluation import wording
from evaluation.devlists import DevList
from evaluation.record import IdentifyRecord, PublishedBand, VerifyRecord

__all__ = ["print_identification", "print_lists", "print_verification"]


def print_identification(record: IdentifyRecord, console: Console) -> None:
    """Print the summary, then FNIR at each FPIR and the ranks, and what became of the calibration's promises."""
    for sentence in wording.identify_sentences(record):
        console.print(sentence, highlight=False, markup=False)
    if record.mated:
        _print_rates(record, console)
    if record.published:
        _print_promises(record.published, console)


def _print_rates(record: IdentifyRecord, console: Console) -> None:
    rates = {"raw": record.raw} | ({"normalised": record.normalised} if record.normalised else {})
    title = f"N = {record.gallery:,}; {record.mated:,} mated and {record.nonmated:,} non-mated searches"
    table = Table("", *(f"{name} score" for name in rates), title=title)
    for rate in record.raw.fnir_at_fpir:
        table.add_row(
            f"FNIR at FPIR {wording.percent(rate)}", *(wording.share(one.fnir_at_fpir[rate]) for one in rates.values())
        )
    for k in record.raw.rank:
        table.add_row(f"rank {k}", *(wording.share(one.rank_intervals[k]) for one in rates.values()))
    console.print(table)


def _print_promises(published: Mapping[str, PublishedBand], console: Console) -> None:
    title = "Searches for people not on the list that bring up somebody"
    table = Table("age", "searches", "wanted per 100", "promised", "counted", title=title)
    for band, one in published.items():
        for wanted, rate in one.per_100_intakes.items():
            table.add_row(band, f"{one.searches:,}", wanted, wording.share(rate.promised), wording.share(rate.counted))
    console.print(table)


def print_verification(record: VerifyRecord, console: Console) -> None:
    """Print the summary, then TAR at each FAR."""
    for sentence in wording.verify_sentences(record):
        console.print(sentence, highlight=False, markup=False)
    rates = {"raw": record.raw} | ({"normalised": record.normalised} if record.normalised else {})
    table = Table("", *(f"{name} score" for name in rates))
    for rate in record.raw.tar_at_far:
        table.add_row(
            f"TAR at FAR {wording.percent(rate)}", *(wording.share(one.tar_at_far[rate]) for one in rates.values())
        )
    console.print(table)


def print_lists(lists: Sequence[DevList], root: Path, dropped: int, console: Console) -> None:
    """Print how many photographs each list holds, and how to measure with it."""
    table = Table("list", "gallery", "probes")
    for one in lists:
        table.add_row(one.name, f"{len(one.gallery):,}", f"{len(one.probes):,}")
    console.print(table)
    console.print(
        f"{dropped:,} near-duplicates were dropped. Paths in the lists are relative to {root}: name it with --photos, "
        "or in MCA_DATA.",
        highlight=False,
        markup=False,
    )
