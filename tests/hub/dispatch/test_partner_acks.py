"""CAP's Ack of a partner: it counts once, for one delivery, and nothing else passes for one."""

from collections.abc import Iterator

import pytest

from hub.dispatch.cap import NAMESPACE, cap_reference
from hub.dispatch.errors import PartnerAckError, UnknownTokenError
from hub.dispatch.model import AcknowledgedBy, AlertState, MessageKind
from hub.dispatch.partner_ack import read_ack
from hub.dispatch.recipient import RecipientKind
from hub.sites import EVERY_SITE
from tests.support.desk import MINUTE, Desk, police_desk
from tests.support.gateway import Gateway

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@pytest.fixture
def gateway(desk: Desk) -> Iterator[Gateway]:
    """A partner's hub, which has got an alert."""
    with Gateway() as serving:
        desk.add_recipient(police_desk(serving.url, name="Hub of India", kind=RecipientKind.PARTNER_HUB))
        desk.add_recipient(police_desk(serving.url + "/2", kind=RecipientKind.PARTNER_HUB, turn=2))
        desk.confirm(desk.open_review())
        desk.dispatcher().deliver()
        yield serving


def state(desk: Desk) -> AlertState:
    with desk.database.read() as connection:
        return desk.dispatch.alerts(connection, EVERY_SITE)[0]


def token(gateway: Gateway) -> str:
    return gateway.taken[0].split("/acknowledge/")[1].split(maxsplit=1)[0]


def ack(references: str, *, kind: str = "Ack", status: str = "Exercise", namespace: str = NAMESPACE) -> bytes:
    return (
        f'<?xml version="1.0"?><alert xmlns="{namespace}"><identifier>in-1</identifier><sender>in@desk.example</sender>'
        f"<sent>2026-11-22T10:05:00-00:00</sent><status>{status}</status><msgType>{kind}</msgType>"
        f"<scope>Private</scope><references>{references}</references></alert>"
    ).encode()


def reference(desk: Desk) -> str:
    found = state(desk).of(MessageKind.ALERT)
    assert found is not None
    return cap_reference(found.message, desk.settings)


def give(desk: Desk, known: str, document: bytes) -> None:
    with desk.database.begin() as connection:
        desk.dispatch.acknowledging.by_cap(connection, known, document, desk.clock())


def test_ack_of_a_partner_does_not_count_or_counts_twice(desk: Desk, gateway: Gateway) -> None:
    for _ in range(2):
        give(desk, token(gateway), ack(f"other@desk.example,x,2026-11-22T10:00:00-00:00 {reference(desk)}"))
    first = next(one for one in state(desk).deliveries if one.turn == 1)
    assert first.acknowledged is not None
    assert first.acknowledged.by is AcknowledgedBy.CAP
    kinds = [one.message.kind for one in state(desk).messages]
    assert kinds.count(MessageKind.ACKNOWLEDGEMENT) == 1
    # And the next in turn is left in peace.
    desk.clock.now += 31 * MINUTE
    desk.dispatcher().look_at_the_clock()
    desk.dispatcher().deliver()
    assert len(gateway.taken) == 1


def test_ack_of_another_alert_or_of_an_exercise_acknowledges_this_one(desk: Desk, gateway: Gateway) -> None:
    here = reference(desk)
    for document in (
        ack(""),
        ack(here.replace("bd-alert", "in-alert")),
        ack(here[:-1]),
        ack(here, status="Actual"),
        ack(here, kind="Alert"),
        ack(here, kind="Error"),
        ack(here, namespace="urn:oasis:names:tc:emergency:cap:1.1"),
    ):
        with pytest.raises(PartnerAckError):
            give(desk, token(gateway), document)
    assert all(one.acknowledged is None for one in state(desk).deliveries)


def test_ack_without_the_deliverys_token_acknowledges_it(desk: Desk, gateway: Gateway) -> None:
    for known in ("", "A" * 22, token(gateway)[:-1] + "!"):
        with pytest.raises(UnknownTokenError):
            give(desk, known, ack(reference(desk)))


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"\xff\xfe",
        b"<alert/>",
        b'<!DOCTYPE alert [<!ENTITY a "b">]>' + ack("&a;").partition(b"?>")[2],
        b'<!DOCTYPE alert SYSTEM "file:///etc/passwd">' + ack("x").partition(b"?>")[2],
        ack("x").replace(b"<status>", b"<msgType>Alert</msgType><status>"),
    ],
)
def test_what_is_no_ack_is_read_as_one(document: bytes) -> None:
    with pytest.raises(PartnerAckError):
        read_ack(document)
