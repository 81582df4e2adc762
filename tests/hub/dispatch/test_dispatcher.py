"""From the decision to the feed and the recipients, with a real SMTP server that fails in its usual ways."""

import logging
import smtplib
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from hub.audit.service import AuditAction
from hub.dispatch.dispatcher import retry_after
from hub.dispatch.errors import FeedUnavailableError
from hub.dispatch.model import AlertState, AttemptResult
from hub.review.conclusions import Answer
from hub.sites import EVERY_SITE
from tests.support.broker import free_port
from tests.support.desk import MINUTE, Desk, Intake, police_desk
from tests.support.mail import MailServer

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def make_desk(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """A desk whose recipients have the given addresses."""
    desks: list[Desk] = []

    def make(*lines: str) -> Desk:
        desks.append(Desk(tmp_path, recipients=[police_desk(line) for line in lines]))
        return desks[-1]

    yield make
    for desk in desks:
        desk.database.close()


def state(desk: Desk) -> AlertState:
    with desk.database.read() as connection:
        (only,) = desk.dispatch.alerts(connection, EVERY_SITE)
    return only


def results(desk: Desk) -> list[AttemptResult]:
    return [attempt.result for delivery in state(desk).deliveries for attempt in delivery.attempts]


def test_confirmed_match_reaches_feed_and_recipient(make_desk: Callable[..., Desk], mail: MailServer) -> None:
    desk = make_desk(mail.url + "desk@police.example")
    desk.confirm(desk.open_review())
    dispatcher = desk.dispatcher()

    dispatcher.publish()
    dispatcher.deliver()

    alert, (said,) = state(desk).alert, state(desk).messages
    assert (desk.feed / f"{said.message.id}.xml").read_bytes().startswith(b"<?xml")
    assert said.message.id in (desk.feed / "index.atom").read_text()
    (message,) = mail.taken
    assert message["To"] == "desk@police.example"
    assert message["Subject"] == "EXERCISE: Missing Child Alert, reference 7Q2M-FX4K"
    body = message.get_body(("plain",))
    assert body is not None
    assert f"https://desk.example:8443/alerts/{alert.id}" in body.get_content()
    assert desk.actions()[-2:] == [AuditAction.ALERT_PUBLISHED, AuditAction.ALERT_DELIVERED]


def test_nothing_is_sent_twice_when_nothing_failed(make_desk: Callable[..., Desk], mail: MailServer) -> None:
    desk = make_desk(mail.url + "desk@police.example")
    desk.confirm(desk.open_review())
    dispatcher = desk.dispatcher()
    for _ in range(3):
        desk.clock.now += 90 * MINUTE
        dispatcher.publish()
        dispatcher.deliver()
    assert len(mail.taken) == 1
    assert desk.actions().count(AuditAction.ALERT_PUBLISHED) == 1


def test_review_that_was_not_confirmed_sends_nothing(make_desk: Callable[..., Desk], mail: MailServer) -> None:
    desk = make_desk(mail.url + "desk@police.example")
    review = desk.open_review()
    desk.answer(review, desk.amina, Answer.IDENTIFICATION)
    dispatcher = desk.dispatcher()
    dispatcher.publish()
    dispatcher.deliver()
    desk.answer(review, desk.bimal, Answer.INCONCLUSIVE)
    dispatcher.publish()
    dispatcher.deliver()
    assert mail.taken == []
    assert not desk.feed.exists()


def test_provider_that_is_down_loses_nothing(make_desk: Callable[..., Desk]) -> None:
    mail = MailServer()
    desk = make_desk(mail.url + "desk@police.example")
    desk.confirm(desk.open_review())
    dispatcher = desk.dispatcher()

    dispatcher.deliver()
    dispatcher.deliver()  # Not due yet: a provider that is down is not hammered.
    assert results(desk) == [AttemptResult.FAILED]
    with mail:
        desk.clock.now += retry_after(1)
        dispatcher.deliver()

    assert results(desk) == [AttemptResult.FAILED, AttemptResult.SENT]
    assert len(mail.taken) == 1
    assert desk.actions()[-2:] == [AuditAction.ALERT_DELIVERY_FAILED, AuditAction.ALERT_DELIVERED]


def test_provider_that_refuses_is_tried_again(make_desk: Callable[..., Desk], mail: MailServer) -> None:
    mail.refuse = True
    desk = make_desk(mail.url + "desk@police.example")
    desk.confirm(desk.open_review())
    dispatcher = desk.dispatcher()
    for number in range(1, 4):
        dispatcher.deliver()
        desk.clock.now += retry_after(number)
    mail.refuse = False
    dispatcher.deliver()
    assert results(desk) == [AttemptResult.FAILED] * 3 + [AttemptResult.SENT]


def test_one_dead_recipient_does_not_keep_the_alert_from_the_others(
    make_desk: Callable[..., Desk], mail: MailServer
) -> None:
    dead = f"mailto://127.0.0.1:{free_port()}/?from=hub@desk.example&to=dead@police.example"
    desk = make_desk(dead, mail.url + "desk@police.example")
    desk.confirm(desk.open_review())
    desk.dispatcher().deliver()
    assert {one.label: one.sent_at is not None for one in state(desk).deliveries} == {
        "Police desk (dead@police.example)": False,
        "Police desk (desk@police.example)": True,
    }


def test_waits_grow_to_an_hour_and_no_further() -> None:
    waits = [retry_after(number) for number in range(1, 40)]
    assert waits[:3] == [30_000, 60_000, 120_000]
    assert waits == sorted(waits)
    assert waits[-1] == 60 * MINUTE


def test_removed_recipient_is_not_sent_to_and_the_ledger_says_so(
    make_desk: Callable[..., Desk], mail: MailServer
) -> None:
    desk = make_desk(mail.url + "desk@police.example")
    desk.confirm(desk.open_review())
    with desk.database.begin() as connection:
        (one,) = desk.dispatch.directory.listed(connection)
        desk.dispatch.directory.remove(connection, one.id, EVERY_SITE, actor="root", at=desk.clock())
    desk.dispatcher().deliver()
    assert mail.taken == []
    assert results(desk) == [AttemptResult.NOT_A_RECIPIENT]
    assert state(desk).deliveries[0].next_at is None


def test_feed_that_cannot_be_written_keeps_the_alert_for_later(desk: Desk) -> None:
    desk.confirm(desk.open_review())
    desk.feed.write_text("a file where the folder should be")
    with pytest.raises(FeedUnavailableError):
        desk.dispatcher().publish()
    assert state(desk).published_at is None

    desk.feed.unlink()
    desk.dispatcher().publish()

    assert state(desk).published_at is not None


def test_lost_feed_is_written_again_as_it_was(desk: Desk) -> None:
    for reference in ("AAAA-1111", "BBBB-2222"):
        desk.confirm(desk.open_review(Intake(reference=reference)))
        desk.clock.now += MINUTE
        desk.dispatcher().publish()
    before = {path.name: path.read_bytes() for path in desk.feed.iterdir()}
    for path in desk.feed.iterdir():
        path.unlink()

    desk.dispatcher().restore_feed()

    assert {path.name: path.read_bytes() for path in desk.feed.iterdir()} == before
    assert len(before) == 5  # Two documents, their signatures, the index.


def test_feed_holds_whole_files_only(desk: Desk) -> None:
    desk.confirm(desk.open_review())
    desk.dispatcher().publish()
    assert sorted(path.suffix for path in desk.feed.iterdir()) == [".atom", ".sig", ".xml"]


def test_worker_sends_what_comes_while_it_runs_and_stops_when_told(
    make_desk: Callable[..., Desk], mail: MailServer
) -> None:
    desk = make_desk(mail.url + "desk@police.example")
    dispatcher, stop = desk.dispatcher(), threading.Event()
    worker = threading.Thread(target=dispatcher.run, args=(stop,))
    worker.start()
    try:
        desk.confirm(desk.open_review())
        dispatcher.wake()
        _until(lambda: results(desk) == [AttemptResult.SENT])
    finally:
        stop.set()
        dispatcher.wake()
        worker.join(timeout=60)
    assert not worker.is_alive()
    assert len(mail.taken) == 1


def test_feed_that_cannot_be_written_keeps_no_message_back(make_desk: Callable[..., Desk], mail: MailServer) -> None:
    desk = make_desk(mail.url + "desk@police.example")
    desk.feed.write_text("a file where the folder should be")
    dispatcher, stop = desk.dispatcher(), threading.Event()
    desk.confirm(desk.open_review())
    worker = threading.Thread(target=dispatcher.run, args=(stop,))
    worker.start()
    try:
        _until(lambda: results(desk) == [AttemptResult.SENT])
        assert state(desk).published_at is None
        desk.feed.unlink()
        dispatcher.wake()
        _until(lambda: state(desk).published_at is not None)
    finally:
        stop.set()
        dispatcher.wake()
        worker.join(timeout=60)
    assert not worker.is_alive()


def test_reference_with_a_line_break_forges_no_header(make_desk: Callable[..., Desk], mail: MailServer) -> None:
    desk = make_desk(mail.url + "desk@police.example")
    desk.confirm(desk.open_review(Intake(reference="A\r\nBcc: x@y.zz")))
    desk.dispatcher().deliver()
    (message,) = mail.taken
    assert message["Bcc"] is None
    assert "A\ufffd\ufffdBcc: x@y.zz" in message["Subject"]


def test_mail_goes_encrypted_to_a_server_with_a_trusted_certificate(
    make_desk: Callable[..., Desk], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    monkeypatch.setenv("SSL_CERT_FILE", str(_written(authority, tmp_path)))
    with MailServer(context=_server_context(authority)) as mail:
        desk = make_desk(mail.url.replace("mailto:", "mailtos:") + "desk@police.example")
        desk.confirm(desk.open_review())
        desk.dispatcher().deliver()
    assert len(mail.taken) == 1


def test_mail_is_held_back_from_a_server_with_a_stranger_s_certificate(make_desk: Callable[..., Desk]) -> None:
    with MailServer(context=_server_context(trustme.CA())) as mail:
        desk = make_desk(mail.url.replace("mailto:", "mailtos:") + "desk@police.example")
        desk.confirm(desk.open_review())
        desk.dispatcher().deliver()
    assert mail.taken == []
    assert results(desk) == [AttemptResult.FAILED]


class KeptLog(logging.Handler):
    """What reaches the log of the whole program."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def test_logs_hold_no_address_and_no_password(
    make_desk: Callable[..., Desk], capfd: pytest.CaptureFixture[str]
) -> None:
    refusing = f"mailto://hub:hunter2@127.0.0.1:{free_port()}/?from=hub@desk.example&to=desk@police.example"
    kept, root = KeptLog(), logging.getLogger()
    before = root.level
    root.addHandler(kept)
    root.setLevel(logging.DEBUG)
    try:
        desk = make_desk(refusing)
        desk.confirm(desk.open_review())
        desk.dispatcher().deliver()
    finally:
        root.removeHandler(kept)
        root.setLevel(before)
    assert results(desk) == [AttemptResult.FAILED]
    said = "".join([*kept.lines, *capfd.readouterr()])
    for private in ("hunter2", "desk@police.example", "mailto"):
        assert private not in said


def test_the_test_s_server_really_refuses_mail_in_the_clear() -> None:
    with MailServer(context=_server_context(trustme.CA())) as mail, smtplib.SMTP("127.0.0.1", mail.port) as client:
        assert client.docmd("MAIL", "FROM:<hub@desk.example>")[0] == 530


def _until(condition: Callable[[], bool]) -> None:
    """Ask again and again, for at most 20 seconds."""
    tick = threading.Event()
    for _ in range(400):
        if condition():
            return
        tick.wait(0.05)
    raise AssertionError("It did not come about.")


def _written(authority: trustme.CA, folder: Path) -> Path:
    path = folder / "mail-ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def _server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context
