"""docs/model_card.md: what the pack is, and what was measured of it, from the pack and the evaluations' records.

Nothing in it is written by hand, so that it cannot say what was not measured.
"""

from collections.abc import Mapping
from pathlib import Path

from evaluation import wording
from evaluation.errors import ListRejectedError
from evaluation.record import IdentifyRecord, VerifyRecord, read_record
from evaluation.report.rendering import render
from models.calibration import Calibration
from models.pack import Pack

__all__ = ["Records", "model_card", "read_records"]

Records = Mapping[str, IdentifyRecord | VerifyRecord]
"""Evaluations by the name of their file, without its ending."""

_TITLES = {
    "mixed": "Adults and children in one list, nothing filtered",
    "adults": "Adults alone",
    "lfw_dev_pairs": "Pairs of photographs of adults",
}


def read_records(folder: Path) -> Records:
    """The records (*.json) of a folder. Raises ListRejectedError where there are none or one is no record."""
    found = {path.stem: read_record(path) for path in sorted(folder.glob("*.json"))}
    if not found:
        raise ListRejectedError(f"{folder} holds no evaluation. Run mca evaluate identify with --json first.")
    return found


def model_card(pack: Pack, calibration: Calibration | None, records: Records) -> str:
    """The whole document. Raises ListRejectedError for a record of another pack or calibration."""
    digest = calibration.digest if calibration else None
    for name, record in records.items():
        if (record.pack, record.calibration) != (pack.digest, digest):
            raise ListRejectedError(
                f"The evaluation {name}.json was made with another pack or calibration. Measure it again."
            )
    searched = {name: one for name, one in sorted(records.items(), key=_order) if isinstance(one, IdentifyRecord)}
    return render(
        "model_card.md.j2",
        pack=pack,
        calibration=calibration,
        identified={name: record for name, record in searched.items() if record.mated},
        promised={name: record for name, record in searched.items() if record.published},
        verified={name: one for name, one in sorted(records.items()) if isinstance(one, VerifyRecord)},
        titles=_TITLES,
        identify_sentences=wording.identify_sentences,
        verify_sentences=wording.verify_sentences,
    )


def _order(item: tuple[str, object]) -> tuple[int, int, str]:
    """The lists of all ages first, then the bands by their age."""
    name = item[0]
    titled = list(_TITLES).index(name) if name in _TITLES else len(_TITLES)
    first_age = name.removeprefix("band-").partition("-")[0].rstrip("+")
    return titled, int(first_age) if first_age.isdigit() else 0, name
