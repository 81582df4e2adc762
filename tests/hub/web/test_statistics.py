"""The desk's numbers in the console: whom they are shown to, and what leaves as a file."""

import csv
import io
from urllib.parse import quote

from hub.access.service import Role
from hub.clock import DAY
from hub.sites import Sites
from hub.statistics.service import HEADINGS
from protocol.ids import SiteId
from tests.hub.web.conftest import MakePerson
from tests.support.desk import SITE, Desk


def test_desk_has_no_page_or_file_of_its_work(desk: Desk, person: MakePerson) -> None:
    desk.add_operator("elder", Role.SENIOR_REVIEWER)
    elder = person("elder")
    page = elder.get("/statistics")
    assert page.ok
    assert "This period has not ended" in page.text
    assert "/statistics.csv" not in page.text
    with desk.database.read() as connection:
        month = desk.statistics.table(connection).period.months()[0]
    desk.clock.now += 100 * DAY
    elder = person("elder")
    assert f"/statistics.csv?month={month}" in elder.get(f"/statistics?month={month}").text
    file = elder.get(f"/statistics.csv?month={month}")
    assert file.headers["Content-Type"].startswith("text/csv")
    first, total, *_ = csv.reader(io.StringIO(file.text))
    assert (first, total[:2]) == (list(HEADINGS), ["total", "total"])


def test_file_of_a_period_that_goes_on_or_of_no_month_is_handed_out(desk: Desk, person: MakePerson) -> None:
    desk.add_operator("noor", Role.AUDITOR)
    noor = person("noor")
    unfinished = noor.get("/statistics.csv")
    assert (unfinished.status_code, "has not ended" in unfinished.text) == (400, True)
    for month in ("2026", "2026-13", "৩-৩", "0000-01"):
        refused = noor.get(f"/statistics?month={quote(month)}")
        assert (refused.status_code, "Write a month as YYYY-MM" in refused.text) == (400, True)


def test_whoever_works_for_one_site_reads_what_is_withheld_of_others(desk: Desk, person: MakePerson) -> None:
    desk.add_operator("local", Role.SENIOR_REVIEWER, sites=Sites(frozenset({SiteId(SITE)})))
    local = person("local")
    for path in ("/statistics", "/statistics.csv"):
        refused = local.get(path)
        assert (refused.status_code, "of the whole hub" in refused.text) == (403, True)
