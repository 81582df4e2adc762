"""Heads leave the hub while it runs: to a file, and by mail; and what happens where they cannot."""

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from hub.clock import HOUR
from hub.dispatch.service import Witness, load_witnesses
from hub.witness import HeadKeeper
from protocol.ids import HubId
from tests.hub.audit.trail import Administrator, Trail
from tests.support.mail import MailServer

# Apprise's own; it goes with Python 3.13.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@pytest.fixture
def trail(tmp_path: Path) -> Trail:
    trail = Trail(tmp_path)
    trail.write(3)
    return trail


def keeper(trail: Trail, *, file: Path | None = None, witnesses: Sequence[Witness] = ()) -> HeadKeeper:
    return HeadKeeper(
        trail.log,
        hub=HubId("bd"),
        witness_file=file,
        witnesses=witnesses,
        clock=lambda: trail.now,
    )


def witnesses_of(folder: Path, mail: MailServer, *names: str) -> list[Witness]:
    path = folder / "witnesses"
    path.write_text("\n".join(f"{mail.url}{name}@ngo.example" for name in names))
    path.chmod(0o600)
    return load_witnesses(path)


def test_heads_in_the_file_find_a_trail_that_was_cut_and_signed_anew(trail: Trail, tmp_path: Path) -> None:
    file = tmp_path / "witness"
    keeping = keeper(trail, file=file)
    keeping.work()
    trail.write(2)
    keeping.work()
    keeping.work()
    assert [head.size for head in trail.log.read_heads(file.read_text())] == [3, 5]
    administrator = Administrator(trail.url)
    administrator.rewrite([])
    administrator.do("DELETE FROM audit_heads")
    trail.head_file.unlink()
    trail.write(9)
    trail.sign()
    assert trail.verify().findings == ()
    assert len(trail.verify(file.read_text()).findings) == 2


def test_mail_that_a_witness_keeps_is_a_head(trail: Trail, tmp_path: Path) -> None:
    with MailServer() as mail:
        keeper(trail, witnesses=witnesses_of(tmp_path, mail, "watch")).work()
    (message,) = mail.taken
    assert message["subject"] == "Audit trail of the hub bd"
    body = message.get_body(("plain",))
    assert body is not None
    assert [head.size for head in trail.log.read_heads(body.get_content())] == [3]


def test_witness_is_not_written_to_more_often_than_each_hour(trail: Trail, tmp_path: Path) -> None:
    with MailServer() as mail:
        keeping = keeper(trail, witnesses=witnesses_of(tmp_path, mail, "watch"))
        for _ in range(3):
            trail.write(1)
            keeping.work()
        assert len(mail.taken) == 1
        trail.now += HOUR
        keeping.work()
        keeping.work()
        trail.now += HOUR
        keeping.work()
        assert len(mail.taken) == 2, "an unchanged trail is not sent again"


def test_mail_that_was_not_taken_is_sent_again_to_that_witness_alone(trail: Trail, tmp_path: Path) -> None:
    mail = MailServer()
    keeping = keeper(trail, witnesses=witnesses_of(tmp_path, mail, "first", "second"))
    keeping.work()
    with mail:
        keeping.work()
        keeping.work()
    assert sorted(str(message["to"]) for message in mail.taken) == ["first@ngo.example", "second@ngo.example"]


def test_file_that_cannot_be_written_stops_neither_heads_nor_mail(trail: Trail, tmp_path: Path) -> None:
    with MailServer() as mail:
        keeping = keeper(trail, file=tmp_path / "absent" / "witness", witnesses=witnesses_of(tmp_path, mail, "watch"))
        keeping.work()
        assert len(mail.taken) == 1
    (tmp_path / "absent").mkdir()
    keeping.work()
    assert len(trail.log.read_heads((tmp_path / "absent" / "witness").read_text())) == 1


def test_rewritten_trail_is_not_signed_and_does_not_end_the_worker(trail: Trail, tmp_path: Path) -> None:
    file = tmp_path / "witness"
    keeping = keeper(trail, file=file)
    keeping.work()
    Administrator(trail.url).rewrite([])
    keeping.work()
    assert len(trail.log.read_heads(file.read_text())) == 1
    stop = threading.Event()
    stop.set()
    keeping.run(stop)
