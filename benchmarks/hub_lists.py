"""How long a page of the registers takes, at 100,000 made-up cases, beside the cheapest page there is.

`ratio` is a page's median over that of the first page without a filter, of the same database in the same run.
"""

import json
import random
import secrets
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import insert

from hub.atrest import Vault
from hub.cases.description import Description
from hub.cases.reading import CaseReader
from hub.cases.sealing import case_place, number_index, reference_index, terms_of
from hub.cases.search import CaseSearch, Cursor, Filters
from hub.cases.service import CaseState, Register, Risk
from hub.cases.tables import case_names, cases
from hub.clock import DAY, utc_day
from hub.db import Database
from protocol.ids import CaseId
from protocol.person import AgeBand, Month, Sex

app = typer.Typer(add_completion=False)

CASES = 100_000
NOW = 1_795_341_600_000
TODAY = Month(2026, 11)
_BATCH = 5_000
_GIRLS = """
Rahima Karima Salma Fatima Nasrin Ayesha Sita Gita Lakshmi Priya Sunita Parvati Maya রহিমা সালমা सीता लक्ष्मी
"""
_BOYS = """
Rahim Karim Rafiq Sohel Deepak Krishna Ram Ganesh Bijoy Sanjay Yusuf রহিম করিম राम कृष्ण दीपक
"""
_FAMILIES = """
Khatun Begum Sheikh Mondal Das Roy Tamang Gurung Thapa Yadav Hossain Uddin Sarkar Biswas শেখ থাপা यादव
"""


@dataclass(frozen=True, slots=True)
class PageTime:
    """Median and slowest milliseconds of one kind of page."""

    page: str
    lines: int
    ms: float
    worst_ms: float
    ratio: float


def fill(database: Database, vault: Vault, count: int = CASES, seed: int = 1) -> None:
    """Put made-up cases without photographs on both registers: as many girls as boys, one in eight closed."""
    chance = random.Random(seed)
    for start in range(0, count, _BATCH):
        made = [_case(vault, number, chance) for number in range(start, min(start + _BATCH, count))]
        with database.begin() as connection:
            connection.execute(insert(cases), [row for row, _ in made])
            connection.execute(insert(case_names), [name for _, names in made for name in names])


def measure(database: Database, vault: Vault, repeats: int = 15) -> list[PageTime]:
    """Every kind of page: filters, frequent and rare names, references, and pages far behind the first."""
    search = CaseSearch(vault, CaseReader(database, vault))
    far = Cursor(0, NOW - 900 * DAY, CaseId("bd/c-"))
    kinds: Sequence[tuple[str, Filters, Cursor | None]] = (
        ("first page", Filters(), None),
        ("far behind", Filters(), far),
        ("open, found", Filters(register=Register.FOUND, state=CaseState.OPEN), None),
        ("rare filters", Filters(risk=Risk.HIGH, sex=Sex.UNKNOWN, age_band=AgeBand.INFANT), None),
        ("site of none", Filters(site="bd/nowhere"), None),
        ("frequent name", Filters(text="রহিমা"), None),
        ("two frequent names", Filters(text="रहीमा Khatoon"), None),
        ("frequent name, rare filter", Filters(text="Rahima", risk=Risk.HIGH, age_band=AgeBand.INFANT), None),
        ("frequent names after a slip", Filters(text="Ramiha Khanut"), None),
        ("slip, rare filter", Filters(text="Ramiha", risk=Risk.HIGH, age_band=AgeBand.INFANT), None),
        ("name of nobody", Filters(text="Zulaikha Nowhere"), None),
        ("reference", Filters(text="GD 777/2026"), None),
    )
    found: list[PageTime] = []
    for name, filters, after in kinds:
        times, lines = [], 0
        for _ in range(repeats):
            began = time.perf_counter()
            with database.read() as connection:
                lines = len(search.page(connection, filters, TODAY, after).lines)
            times.append((time.perf_counter() - began) * 1e3)
        median = statistics.median(times)
        cheapest = found[0].ms if found else median
        found.append(PageTime(name, lines, round(median, 1), round(max(times), 1), round(median / cheapest, 2)))
    return found


def _case(vault: Vault, number: int, chance: random.Random) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    case = CaseId(f"bd/c-{number:08}")
    sex = chance.choices(list(Sex), [48, 48, 4])[0]
    given = chance.choice((_GIRLS if sex is Sex.FEMALE else _BOYS).split())
    name = f"{'Md. ' if chance.random() < 0.2 else ''}{given} {chance.choice(_FAMILIES.split())}"
    at = NOW - chance.randrange(1800 * DAY)
    born = TODAY.ordinal - chance.randrange(1, 18 * 12)
    reference = f"GD {number}/2026"
    found = chance.random() < 0.4
    row = {
        "id": case,
        "register": Register.FOUND if found else Register.MISSING,
        "state": chance.choices([CaseState.OPEN, CaseState.CLOSED], [7, 1])[0],
        "state_at": at,
        "merged_into": None,
        "site": chance.choice(["", "bd/benapole", "bd/jashore"]),
        "slice": None if found else "bd/missing",
        "sealed_reference": vault.encrypt(reference.encode(), case_place(case, "reference")),
        "reference_index": reference_index(vault, reference, ""),
        "number_index": number_index(vault, reference),
        "sealed_description": vault.encrypt(
            Description(names=(name,), circumstances="went to the market").to_bytes(), case_place(case, "description")
        ),
        "sealed_basis_reference": vault.encrypt(b"", case_place(case, "basis")),
        "sex": sex,
        "born_from": born,
        "born_to": born + chance.randrange(12),
        "last_seen": None,
        "risk": chance.choices(list(Risk), [1, 6, 3])[0],
        "ground": "police-order",
        "purposes": "search",
        "basis_until": None,
        "listed_until": utc_day(NOW),
        "registered_at": at,
        "renewed_at": at,
        "revision": number + 1,
    }
    names = [{"term": term, "registered_at": at, "case_id": case} for term in sorted(terms_of(vault, [name]))]
    return row, names


@app.command()
def main(
    *,
    count: Annotated[int, typer.Option("--cases", help="How many.")] = CASES,
    url: Annotated[str | None, typer.Option(help="An empty PostgreSQL database; without it, SQLite.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Fill a database and measure its pages."""
    with _database(url) as database:
        vault = Vault(secrets.token_bytes(32))
        fill(database, vault, count)
        found = measure(database, vault)
    if as_json:
        print(json.dumps({"cases": count, "pages": [asdict(one) for one in found]}))
        return
    table = Table("page", "lines", "median ms", "slowest ms", "over the first page")
    for one in found:
        table.add_row(one.page, str(one.lines), f"{one.ms}", f"{one.worst_ms}", f"{one.ratio}")
    Console().print(table)


@contextmanager
def _database(url: str | None) -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(url or f"sqlite:///{Path(folder) / 'lists.sqlite3'}")
        try:
            database.migrate()
            yield database
        finally:
            database.close()


if __name__ == "__main__":
    app()
