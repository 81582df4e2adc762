"""Consent that is taken back at a unit: something stays, somebody learns what there was, or the hub is not told."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from types import MappingProxyType

import pytest

from edge_agent.bootstrap import Unit, build_desk, build_pipeline, build_withdrawing
from edge_agent.camera.files import FileCamera
from edge_agent.camera.frame import OpenCamera
from edge_agent.consent.page import receipt_page
from edge_agent.intakes.desk import IntakeDesk
from edge_agent.intakes.kept import Progress
from edge_agent.intakes.taken import read_taken
from edge_agent.sightings.request import BasisFacts, IntakeRequest, record_request
from edge_agent.trusted_time import DAY
from models.recogniser import Recogniser
from protocol.basis import Guardian
from protocol.consent_receipt import withdrawal_of
from protocol.envelope import MessageType, Opened, open_envelope
from protocol.erasure import MAX_NUMBERS, ErasureOrder, ErasureRecord, open_erasure
from protocol.person import AgeBand, Sex
from protocol.sighting import LegalBasis
from protocol.topics import UnitChannel
from protocol.withdrawal import Withdrawal, WithdrawalCodeError, read_token, withdrawal_code
from tests.edge_agent.intakes.desk import opened as opened_message
from tests.edge_agent.intakes.desk import records, sightings
from tests.edge_agent.lists import SAMPLES
from tests.edge_agent.site import DECIDED, UNIT, Site, synchronise
from tests.support.consents import TOKEN

KEEPING: Mapping[LegalBasis, int] = MappingProxyType(dict.fromkeys(LegalBasis, 90 * DAY))
MOTHER = record_request(
    legal_basis=LegalBasis.GUARDIAN_CONSENT,
    basis_reference="form 12",
    age_band=AgeBand.ADULT,
    sex=Sex.MALE,
    facts=BasisFacts(guardian=Guardian.MOTHER, child_agrees=True),
)
OFFICIAL = record_request(
    legal_basis=LegalBasis.BEST_INTERESTS, basis_reference="", age_band=AgeBand.ADULT, sex=Sex.MALE, facts=DECIDED
)


def keeping(unit: Unit) -> IntakeDesk:
    """The unit's desk, which keeps templates under any basis."""
    desk = build_desk(unit)
    return replace(desk, rules=replace(desk.rules, keeping=KEEPING))


def photograph(photo: str, unit: Unit) -> OpenCamera:
    """A camera that sees a sample photograph."""
    camera = FileCamera(SAMPLES / photo, unit.clock.now)
    return lambda: nullcontext(camera)


def take(
    unit: Unit,
    recogniser: Recogniser,
    photo: str = "obama2.jpg",
    request: IntakeRequest = MOTHER,
    *,
    keep: bool = False,
) -> str:
    """One intake; the text of its receipt."""
    pipeline = replace(build_pipeline(unit, recogniser), desk=keeping(unit))
    request = replace(request, keep_template=keep)
    return pipeline.take(request, photograph(photo, unit)).receipt.text


def told(site: Site, unit: Unit) -> list[tuple[ErasureRecord, bytes | None]]:
    """What waits for the hub of withdrawals: each signed record, and the token of a receipt that was shown here."""
    found = []
    for number in sorted(unit.outbox.pending(1000)):
        if unit.outbox.channel(number) is UnitChannel.WITHDRAWALS:
            opened = opened_message(site, unit, number, MessageType.WITHDRAWAL)
            message = Withdrawal.from_bytes(opened.payload)
            found.append((open_erasure(message.record, lambda _name: unit.identity.public), message.token))
    return found


def order(site: Site, unit: Unit, withdrawal: bytes, *, every_basis: bool = False) -> Opened:
    """The hub's, as it arrives."""
    repository = site.hub.repository
    envelope = repository.seal(ErasureOrder(withdrawal, every_basis).to_bytes(), MessageType.ERASURE, UNIT)
    return open_envelope(
        envelope,
        recipient=unit.identity,
        find_sender=lambda _name: repository.identity.public,
        expected=MessageType.ERASURE,
    )


def test_intake_that_waits_is_compared_although_its_receipt_was_brought_back(
    listed: Site, unit: Unit, recogniser: Recogniser
) -> None:
    receipt = take(unit, recogniser)
    build_withdrawing(unit).take(receipt)
    synchronise(unit)
    build_desk(unit).settle(unit.loader.load_installed())
    assert sightings(listed, unit) == []
    ((record, token),) = told(listed, unit)
    assert (record.removed, record.numbers, record.kept) == ({"intakes that waited": 1}, (), False)
    assert (record.place, record.withdrawal) == (UNIT, withdrawal_of(token or b""))


@pytest.mark.parametrize("photo", ["obama2.jpg", "biden.jpg"])
def test_message_or_template_stays_and_its_number_is_missing_for_ever(
    listed: Site, unit: Unit, recogniser: Recogniser, photo: str
) -> None:
    synchronise(unit)
    receipt = take(unit, recogniser, photo, keep=True)
    other = take(unit, recogniser, photo, keep=True)
    build_withdrawing(unit).take(withdrawal_code(read_token(receipt)))
    assert [sighting.reference for sighting in sightings(listed, unit)] != []
    assert len(records(unit)) == 1
    ((record, _),) = told(listed, unit)
    assert (record.removed, record.numbers) == ({"kept templates": 1, "messages": 1}, (1,))
    build_withdrawing(unit).take(other)
    assert (sightings(listed, unit), records(unit)) == ([], [])
    assert unit.outbox.counts().erased == 0


def test_bytes_of_what_was_taken_back_stay_in_the_files(listed: Site, unit: Unit, recogniser: Recogniser) -> None:
    synchronise(unit)
    receipt = take(unit, recogniser, keep=True)
    with unit.database.reading() as tables:
        sealed = [
            bytes(row[0])
            for row in tables.execute("SELECT sealed FROM kept UNION ALL SELECT sealed_envelope FROM outbox")
        ]
    files = [unit.settings.data / "unit.sqlite", unit.settings.data / "unit.sqlite-wal"]
    before = b"".join(file.read_bytes() for file in files if file.exists())
    # SQLite lays a long value over several pages: what is looked for lies inside one.
    pieces = [value[200:264] for value in sealed]
    assert len(pieces) == 2
    assert all(piece in before for piece in pieces)
    build_withdrawing(unit).take(receipt)
    after = b"".join(file.read_bytes() for file in files if file.exists())
    assert [piece for piece in pieces if piece in after] == []


def test_receipt_of_another_unit_is_not_handed_on(listed: Site, unit: Unit, recogniser: Recogniser) -> None:
    synchronise(unit)
    take(unit, recogniser)
    build_withdrawing(unit).take(withdrawal_code(TOKEN))
    ((record, token),) = told(listed, unit)
    assert (record.removed, record.numbers, token) == ({}, (), TOKEN)
    assert len(sightings(listed, unit)) == 1


def test_message_tells_by_its_length_whether_there_was_something(
    listed: Site, unit: Unit, recogniser: Recogniser
) -> None:
    synchronise(unit)
    receipt = take(unit, recogniser, keep=True)
    build_withdrawing(unit).take(receipt)
    build_withdrawing(unit).take(receipt)
    build_withdrawing(unit).take(withdrawal_code(TOKEN))
    lengths = {len(unit.outbox.envelope(number) or b"") for number in unit.outbox.pending(10)}
    assert len(lengths) == 1
    assert len(told(listed, unit)) == 3


@pytest.mark.parametrize("keep", [False, True])
def test_receipt_ends_what_no_consent_permitted(
    listed: Site, unit: Unit, recogniser: Recogniser, *, keep: bool
) -> None:
    synchronise(unit)
    receipt = take(unit, recogniser, request=OFFICIAL, keep=keep)
    build_withdrawing(unit).take(receipt)
    assert len(sightings(listed, unit)) == 1
    assert len(records(unit)) == int(keep)
    ((record, _),) = told(listed, unit)
    assert (record.removed, record.kept) == ({}, True)
    # Two people of the desk may ask for it all the same.
    build_withdrawing(unit).obey(order(listed, unit, record.withdrawal, every_basis=True))
    assert (sightings(listed, unit), records(unit)) == ([], [])
    assert told(listed, unit)[-1][0].numbers == (1,)


def test_order_that_the_broker_repeats_fills_the_outbox(listed: Site, unit: Unit, recogniser: Recogniser) -> None:
    synchronise(unit)
    receipt = take(unit, recogniser)
    first = order(listed, unit, withdrawal_of(read_token(receipt)))
    later = order(listed, unit, withdrawal_of(read_token(receipt)))
    withdrawing = build_withdrawing(unit)
    for arrived in (first, first, later, first, later):
        withdrawing.obey(arrived)
    assert [(record.removed, token) for record, token in told(listed, unit)] == [({"messages": 1}, None), ({}, None)]


def test_intake_that_is_erased_while_it_is_compared_is_sent_all_the_same(
    listed: Site, unit: Unit, recogniser: Recogniser
) -> None:
    receipt = take(unit, recogniser, keep=True)
    synchronise(unit)
    desk, watchlist = keeping(unit), unit.loader.load_installed()
    (number,) = unit.intakes.numbers("waiting", 10)
    content = unit.intakes.content("waiting", number)
    assert content is not None
    build_withdrawing(unit).take(receipt)
    desk._compare(number, read_taken(content), watchlist)
    assert (sightings(listed, unit), records(unit)) == ([], [])


def test_template_that_is_erased_while_it_is_searched_for_is_told_all_the_same(
    listed: Site, unit: Unit, recogniser: Recogniser
) -> None:
    synchronise(unit)
    receipt = take(unit, recogniser, keep=True)
    desk, watchlist = keeping(unit), unit.loader.load_installed()
    (kept,) = records(unit)
    (number,) = unit.intakes.numbers("kept", 10)
    build_withdrawing(unit).take(receipt)
    found = desk.later._search(number, kept, watchlist, Progress(0, (), 0))
    with unit.database.transaction() as tables:
        desk.later._tell(tables, number, kept, found)
    assert (sightings(listed, unit), records(unit)) == ([], [])


def test_numbers_that_do_not_fit_into_one_record_are_left_out(listed: Site, unit: Unit, recogniser: Recogniser) -> None:
    synchronise(unit)
    receipt = take(unit, recogniser, "biden.jpg", keep=True)
    desk, watchlist = keeping(unit), unit.loader.load_installed()
    for days in range(1, MAX_NUMBERS + 2):
        desk.later.hold(watchlist, replace(unit.clock.moment(), at=unit.clock.now() + days * DAY, latest=None))
    sent = len(sightings(listed, unit))
    assert sent > MAX_NUMBERS
    build_withdrawing(unit).take(receipt)
    numbers = [number for record, _ in told(listed, unit) for number in record.numbers]
    assert numbers == list(range(1, sent + 1))
    assert sightings(listed, unit) == []


def test_receipt_shows_a_code_that_does_not_withdraw(unit: Unit, recogniser: Recogniser) -> None:
    pipeline = build_pipeline(unit, recogniser)
    receipt = pipeline.take(MOTHER, photograph("biden.jpg", unit)).receipt
    page = receipt_page(receipt)
    printed = page[page.index("MCAW-") :].partition("<")[0]
    assert read_token(printed) == receipt.receipt.token


def test_mistyped_code_is_taken_for_a_receipt(listed: Site, unit: Unit) -> None:
    code = withdrawal_code(TOKEN)
    with pytest.raises(WithdrawalCodeError):
        build_withdrawing(unit).take(code[:-1] + ("A" if code[-1] != "A" else "B"))
    assert told(listed, unit) == []


def test_command_shows_or_logs_what_there_was(listed: Site, unit: Unit, recogniser: Recogniser) -> None:
    synchronise(unit)
    receipts = [take(unit, recogniser, photo) for photo in ("obama2.jpg", "biden.jpg")]
    given = [*receipts, withdrawal_code(TOKEN)]
    done = [listed.run("withdraw", text) for text in given]
    assert {(one.returncode, one.stdout) for one in done} == {(0, done[0].stdout)}
    assert "Received" in done[0].stdout
    logs = [[line.partition('"timestamp"')[0] for line in one.stderr.splitlines()] for one in done]
    assert len({len(lines) for lines in logs}) == 1
    for text, one in zip(given, done, strict=True):
        assert read_token(text).hex() not in one.stderr
        assert text[10:40] not in one.stderr
    assert len(told(listed, unit)) == 3
    wrong = listed.run("withdraw", "MCAW-AAAA")
    assert (wrong.returncode, "eight groups" in wrong.stderr) == (1, True)
