"""What the demonstration showed, as JSON and as a table."""

import json
from dataclasses import asdict, dataclass, field

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Match:
    """A candidate by its case's reference and its rank."""

    case: str
    rank: int


@dataclass(slots=True)
class Intake:
    """One photograph taken at the unit, and what came of it at the hub."""

    photo: str
    reference: str | None
    faces: int
    error: str | None = None
    candidates: list[Match] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """`receipts` counts the hub's receipts for sightings with candidates; the unit got one for every intake."""

    intakes: list[Intake]
    receipts: int = 0
    reviews: int = 0
    alerts: int = 0
    unit_watchlist_version: int = 0
    seconds: float = 0.0

    def to_json(self) -> str:
        """One object on one line."""
        report = asdict(self)
        for intake in report["intakes"]:
            del intake["reference"]  # New in each run, and on nobody's paper.
        return json.dumps(report)

    def show(self, console: Console) -> None:
        """A table of the intakes and a line of counts."""
        table = Table("photograph", "faces", "candidates at the hub", "error", title="Four intakes")
        for intake in self.intakes:
            matches = ", ".join(f"{match.rank}. {match.case}" for match in intake.candidates)
            table.add_row(intake.photo, str(intake.faces), matches or "none", intake.error or "")
        console.print(table)
        console.print(
            f"{self.receipts} receipts, {self.reviews} reviews, {self.alerts} alerts; "
            f"the unit has list {self.unit_watchlist_version}; {self.seconds:.1f} s."
        )
