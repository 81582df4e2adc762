"""The course of an alert: held, sent, escalated, acknowledged, followed up, recalled."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from hub.audit.service import AuditAction
from hub.dispatch.broadcasts import Report, Verdict
from hub.dispatch.cap import SIGNATURE_CONTEXT
from hub.dispatch.errors import AlertStageError, BroadcastError, RecipientError, UnknownTokenError
from hub.dispatch.model import AlertState, AlertTimes, MessageKind, RecallReason, Stage
from hub.dispatch.recipient import Grade, Reach, RecipientKind
from hub.dispatch.tables import broadcast_screenings, held_alerts, unpublished_messages, waiting_chains
from hub.sites import EVERY_SITE, Sites
from protocol.ids import CaseId, SiteId
from protocol.keys import SigningKey
from tests.support.desk import MINUTE, Desk, Intake, police_desk
from tests.support.gateway import Gateway, Mood

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

DAY = 24 * 60 * MINUTE
REPORT = Report(
    CaseId("bd/c-7q2mfx4k"), SiteId("bd/benapole"), frozenset({"in"}), "Called the mother back.", "GD entry seen."
)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as serving:
        yield serving


@pytest.fixture
def other() -> Iterator[Gateway]:
    with Gateway() as serving:
        yield serving


@pytest.fixture
def holding(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    """A desk at which alerts wait for somebody to look at them."""
    rooms = Desk(tmp_path, database_url, times=AlertTimes())
    yield rooms
    rooms.database.close()


def work(desk: Desk) -> None:
    dispatcher = desk.dispatcher()
    dispatcher.look_at_the_clock()
    dispatcher.publish()
    dispatcher.deliver()


def state(desk: Desk) -> AlertState:
    with desk.database.read() as connection:
        return desk.dispatch.alerts(connection, EVERY_SITE)[0]


def recall(desk: Desk) -> None:
    with desk.database.begin() as connection:
        alert = desk.dispatch.alerts(connection, EVERY_SITE)[0].alert
        desk.dispatch.recall(connection, alert.id, EVERY_SITE, RecallReason.MISTAKE, actor="amina", at=desk.clock())


def token(text: str) -> str:
    return text.split("/acknowledge/")[1].split(maxsplit=1)[0]


def test_alert_goes_out_before_anyone_could_look_at_it(holding: Desk, gateway: Gateway) -> None:
    holding.add_recipient(police_desk(gateway.url))
    holding.confirm(holding.open_review())
    work(holding)
    assert state(holding).stage is Stage.HELD
    assert gateway.taken == []
    alert = state(holding).alert
    with holding.database.begin() as connection:
        (shown,) = holding.dispatch.previews(connection, alert.id, EVERY_SITE)
        holding.dispatch.send(connection, alert.id, EVERY_SITE, actor="amina", at=holding.clock())
    work(holding)
    assert len(gateway.taken) == 1
    assert gateway.taken[0].replace(token(gateway.taken[0]), "") == shown.body.replace(token(shown.body), "")
    with pytest.raises(UnknownTokenError), holding.database.begin() as connection:
        holding.dispatch.acknowledging.by_link(connection, token(shown.body), holding.clock())
    with pytest.raises(AlertStageError), holding.database.begin() as connection:
        holding.dispatch.send(connection, alert.id, EVERY_SITE, actor="bimal", at=holding.clock())


def test_alert_that_nobody_looks_at_waits_for_ever(holding: Desk, gateway: Gateway) -> None:
    holding.add_recipient(police_desk(gateway.url))
    holding.confirm(holding.open_review())
    holding.clock.now += 10 * MINUTE
    work(holding)
    assert len(gateway.taken) == 1


def test_alert_recalled_before_it_was_sent_goes_out(holding: Desk, gateway: Gateway) -> None:
    holding.add_recipient(police_desk(gateway.url))
    holding.confirm(holding.open_review())
    recall(holding)
    holding.clock.now += DAY
    work(holding)
    assert gateway.taken == []
    assert state(holding).stage is Stage.RECALLED
    # A Cancel without the Alert that it cancels would mean nothing to a reader of the feed.
    assert list(holding.feed.glob("*.xml")) == []


def test_next_in_turn_is_not_told_when_nobody_acknowledges(desk: Desk, gateway: Gateway, other: Gateway) -> None:
    desk.add_recipient(police_desk(gateway.url, name="Jashore"))
    desk.add_recipient(police_desk(other.url, name="Dhaka", turn=2))
    desk.confirm(desk.open_review())
    work(desk)
    desk.clock.now += 29 * MINUTE
    work(desk)
    assert (len(gateway.taken), len(other.taken)) == (1, 0)
    desk.clock.now += MINUTE
    work(desk)
    assert (len(gateway.taken), len(other.taken)) == (1, 1)
    assert AuditAction.ALERT_ESCALATED in desk.actions()


def test_next_in_turn_is_told_although_somebody_acknowledged(desk: Desk, gateway: Gateway, other: Gateway) -> None:
    desk.add_recipient(police_desk(gateway.url))
    desk.add_recipient(police_desk(other.url, turn=2))
    desk.confirm(desk.open_review())
    work(desk)
    with desk.database.begin() as connection:
        desk.dispatch.acknowledging.by_link(connection, token(gateway.taken[0]), desk.clock())
        desk.dispatch.acknowledging.by_link(connection, token(gateway.taken[0]), desk.clock())
    desk.clock.now += 31 * MINUTE
    work(desk)
    assert other.taken == []
    kinds = [one.message.kind for one in state(desk).messages]
    assert kinds == [MessageKind.ACKNOWLEDGEMENT, MessageKind.ALERT] or kinds[0] is MessageKind.ALERT
    assert kinds.count(MessageKind.ACKNOWLEDGEMENT) == 1


def test_desk_of_one_kind_answers_for_another(desk: Desk, gateway: Gateway, other: Gateway) -> None:
    desk.add_recipient(police_desk(gateway.url))
    desk.add_recipient(police_desk(other.url, kind=RecipientKind.SHELTER, turn=3))
    desk.confirm(desk.open_review())
    work(desk)
    assert (len(gateway.taken), len(other.taken)) == (1, 1)


def test_follow_ups_do_not_come_or_do_not_end_with_the_case(desk: Desk, gateway: Gateway) -> None:
    desk.add_recipient(police_desk(gateway.url))
    desk.confirm(desk.open_review())
    work(desk)
    for days, messages in ((1, 2), (3, 2), (7, 3)):
        desk.clock.now = state(desk).alert.raised_at + days * DAY
        work(desk)
        assert len(gateway.taken) == messages
    desk.over.add(state(desk).alert.case)
    desk.clock.now += 30 * DAY
    work(desk)
    assert len(gateway.taken) == 3
    assert "Its case is still open" in gateway.taken[-1]


def test_recall_misses_someone_who_got_the_alert(desk: Desk, gateway: Gateway, other: Gateway) -> None:
    desk.add_recipient(police_desk(gateway.url))
    removed = desk.add_recipient(police_desk(other.url, name="Former"))
    desk.confirm(desk.open_review())
    work(desk)
    with desk.database.begin() as connection:
        desk.dispatch.directory.remove(connection, removed.id, EVERY_SITE, actor="root", at=desk.clock())
    other.mood = Mood.BROKEN
    recall(desk)
    work(desk)
    found = state(desk).recall
    assert found is not None
    assert not found.complete
    other.mood = Mood.TAKES
    desk.clock.now += MINUTE
    work(desk)
    found = state(desk).recall
    assert found is not None
    assert found.complete
    assert "no longer holds" in gateway.taken[-1]
    assert "no longer holds" in other.taken[-1]


def test_recalled_alert_goes_on_being_sent(desk: Desk, gateway: Gateway) -> None:
    gateway.mood = Mood.BROKEN
    desk.add_recipient(police_desk(gateway.url))
    desk.confirm(desk.open_review())
    work(desk)
    recall(desk)
    gateway.mood = Mood.TAKES
    desk.clock.now += 60 * MINUTE
    work(desk)
    desk.clock.now += 60 * DAY
    work(desk)
    assert ["no longer holds" in text for text in gateway.taken] == [False, True]


def test_documents_of_an_alert_are_not_signed_by_the_hub(desk: Desk) -> None:
    desk.confirm(desk.open_review())
    recall(desk)
    work(desk)
    key = SigningKey(b"\7" * 32).public
    for path in desk.feed.glob("*.xml"):
        key.verify(SIGNATURE_CONTEXT + path.read_bytes(), path.with_suffix(".xml.sig").read_bytes())
    assert len(list(desk.feed.glob("*.xml"))) == 2


def test_recipients_of_another_site_case_or_country_get_an_alert(desk: Desk, gateway: Gateway) -> None:
    for reach, of, told in (
        (Reach.CASE, "bd/c-7q2mfx4k", True),
        (Reach.CASE, "bd/c-other", False),
        (Reach.SITE, "bd/benapole", True),
        (Reach.SITE, "bd/darshana", False),
        (Reach.COUNTRY, "bd", True),
        (Reach.COUNTRY, "in", False),
    ):
        desk.add_recipient(police_desk(f"{gateway.url}/{int(told)}/{reach}", reach=reach, of=of))
    # One address twice counts by its narrowest entry.
    desk.add_recipient(police_desk(f"{gateway.url}/1/case", reach=Reach.SITE, of="bd/benapole", grade=Grade.CASE))
    desk.confirm(desk.open_review())
    work(desk)
    assert len(gateway.taken) == 3
    assert not any("c-7q2mfx4k" in text for text in gateway.taken)


def test_thief_of_the_database_reads_an_address_or_can_acknowledge(desk: Desk, gateway: Gateway) -> None:
    desk.add_recipient(
        police_desk("mailtos://hub:hunter2@smtp.example.org/?to=desk@police.example", name="Secret desk")
    )
    desk.add_recipient(police_desk(gateway.url))
    desk.confirm(desk.open_review())
    desk.dispatcher().look_at_the_clock()
    with desk.database.read() as connection:
        previews = desk.dispatch.previews(
            connection, desk.dispatch.alerts(connection, EVERY_SITE)[0].alert.id, EVERY_SITE
        )
    assert len(previews) == 2
    stolen = desk.stolen()
    for private in (b"hunter2", b"desk@police.example", b"Secret desk"):
        assert private not in stolen


def test_site_s_dispatcher_keeps_the_recipients_of_others(desk: Desk, gateway: Gateway) -> None:
    national = desk.add_recipient(police_desk(gateway.url))
    here = Sites(frozenset({SiteId("bd/benapole")}))
    with desk.database.begin() as connection:
        directory = desk.dispatch.directory
        assert directory.listed(connection, here) == []
        with pytest.raises(RecipientError):
            directory.remove(connection, national.id, here, actor="bimal", at=desk.clock())
        with pytest.raises(RecipientError):
            directory.add(connection, police_desk(gateway.url, of="in"), here, actor="bimal", at=desk.clock())


@pytest.mark.parametrize("entered", [{"of": "not a hub"}, {"name": " "}, {"language": "xx"}, {"turn": 0}])
def test_recipient_that_cannot_be_is_taken(desk: Desk, gateway: Gateway, entered: dict[str, object]) -> None:
    with pytest.raises(RecipientError):
        desk.add_recipient(police_desk(gateway.url, **entered))


def test_broadcast_goes_out_by_one_person(desk: Desk, gateway: Gateway) -> None:
    desk.add_recipient(police_desk(gateway.url, of="in"))
    with desk.database.begin() as connection:
        report = desk.dispatch.broadcasts.propose(connection, REPORT, desk.amina, desk.clock())
    with pytest.raises(BroadcastError), desk.database.begin() as connection:
        desk.dispatch.screen(connection, report, Verdict.APPROVED, desk.amina, desk.clock())
    with pytest.raises(DBAPIError), desk.database.begin() as connection:
        connection.execute(
            broadcast_screenings.insert().values(
                broadcast_id=report, verdict="approved", screened_by=desk.amina.id, screened_at=0
            )
        )
    work(desk)
    assert gateway.taken == []
    with desk.database.begin() as connection:
        desk.dispatch.screen(connection, report, Verdict.APPROVED, desk.bimal, desk.clock())
    work(desk)
    assert "Two people have checked the report" in gateway.taken[0]


def test_refused_or_unfounded_report_goes_out(desk: Desk) -> None:
    unfounded = Report(REPORT.case, REPORT.site, frozenset(), "A call.", "None.")
    with pytest.raises(BroadcastError), desk.database.begin() as connection:
        desk.dispatch.broadcasts.propose(connection, unfounded, desk.amina, desk.clock())
    with desk.database.begin() as connection:
        report = desk.dispatch.broadcasts.propose(connection, REPORT, desk.amina, desk.clock())
        desk.dispatch.screen(connection, report, Verdict.REFUSED, desk.bimal, desk.clock())
    with desk.database.read() as connection:
        assert desk.dispatch.alert_count(connection, EVERY_SITE) == 0
        assert desk.dispatch.broadcasts.waiting(connection, EVERY_SITE) == []


def test_alerts_of_the_past_are_looked_at_each_second(desk: Desk, gateway: Gateway, other: Gateway) -> None:
    desk.add_recipient(police_desk(gateway.url))
    desk.add_recipient(police_desk(other.url, turn=2))
    for number in range(3):
        desk.confirm(desk.open_review(Intake(reference=f"PAST-{number}")))
    work(desk)
    with desk.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(waiting_chains)) == 3
    with desk.database.begin() as connection:
        desk.dispatch.acknowledging.by_link(connection, token(gateway.taken[0]), desk.clock())
    recall(desk)
    work(desk)
    desk.clock.now += 31 * MINUTE
    for _ in range(2):  # Whose turn it was is told, and then nobody is left.
        work(desk)
        desk.clock.now += 31 * MINUTE
    with desk.database.read() as connection:
        for table in (waiting_chains, unpublished_messages, held_alerts):
            assert connection.scalar(select(func.count()).select_from(table)) == 0
        assert not desk.dispatch.schedule.has_work(connection, desk.clock())
