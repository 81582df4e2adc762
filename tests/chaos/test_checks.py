"""Checks that would not notice: each sabotage is done to real databases, and has to be found by name."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.chaos.campaign import open_site, require_order
from tests.chaos.checks import list_problems, problems
from tests.chaos.looks import look_at_hub, look_at_list, look_at_unit
from tests.chaos.programs import program_server
from tests.chaos.site import Part
from tests.chaos.work import Attempt, Outcome, Tasks, Work


@dataclass
class Remains:
    """The folders of a hub and its units that have stopped, and what was attempted. `old` is a list of before."""

    hub: Part
    units: list[Part]
    attempts: list[Attempt]
    old_list: bytes

    def problems(self) -> list[str]:
        """What the checks find."""
        hub = look_at_hub(self.hub)
        of_lists = [one for unit in self.units for one in list_problems(hub, unit.name, look_at_list(unit))]
        return problems(hub, [look_at_unit(unit) for unit in self.units], self.attempts) + of_lists

    def copy(self, folder: Path) -> "Remains":
        """To be sabotaged."""
        parts = [replace(part, folder=folder / part.name) for part in (self.hub, *self.units)]
        for old, new in zip((self.hub, *self.units), parts, strict=True):
            shutil.copytree(old.folder, new.folder, ignore=shutil.ignore_patterns("*.sock"))
        return replace(self, hub=parts[0], units=parts[1:], attempts=list(self.attempts))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remains]:
    """After three intakes and two cases, of which nothing was lost."""
    folder = tmp_path_factory.mktemp("site")
    with program_server(folder), open_site(folder / "lane", clocks=False, disks=False) as site:
        first, second = site.units
        require_order(site, [])
        old_list = (first.data / "watchlist" / "installed.json").read_bytes()
        tasks = Tasks(
            {first.name: ["obama2.jpg", "biden.jpg"], second.name: ["obama3.jpg"]}, "GD 2/2026", adds_case=True
        )
        work = Work(site, tasks)
        work.start()
        attempts = work.finish()
        require_order(site, attempts)
        for part in site.parts:
            part.stop()
        yield Remains(site.hub, site.units, attempts, old_list)


@pytest.fixture
def remains(undisturbed: Remains, tmp_path: Path) -> Remains:
    return undisturbed.copy(tmp_path)


def change(database: Path, *statements: str) -> None:
    with sqlite3.connect(database) as connection:
        for trigger in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {trigger[0]}")
        for statement in statements:
            assert connection.execute(statement).rowcount == 1
    connection.close()


def in_hub(*statements: str) -> Callable[[Remains], None]:
    return lambda remains: change(remains.hub.data / "hub.sqlite3", *statements)


def in_unit(*statements: str) -> Callable[[Remains], None]:
    return lambda remains: change(remains.units[0].data / "unit.sqlite", *statements)


def another_sighting(**columns: str) -> Callable[[Remains], None]:
    """A row that is there twice, with a few columns changed so that no key forbids it."""
    changes = ", ".join(f"{name} = {value}" for name, value in columns.items())

    def sabotage(remains: Remains) -> None:
        with sqlite3.connect(remains.hub.data / "hub.sqlite3") as connection:
            connection.execute("CREATE TEMP TABLE another AS SELECT * FROM sightings LIMIT 1")
            connection.execute(f"UPDATE another SET {changes}")
            connection.execute("INSERT INTO sightings SELECT * FROM another")
        connection.close()

    return sabotage


def an_intake_was_refused(remains: Remains) -> None:
    position = next(at for at, attempt in enumerate(remains.attempts) if attempt.part != "hub")
    remains.attempts[position] = replace(remains.attempts[position], outcome=Outcome.REFUSED)


def an_intake_was_never_kept(remains: Remains) -> None:
    remains.attempts.append(Attempt(remains.units[0].name, "biden.jpg", Outcome.ACCEPTED, "ABCD-1234"))


def a_photograph_was_of_another(remains: Remains) -> None:
    position = next(at for at, attempt in enumerate(remains.attempts) if attempt.photo == "biden.jpg")
    remains.attempts[position] = replace(remains.attempts[position], photo="obama2.jpg")


def a_case_was_never_kept(remains: Remains) -> None:
    remains.attempts.append(Attempt("hub", "collins.png", Outcome.ACCEPTED, "bd/c-00000000"))


def an_older_list_came_back(remains: Remains) -> None:
    (remains.units[0].data / "watchlist" / "installed.json").write_bytes(remains.old_list)


def a_segment_was_forgotten(remains: Remains) -> None:
    record = remains.units[0].data / "watchlist" / "installed.json"
    installed = json.loads(record.read_text())
    installed["segments"] = installed["segments"][:1]
    record.write_text(json.dumps(installed))


SABOTAGE: dict[str, tuple[Callable[[Remains], None], str]] = {
    "sighting lost": (
        in_hub("DELETE FROM sightings WHERE rowid = (SELECT min(rowid) FROM sightings)"),
        "has 0 sightings",
    ),
    "sighting doubled": (
        another_sighting(id="'0'", sequence="999", envelope_digest="x'00'"),
        "has 2 sightings",
    ),
    "sighting invented": (
        another_sighting(id="'0'", sequence="999", envelope_digest="x'00'", reference="'ABCD-1234'"),
        "never made",
    ),
    "sighting audited twice": (
        in_hub(
            "INSERT INTO audit_entries SELECT (SELECT max(position) FROM audit_entries) + 1, subject, entry "
            "FROM audit_entries WHERE subject IN (SELECT id FROM sightings) LIMIT 1"
        ),
        "entries in the audit trail",
    ),
    "review lost": (in_hub("DELETE FROM reviews WHERE rowid = (SELECT min(rowid) FROM reviews)"), "and not both"),
    "case published no more": (
        in_hub("DELETE FROM watchlist_entries WHERE rowid = (SELECT min(rowid) FROM watchlist_entries)"),
        "registered or published",
    ),
    "entry changed": (
        in_hub("UPDATE cases SET born_to = born_to + 1 WHERE rowid = (SELECT min(rowid) FROM cases)"),
        "not the hub's",
    ),
    "case there in part": (
        in_hub("DELETE FROM case_templates WHERE rowid = (SELECT min(rowid) FROM case_templates)"),
        "in part",
    ),
    "message that still waits": (
        in_unit("INSERT INTO outbox (sequence, sealed_envelope, keep) SELECT sequence, x'00', 0 FROM intakes LIMIT 1"),
        "wait for a receipt",
    ),
    "intake that still waits": (
        in_unit("INSERT INTO waiting (sealed, keep) VALUES (x'00', 0)"),
        "intakes for a list",
    ),
    "receipt lost": (in_unit("UPDATE intakes SET outcome = NULL WHERE sequence = 1"), "the receipt None"),
    "sighting refused": (in_unit("UPDATE intakes SET outcome = 'refused' WHERE sequence = 1"), "the receipt refused"),
    "number left out": (in_hub("UPDATE sightings SET sequence = 9 WHERE sequence = 2"), "a gap"),
    "intake lost": (in_unit("DELETE FROM intakes WHERE rowid = (SELECT min(rowid) FROM intakes)"), "never made"),
    "other bytes confirmed": (
        in_unit("UPDATE intakes SET digest = x'00' WHERE sequence = 1"),
        "the hub has none",
    ),
    "refused intake kept": (an_intake_was_refused, "intakes of"),
    "accepted intake not kept": (an_intake_was_never_kept, "has 0 sightings"),
    "wrong candidates": (a_photograph_was_of_another, "wrong thing"),
    "accepted case not kept": (a_case_was_never_kept, "is not there"),
    "list rolled back": (an_older_list_came_back, "list version"),
    "list in part": (a_segment_was_forgotten, "not the hub's"),
}


def test_checks_find_something_where_nothing_is_wrong(undisturbed: Remains) -> None:
    assert undisturbed.problems() == []


@pytest.mark.parametrize("name", SABOTAGE)
def test_checks_do_not_notice(remains: Remains, name: str) -> None:
    sabotage, said = SABOTAGE[name]
    sabotage(remains)
    assert any(said in problem for problem in remains.problems()), remains.problems()
