"""Control pairs: they look like any review, never lead to an alert, and tell people how well they do."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.access.service import Role
from hub.audit.service import AuditAction
from hub.cases.service import PhotographReader
from hub.review.conclusions import Answer
from hub.review.errors import ControlPairsError
from hub.review.model import Kind, Review, ReviewRules, Side
from hub.review.store import find_review
from hub.review.views import Stage
from hub.sites import EVERY_SITE
from models.pack import load_pack
from tests.support.databases import sqlite_database
from tests.support.desk import SAMPLES, Desk

HEAD = "probe,reference,same,sex,age_band,born_from,born_to,taken,origin"
SAME = "obama2.jpg,obama.jpg,yes,male,18+,1961-08,1961-08,2012-12-06,White House: public domain"
DIFFERENT = "biden.jpg,obama3.jpg,no,male,18+,1961-08,1961-08,,White House: public domain"
HOUR = 3_600_000


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Every second comparison a control pair."""
    rooms = Desk(tmp_path, sqlite_database(tmp_path), rules=ReviewRules(control_share=0.5))
    yield rooms
    rooms.database.close()


@pytest.fixture(scope="module")
def photographs() -> PhotographReader:
    return PhotographReader(load_pack(SAMPLES.parent / "packs" / "default"))


def folder_of(path: Path, *lines: str) -> Path:
    folder = path / "pairs"
    folder.mkdir(exist_ok=True)
    for picture in SAMPLES.glob("*.jpg"):
        (folder / picture.name).write_bytes(picture.read_bytes())
    (folder / "manifest.csv").write_text("\n".join((HEAD, *lines, "")))
    return folder


@pytest.fixture
def loaded(desk: Desk, tmp_path: Path, photographs: PhotographReader) -> Desk:
    assert desk.review.controls.load(folder_of(tmp_path, SAME), photographs, "tester", desk.clock()) == 1
    return desk


def quantisation(picture: bytes) -> list[bytes]:
    """A JPEG's tables, which tell in what quality it was written."""
    return [picture[at : at + 69] for at in range(len(picture)) if picture[at : at + 4] == b"\xff\xdb\x00\x43"]


def control_of(desk: Desk) -> Review:
    """A control pair beside a real review, when its time has come."""
    desk.open_review()
    desk.clock.now += HOUR
    (control,) = [item.review for item in desk.queue(desk.amina).to_answer if item.review.kind is Kind.CONTROL]
    return control


def test_control_pair_is_told_from_a_real_one_before_the_answer(loaded: Desk) -> None:
    control = control_of(loaded)
    (real,) = [item.review for item in loaded.queue(loaded.amina).to_answer if item.review.kind is Kind.SIGHTING]
    pages, tables = [], []
    for review in (control, real):
        loaded.take(review.id, loaded.amina)
        seen = loaded.seen(review.id, loaded.amina)
        pages.append(seen)
        assert seen.stage is Stage.ASKED
        assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}", seen.subject.reference)
        assert (seen.truth, seen.machine, seen.subject.pictured) == (None, None, True)
        with loaded.database.begin() as connection:
            for side in Side:
                for original in (False, True):
                    picture = loaded.review.picture(
                        connection, review.id, side, loaded.amina, loaded.clock(), original=original
                    )
                    assert picture.startswith(b"\xff\xd8")
                    tables.append(quantisation(picture))
    assert (pages[0].subject.site, pages[0].subject.unit) == (pages[1].subject.site, pages[1].subject.unit)
    assert tables[:4] == tables[4:]
    assert control.opened_at != real.opened_at
    assert len(control.id) == len(real.id)


def test_control_pair_appears_at_the_moment_of_the_real_one(loaded: Desk) -> None:
    loaded.open_review()
    assert [item.review.kind for item in loaded.queue(loaded.amina).to_answer] == [Kind.SIGHTING]


def test_agreement_on_a_control_pair_decides_something(loaded: Desk) -> None:
    control = control_of(loaded)
    chandra = loaded.add_operator("chandra", Role.SENIOR_REVIEWER)

    loaded.confirm(control.id)

    for action in (AuditAction.REVIEW_DECIDED, AuditAction.ALERT_RAISED, AuditAction.CASE_LOCATED):
        assert action not in loaded.actions()
    assert AuditAction.NOTICE_QUEUED not in loaded.actions()
    with loaded.database.read() as connection:
        assert loaded.review.decided(connection, EVERY_SITE) == []
        assert loaded.review.open_count(connection) == 1  # The real one beside it.
        assert [facts.id for facts in loaded.review.facts(connection, 0)] != [control.id]
    assert loaded.queue(chandra).disputed == ()


def test_disagreement_on_a_control_pair_takes_a_senior_s_time(loaded: Desk) -> None:
    control = control_of(loaded)
    chandra = loaded.add_operator("chandra", Role.SENIOR_REVIEWER)
    loaded.answer(control.id, loaded.amina, Answer.IDENTIFICATION)
    loaded.answer(control.id, loaded.bimal, Answer.EXCLUSION)
    assert loaded.queue(chandra).disputed == ()
    assert loaded.seen(control.id, chandra).stage is Stage.CLOSED


def test_truth_and_rates_are_told_to_whoever_answered_and_to_the_senior(loaded: Desk) -> None:
    control = control_of(loaded)
    loaded.answer(control.id, loaded.amina, Answer.SUPPORT_DIFFERENT)

    seen = loaded.seen(control.id, loaded.amina)
    assert (seen.stage, seen.truth, seen.machine) == (Stage.CONTROL, True, None)
    assert loaded.seen(control.id, loaded.bimal).truth is None
    with loaded.database.read() as connection:
        own = loaded.review.own_work.accuracy(connection, loaded.amina)
        everyone = loaded.review.own_work.everyone(connection)
    assert (own.misses.errors, own.misses.trials, own.false_alarms.trials) == (1, 1, 0)
    assert everyone == {loaded.amina.id: own}


def test_share_of_control_pairs_is_another_than_the_setting_says(tmp_path: Path, photographs: PhotographReader) -> None:
    desk = Desk(tmp_path, sqlite_database(tmp_path), rules=ReviewRules(control_share=0.2))
    desk.review.controls.load(folder_of(tmp_path, SAME, DIFFERENT), photographs, "tester", desk.clock())
    for _ in range(120):
        desk.open_review()
    with desk.database.read() as connection:
        controls, used = connection.exec_driver_sql(
            "SELECT count(*), count(DISTINCT pair_id) FROM control_reviews"
        ).one()
    desk.database.close()
    # 120 real ones bring 30 on average: fewer than 8 or more than 60 would be chance of less than one in a million.
    assert 8 <= controls <= 60
    assert used == 2


def test_pairs_that_left_the_folder_are_asked_about(
    loaded: Desk, tmp_path: Path, photographs: PhotographReader
) -> None:
    loaded.review.controls.load(folder_of(tmp_path, DIFFERENT), photographs, "tester", loaded.clock())
    control = control_of(loaded)
    with loaded.database.read() as connection:
        assert find_review(connection, control.id) == control
    loaded.answer(control.id, loaded.amina, Answer.EXCLUSION)
    assert loaded.seen(control.id, loaded.amina).truth is False


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (SAME.replace("yes", "maybe"), "Line 3: 'same' must be yes or no"),
        (SAME.replace("obama2.jpg", "nobody.jpg"), "Line 3: 'nobody.jpg' cannot be read"),
        (SAME.replace("obama2.jpg", "../manifest.csv"), "is not a file of the folder"),
        (SAME.replace("obama2.jpg", "manifest.csv"), "Line 3"),
        (SAME.replace("18+", "old"), "Line 3"),
        (SAME.rpartition(",")[0] + ",", "Line 3: 'origin'"),
    ],
)
def test_bad_line_is_named_and_nothing_taken(
    desk: Desk, tmp_path: Path, photographs: PhotographReader, line: str, says: str
) -> None:
    with pytest.raises(ControlPairsError, match=re.escape(says)):
        desk.review.controls.load(folder_of(tmp_path, DIFFERENT, line), photographs, "tester", desk.clock())
    with desk.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM control_pairs").scalar_one() == 0


def test_head_of_the_manifest_is_as_documented() -> None:
    assert next(csv.reader([HEAD])) == HEAD.split(",")


def test_pictures_of_control_pairs_are_readable_on_disk(loaded: Desk) -> None:
    # All of a picture's head: a part of it stands by chance in as much that is encrypted.
    assert b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" not in loaded.stolen()
