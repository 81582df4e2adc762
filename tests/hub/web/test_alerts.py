"""The pages of alerts: preview, sending, acknowledgement by link and by reply, recall, recipients, broadcasts."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from hub.access.service import Role
from hub.dispatch.cap import cap_reference
from hub.dispatch.service import AlertTimes, Report, Stage, Verdict
from hub.sites import EVERY_SITE
from hub.web import build_console
from protocol.ids import CaseId, SiteId
from tests.hub.dispatch.test_partner_acks import ack
from tests.hub.web.conftest import MakePerson
from tests.support.cases import add_case, new_case
from tests.support.console import ConsoleServer
from tests.support.desk import MINUTE, SITE, Desk, police_desk
from tests.support.gateway import Gateway

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

SECRET = "a secret of the gateway"
REPORT = Report(
    CaseId("bd/c-7q2mfx4k"), SiteId("bd/benapole"), frozenset(), "Called the mother back.", "GD entry seen."
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    rooms = Desk(tmp_path, times=AlertTimes())
    rooms.add_operator("dora", Role.DISPATCHER)
    rooms.add_operator("admin", Role.ADMINISTRATOR)
    yield rooms
    rooms.database.close()


@pytest.fixture
def console(desk: Desk, tmp_path: Path) -> Iterator[ConsoleServer]:
    with ConsoleServer(build_console(replace(desk.services, reply_secret=SECRET)), tmp_path) as server:
        yield server


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as serving:
        yield serving


def sent_link(desk: Desk, gateway: Gateway) -> str:
    """The path of the link of an alert that was sent."""
    desk.add_recipient(police_desk(gateway.url))
    desk.confirm(desk.open_review())
    desk.clock.now += AlertTimes().preview
    dispatcher = desk.dispatcher()
    dispatcher.look_at_the_clock()
    dispatcher.deliver()
    found = re.search(r"(/acknowledge/\S+)", gateway.taken[-1])
    assert found
    return found.group(1)


def acknowledged(desk: Desk) -> bool:
    with desk.database.read() as connection:
        (state,) = desk.dispatch.alerts(connection, EVERY_SITE)
    return any(one.acknowledged for one in state.deliveries)


def test_scanner_that_follows_the_link_acknowledges(desk: Desk, person: MakePerson, gateway: Gateway) -> None:
    link = sent_link(desk, gateway)
    anyone = person()
    page = anyone.get(link)
    assert page.ok
    assert "bd/" not in page.text
    assert not acknowledged(desk)
    assert anyone.post(link, csrf="0" * 64).status_code == 403
    assert not acknowledged(desk)
    assert "Thank you" in anyone.post(link, csrf=anyone.token(link)).text
    assert acknowledged(desk)


def test_guessed_link_tells_something(person: MakePerson, desk: Desk) -> None:
    assert person().get("/acknowledge/AAAAAAAAAAAAAAAAAAAAAA").status_code == 404


def test_reply_is_taken_from_anybody(desk: Desk, console: ConsoleServer, person: MakePerson, gateway: Gateway) -> None:
    sent_link(desk, gateway)
    with desk.database.read() as connection:
        (state,) = desk.dispatch.alerts(connection, EVERY_SITE)
    (delivery,) = state.deliveries
    code = desk.dispatch.outbox.confirmation(delivery.message_id, delivery.recipient).code
    stranger = person()
    for header in ("", "Bearer wrong"):
        answer = stranger.session.post(
            console.url + "/gateway/replies",
            data={"text": f"ACK {code}"},
            headers={"Authorization": header},
            timeout=60,
        )
        assert answer.status_code == 403
    for text, status in (("hello", 404), ("ACK AAAAAAAA", 404), (f"Yes. ack {code.lower()}", 200)):
        assert not acknowledged(desk)
        answer = stranger.session.post(
            console.url + "/gateway/replies",
            data={"text": text},
            headers={"Authorization": f"Bearer {SECRET}"},
            timeout=60,
        )
        assert answer.status_code == status
    assert acknowledged(desk)


def test_alert_cannot_be_previewed_sent_and_recalled_at_the_console(
    desk: Desk, person: MakePerson, gateway: Gateway
) -> None:
    desk.add_recipient(police_desk(gateway.url, language="bn"))
    desk.confirm(desk.open_review())
    dora = person("dora")
    (page,) = set(re.findall(r'href="(/alerts/[0-9a-f]{16})"', dora.get("/alerts").text))
    preview = dora.get(f"{page}/preview").text
    assert "নিখোঁজ শিশু" in preview
    assert person("amina").get(f"{page}/preview").status_code == 403
    assert "Sent" in dora.post(f"{page}/send", csrf=dora.token(page)).text
    assert dora.post(f"{page}/send", csrf=dora.token(page)).status_code == 409
    desk.dispatcher().deliver()
    assert "The recall is not complete" in dora.post(f"{page}/recall", csrf=dora.token(page), reason="mistake").text
    desk.dispatcher().deliver()
    assert "The recall is complete" in dora.get(page).text


def test_recipient_cannot_be_kept_at_the_console_or_shows_the_password(desk: Desk, person: MakePerson) -> None:
    admin = person("admin")
    entered = {
        "name": "Board",
        "kind": "child-welfare-board",
        "reach": "site",
        "of": "bd/benapole",
        "grade": "place",
        "language": "ne",
        "turn": "1",
    }
    wrong = admin.post("/recipients", csrf=admin.token("/recipients"), address="hunter2://x", **entered)
    assert wrong.status_code == 400
    assert "hunter2" not in wrong.text
    for address in ("json://127.0.0.1:9/x", "jsons://[::1]/x", "mailtos://a:b@police.example?smtp=localhost&to=c"):
        own = admin.post("/recipients", csrf=admin.token("/recipients"), address=address, **entered)
        assert (own.status_code, "own machine" in own.text) == (400, True)
    page = admin.post(
        "/recipients",
        csrf=admin.token("/recipients"),
        address="tgram://123456789:hunter2_hijklmnop/12315544",
        **entered,
    )
    assert "Board (Telegram)" in page.text
    assert "hunter2" not in page.text
    (remove,) = re.findall(r'action="(/recipients/[0-9a-f]{16}/remove)"', page.text)
    assert "Nobody gets a message yet" in admin.post(remove, csrf=admin.token("/recipients")).text


def test_broadcast_is_sent_by_whoever_recorded_it(desk: Desk, person: MakePerson, gateway: Gateway) -> None:
    desk.add_operator("emil", Role.DISPATCHER)

    with desk.database.begin() as connection:
        report = desk.dispatch.broadcasts.propose(connection, REPORT, desk.operators["dora"], desk.clock())

    dora, emil = person("dora"), person("emil")
    assert "Somebody else has to check it" in dora.get("/broadcasts").text
    refused = dora.post(f"/broadcasts/{report}/screen", csrf=dora.token("/broadcasts"), verdict="approved")
    assert refused.status_code == 400
    page = emil.post(f"/broadcasts/{report}/screen", csrf=emil.token("/broadcasts"), verdict="approved")
    # What each recipient reads can be looked at before it goes, as with any alert.
    assert "Preview and send" in page.text
    with desk.database.read() as connection:
        assert desk.dispatch.alerts(connection, EVERY_SITE)[0].stage is Stage.HELD
    unknown = {"case": "bd/c-none", "site": "bd/benapole", "source": "Called them back.", "corroboration": "GD entry."}
    assert dora.post("/broadcasts", csrf=dora.token("/broadcasts"), **unknown).status_code in (400, 404)


def test_broadcast_and_its_case_do_not_lead_to_each_other(desk: Desk, person: MakePerson) -> None:
    case = add_case(desk, new_case("GD 1/2026", "Rahim Uddin"))
    desk.add_operator("rekha", Role.CASE_OFFICER)
    report = Report(case, SITE, frozenset(), "Called the mother back.", "The entry was seen.")
    rekha = person("rekha")
    assert "/alerts/" not in rekha.get(f"/cases/{case}").text
    with desk.database.begin() as connection:
        broadcast = desk.dispatch.broadcasts.propose(connection, report, desk.amina, desk.clock())
    page = rekha.get(f"/cases/{case}").text
    assert "A broadcast waits for a second person." in page
    assert 'href="/broadcasts"' not in page  # Their role does not open it.
    with desk.database.begin() as connection:
        desk.dispatch.screen(connection, broadcast, Verdict.APPROVED, desk.bimal, desk.clock())
        (state,) = desk.dispatch.about(connection, case, EVERY_SITE)
    assert f'href="/alerts/{state.alert.id}"' in rekha.get(f"/cases/{case}").text
    assert f'href="/cases/{case}"' in rekha.get(f"/alerts/{state.alert.id}").text
    assert f'href="/cases/{case}"' not in person("amina").get(f"/alerts/{state.alert.id}").text


def test_partners_ack_needs_a_sign_in_or_counts_without_its_token(
    desk: Desk, person: MakePerson, gateway: Gateway
) -> None:
    desk.add_recipient(police_desk(gateway.url))
    desk.confirm(desk.open_review())
    desk.clock.now += 10 * MINUTE
    desk.dispatcher().look_at_the_clock()
    desk.dispatcher().deliver()
    token = gateway.taken[0].split("/acknowledge/")[1].split(maxsplit=1)[0]
    with desk.database.read() as connection:
        (state,) = desk.dispatch.alerts(connection, EVERY_SITE)
    document = ack(cap_reference(state.messages[0].message, desk.settings))
    partner = person()

    def post(path: str, body: bytes) -> requests.Response:
        headers = {"Content-Type": "application/cap+xml"}
        return partner.session.post(partner.url + path, data=body, headers=headers, timeout=60)

    assert post(f"/acknowledge/{'A' * 22}/cap", document).status_code == 404
    assert post(f"/acknowledge/{token}/cap", b"<alert/>").status_code == 400
    assert post(f"/acknowledge/{token}/cap", document).text == "Recorded."
    assert "Message of the partner" in person("amina").get(f"/alerts/{state.alert.id}").text
