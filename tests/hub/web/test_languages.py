"""The console in its reader's language: chosen, kept, and whole on every page."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hub.access.service import Role
from hub.cases.service import BodyPart
from hub.languages import LANGUAGES, chosen, language
from hub.review.conclusions import Answer
from hub.routes_document import console_routes
from hub.wording import Wording
from tests.hub.web.conftest import MakePerson
from tests.support.cases import add_case, new_case
from tests.support.desk import Desk, Intake

# What no language translates: names, identifiers, formats of files, abbreviations, and what is typed in a column.
_DATA = re.compile(
    r"(?:\.xml|\b[A-Z]{2,4}(?:-8)?\b|YYYY|Apprise|WebP|PFIF|MCAW|UTC[+−]?\S*|mailtos\S+|\b(?:bd|in|np)[/-][\w/-]+|\b\w+\.\w+\b"
    r"|\b[A-Z0-9]{4}-[A-Z0-9]{4}\b|mca hub \w+ \w+|\bin\b|Webhook|English|PLACE|WHAT)"
)
_ENGLISH = re.compile(r"[A-Za-z]{2,}")
_SILENT = frozenset({"style", "script", "code", "svg", "option"})


class Visible(HTMLParser):
    """What a page says, element by element, and in the attributes that are read out."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._open: list[str] = []
        self._other = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect what is read out."""
        if tag not in {"meta", "link", "input", "img", "br"}:
            self._open.append(tag)
        self.texts += [text for name, text in attrs if name in {"aria-label", "title", "alt", "placeholder"} and text]

    def handle_endtag(self, tag: str) -> None:
        """Close."""
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Collect what is seen."""
        if not _SILENT.intersection(self._open):
            self.texts.append(data.strip())


def leftovers(page: str, data: set[str]) -> set[str]:
    """Every text in which English stands that is no data."""
    found = set()
    for text in Visible(page).texts:
        left = _DATA.sub(" ", text)
        for known in data:
            left = left.replace(known, " ")
        if _ENGLISH.search(left):
            found.add(text)
    return found


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    rooms = Desk(tmp_path)
    rooms.add_operator("omar", Role.AUDITOR)
    rooms.add_operator("everyone", *(role for role in Role if role is not Role.AUDITOR))
    yield rooms
    rooms.database.close()


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_page_says_something_in_english_to_a_reader_of_another_language(
    desk: Desk, person: MakePerson, code: str
) -> None:
    case = add_case(desk, new_case("GD 1/2026", "Rahim Uddin"), "obama.jpg")
    desk.confirm(desk.open_review())
    decided, waiting = desk.open_review(Intake(reference="BBBB-2222")), desk.open_review(Intake(reference="CCCC-3333"))
    desk.answer(decided, desk.amina, Answer.IDENTIFICATION)
    desk.dispatcher().publish()
    reader, auditor = person("everyone"), person("omar")
    for someone in (reader, auditor):
        someone.post("/account/language", csrf=someone.token("/account"), language=code)
    plain = {route.path for route in console_routes() if "GET" in (route.methods or ()) and "{" not in route.path}
    addresses = [*sorted(plain), f"/cases/{case}", f"/cases/{case}/change", f"/cases/{case}/copy", "/nothing-here"]
    addresses.remove("/queue/events")  # never ends
    addresses += [f"/reviews/{decided}", f"/reviews/{waiting}", "/operators/amina", "/add-case?register=found"]
    data = {"amina", "bimal", "everyone", "omar", "Rahim Uddin", "benapole", "Missing Child Alert", "obama", *BodyPart}
    found = {}
    for address in addresses:
        answer = reader.get(address)
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            assert f'<html lang="{code}">' in answer.text or address == "/queue", address
            found[address] = leftovers(answer.text, data)
    # The trail itself is a record: its actions and details are identifiers.
    trail = re.sub(r"<tbody>.*</tbody>", "", auditor.get("/audit").text, flags=re.DOTALL)
    found["/audit"] = leftovers(trail, data)
    assert {address: left for address, left in found.items() if left} == {}


def test_language_is_that_of_the_account_then_of_the_browser_s_choice_then_of_its_settings() -> None:
    assert chosen("ne", "bn", "hi") == "ne"
    assert chosen(None, "bn", "hi") == "bn"
    assert chosen(None, "xx", "hi-IN,hi;q=0.9,en;q=0.8") == "hi"
    assert chosen(None, None, "fr, ne;q=0.5, en;q=0.1") == "ne"
    assert chosen(None, None, "de;q=x, ;;") == "en"
    assert chosen(None, None, "") == "en"


def test_choice_at_the_sign_in_is_kept_and_loses_nothing_that_waits_to_be_sent(person: MakePerson) -> None:
    someone = person()
    token = someone.token("/sign-in?next=/units")
    page = someone.post("/sign-in/language", csrf=token, language="hi", next="/units", kept="sealed")
    assert '<html lang="hi">' in page.text
    assert 'value="/units"' in page.text
    assert 'value="sealed"' in page.text
    assert '<html lang="hi">' in someone.get("/sign-in").text


def test_unknown_language_is_stored(person: MakePerson) -> None:
    reader = person("amina")
    assert reader.post("/account/language", csrf=reader.token("/account"), language="xx").status_code == 400


def test_error_with_a_value_is_said_in_the_reader_s_language(desk: Desk, person: MakePerson) -> None:
    desk.add_operator("farida", Role.ADMINISTRATOR)
    farida = person("farida")
    farida.post("/account/language", csrf=farida.token("/account"), language="bn")
    token = farida.token("/add-operator")
    page = farida.post("/add-operator", csrf=token, name="amina", roles="reviewer", reach="hub")
    assert "amina নামে অপারেটর আছেন" in page.text


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("UTC", "18 Nov 2026, 14:05 UTC"),
        ("Asia/Dhaka", "18 Nov 2026, 20:05 UTC+6"),
        ("Asia/Kathmandu", "18 Nov 2026, 19:50 UTC+5:45"),
        ("America/St_Johns", "18 Nov 2026, 10:35 UTC−3:30"),
    ],
)
def test_time_is_shown_without_its_zone_or_in_another(zone: str, shown: str) -> None:
    assert Wording(language("en"), ZoneInfo(zone)).when(1_795_010_700_000) == shown
