"""A gateway that fails in every way a gateway fails, and a hub that dies in the middle."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hub.dispatch.addresses import parse_address
from hub.dispatch.model import AttemptResult, Delivery
from hub.dispatch.recipient import Reach
from hub.dispatch.webhooks import refuses
from hub.sites import EVERY_SITE
from tests.support.databases import on_sqlite
from tests.support.desk import MINUTE, SITE, Desk, Intake, police_desk
from tests.support.gateway import Gateway, Mood
from tests.support.mail import MailServer

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


def only_delivery(desk: Desk) -> Delivery:
    with desk.database.read() as connection:
        (state,) = desk.dispatch.alerts(connection, EVERY_SITE)
    (delivery,) = state.deliveries
    return delivery


@pytest.mark.parametrize(
    ("mood", "result", "code", "minutes"),
    [
        (Mood.BUSY, AttemptResult.BUSY, 429, 5),
        (Mood.BROKEN, AttemptResult.FAILED, 500, 0.5),
        (Mood.REFUSES, AttemptResult.REFUSED, 400, 60),
        (Mood.SAYS_NO, AttemptResult.REFUSED, 200, 60),
        (Mood.MOVED, AttemptResult.FAILED, 302, 0.5),
        (Mood.CLOSES, AttemptResult.NO_ANSWER, None, 0.5),
    ],
)
def test_gateway_that_fails_loses_nothing(
    desk: Desk, mood: Mood, result: AttemptResult, code: int | None, minutes: float
) -> None:
    with Gateway(mood) as gateway:
        desk.add_recipient(police_desk(gateway.url))
        desk.confirm(desk.open_review())
        desk.dispatcher().deliver()

        (attempt,) = only_delivery(desk).attempts
        assert (attempt.result, attempt.code) == (result, code)
        assert only_delivery(desk).next_at == desk.clock.now + minutes * MINUTE
        assert "followed a redirect" not in gateway.taken
        gateway.mood = Mood.TAKES
        desk.clock.now += 60 * MINUTE
        desk.dispatcher().deliver()

    assert only_delivery(desk).sent_at is not None
    assert only_delivery(desk).next_at is None


@on_sqlite
@pytest.mark.parametrize(
    ("asked", "minutes"),
    [
        ("120", 2),
        (" 900 ", 15),
        ("0", 0.5),  # No sooner than after any failure.
        ("86400", 60),  # And no later than an hour: the alert is of a child.
        ("9" * 400, 60),
        ("Sun, 22 Nov 2026 23:07:00 GMT", 7),  # By the gateway's own clock, which is wrong here.
        ("Sun, 22 Nov 2026 22:00:00 GMT", 0.5),
        ("soon", 5),
        ("-5", 5),
        ("\xb2", 5),
        ("Sun, 99 Nov 2026 23:07:00 GMT", 5),
    ],
)
def test_busy_gateway_is_asked_sooner_or_much_later_than_it_says(desk: Desk, asked: str, minutes: float) -> None:
    with Gateway(Mood.BUSY) as gateway:
        gateway.asks = {"Retry-After": asked, "Date": "Sun, 22 Nov 2026 23:00:00 GMT"}
        desk.add_recipient(police_desk(gateway.url))
        desk.confirm(desk.open_review())
        desk.dispatcher().deliver()
    assert only_delivery(desk).next_at == desk.clock.now + minutes * MINUTE


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        (b'{"success": false}', True),
        (b'{"ok": false, "description": "chat not found"}', True),
        (b'{"errors": [{"code": 21211}]}', True),
        (b'{"error": "0", "errors": [], "status": "queued"}', False),
        (b'{"error": null, "error_code": 0, "success": true}', False),
        (b'["error"]', False),
        (b"[" * 4096, False),
        (b"error", False),
        (b"", False),
    ],
)
def test_gateway_s_word_in_the_body_is_read_for_its_opposite(body: bytes, *, refused: bool) -> None:
    assert refuses(body) is refused


def test_address_with_a_header_that_http_cannot_hold_is_tried_every_half_minute() -> None:
    with Gateway() as gateway:
        assert parse_address(f"{gateway.url}?+X-Desk=যশোর").send("title", "body").result is AttemptResult.REFUSED


def test_gateway_that_has_taken_the_message_gets_it_again_because_it_talks_on() -> None:
    with Gateway(Mood.TAKES_AND_DRIPS) as gateway:
        answer = parse_address(gateway.url).send("title", "body", deadline=60)
        assert gateway.taken == ["body"]
    assert answer.result is AttemptResult.SENT


def test_address_that_names_the_parts_of_a_message_is_not_obeyed() -> None:
    with Gateway() as gateway:
        address = f"{gateway.url}?:title=&:type=kind&:sender=desk&+X-Key=1"
        assert parse_address(address).send("title", "body").result is AttemptResult.SENT
        assert gateway.bodies == [
            {"version": "1.0", "message": "body", "attachments": [], "kind": "info", "sender": "desk"}
        ]


def test_gateway_that_takes_a_message_and_answers_garbage_gets_it_again(desk: Desk) -> None:
    with Gateway(Mood.GARBAGE) as gateway:
        desk.add_recipient(police_desk(gateway.url))
        desk.confirm(desk.open_review())
        for _ in range(2):
            desk.dispatcher().deliver()
            desk.clock.now += 60 * MINUTE
        assert len(gateway.taken) == 1
    assert only_delivery(desk).sent_at is not None


@pytest.mark.parametrize("mood", [Mood.SILENT, Mood.DRIPS])
def test_gateway_that_never_ends_its_answer_holds_the_hub_up(mood: Mood) -> None:
    with Gateway(mood) as gateway:
        answer = parse_address(gateway.url).send("title", "body", deadline=2)
        assert gateway.taken == ["body"]
    assert answer.result is AttemptResult.NO_ANSWER


def test_gateway_without_an_encryption_that_can_be_checked_gets_no_message() -> None:
    with Gateway() as gateway:
        answer = parse_address(gateway.url.replace("json:", "jsons:")).send("title", "body")
        assert gateway.taken == []
    assert answer.result is AttemptResult.FAILED


def test_number_that_is_refused_in_vain_keeps_the_next_in_turn_waiting(desk: Desk) -> None:
    with Gateway(Mood.REFUSES) as refusing, Gateway() as taking:
        desk.add_recipient(police_desk(refusing.url, name="Jashore"))
        desk.add_recipient(police_desk(taking.url, name="Dhaka", turn=2))
        desk.confirm(desk.open_review())
        dispatcher = desk.dispatcher()
        dispatcher.deliver()
        assert taking.taken == []
        dispatcher.look_at_the_clock()
        dispatcher.deliver()
        assert len(taking.taken) == 1


KILLED = """
import sys
from pathlib import Path

from hub.atrest import Vault
from hub.db import Database
from hub.dispatch.service import AlertSettings, AlertStatus, DispatchService
from protocol.keys import SigningKey

url, folder = sys.argv[1], Path(sys.argv[2])
settings = AlertSettings("bd", "https://desk.example", "bd@desk.example", "Desk", AlertStatus.EXERCISE)
asked = {"is_over": lambda *_: False, "is_sought": lambda *_: True, "known_as": lambda _, case: {case}}
service = DispatchService(settings, Vault(bytes(32)), SigningKey(bytes(32)), **asked)
service.dispatcher(Database(url), folder, lambda: int(sys.argv[3])).deliver()
"""


def test_hub_that_is_killed_in_the_middle_of_a_message_loses_it_or_repeats_it_without_a_word(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path, vault_key=bytes(32))
    with Gateway(Mood.SILENT) as gateway:
        desk.add_recipient(police_desk(gateway.url))
        desk.confirm(desk.open_review())
        arguments = [sys.executable, "-c", KILLED, desk.database_url, str(tmp_path / "feed"), str(desk.clock.now)]
        process = subprocess.Popen(arguments, cwd=Path(__file__).parents[3])
        assert gateway.given.wait(60)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        gateway.mood = Mood.TAKES
        gateway.over.set()

        desk.dispatcher().deliver()

        first, again = gateway.taken
    assert [one.result for one in only_delivery(desk).attempts] == [AttemptResult.INTERRUPTED, AttemptResult.SENT]
    assert "You may have received this message before." not in first
    assert "You may have received this message before." in again
    desk.database.close()


@on_sqlite
def test_new_alert_waits_behind_everybody_at_a_dead_gateway(desk: Desk) -> None:
    with Gateway(Mood.BROKEN) as dead, Gateway() as gateway:
        for number in range(10):
            desk.add_recipient(police_desk(f"{dead.url}/{number}"))
        desk.confirm(desk.open_review())
        desk.dispatcher().deliver()
        assert len(dead.taken) == 8  # A round; whatever is new meanwhile comes into the next.
        desk.clock.now += 60 * MINUTE
        desk.add_recipient(police_desk(gateway.url, reach=Reach.SITE, of=SITE))
        desk.confirm(desk.open_review(Intake(reference="9Q2M-FX4K")))
        desk.dispatcher().deliver()
        desk.dispatcher().deliver()
        assert len(gateway.taken) == 1


def test_one_dead_gateway_holds_up_the_others(desk: Desk) -> None:
    with Gateway(Mood.CLOSES) as dead, MailServer() as mail:
        desk.add_recipient(police_desk(dead.url))
        desk.add_recipient(police_desk(mail.url + "desk@police.example"))
        desk.confirm(desk.open_review())
        desk.dispatcher().deliver()
        assert len(mail.taken) == 1
