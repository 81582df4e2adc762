"""The second factor at sign-in: set-up, codes that work once, guesses, recovery codes, and what a thief finds."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.access.service import (
    AccessService,
    HalfSignedIn,
    Origin,
    Role,
    SecondFactorPolicy,
    SecondFactorRefusedError,
    SessionEndedError,
    SignedIn,
    SignInDelayedError,
    Step,
)
from hub.audit.service import AuditAction
from hub.sites import EVERY_SITE
from tests.support.authenticator import Authenticator
from tests.support.desk import MINUTE, PASSWORD, QUICK_HASHER, Desk

HERE = Origin("10.0.0.5", None)
ELSEWHERE = Origin("10.0.0.99", None)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    rooms = Desk(tmp_path, second_factor=SecondFactorPolicy.REQUIRED)
    yield rooms
    rooms.database.close()


def begin(desk: Desk, name: str = "amina", origin: Origin = HERE) -> HalfSignedIn:
    half = desk.access.sign_ins.begin(name, PASSWORD, origin)
    assert isinstance(half, HalfSignedIn)
    return half


def set_up(desk: Desk, name: str = "amina") -> tuple[Authenticator, tuple[str, ...], SignedIn]:
    """As the pages do it, for the first time; half a minute later, so that the next code is a fresh one."""
    half = begin(desk, name)
    offer = desk.access.sign_ins.offer_second_factor(half.operator)
    phone = Authenticator(offer.secret, desk.clock)
    signed_in, codes = desk.access.sign_ins.set_up_second_factor(half.token, offer.sealed, phone.code(), HERE)
    assert isinstance(signed_in, SignedIn)
    desk.clock.now += 30_000
    return phone, codes, signed_in


def give(desk: Desk, code: str, origin: Origin = HERE, name: str = "amina") -> SignedIn:
    signed_in = desk.access.sign_ins.give_code(begin(desk, name, origin).token, code, origin)
    assert isinstance(signed_in, SignedIn)
    return signed_in


def refuse(desk: Desk, code: str, origin: Origin = HERE) -> None:
    with pytest.raises(SecondFactorRefusedError):
        give(desk, code, origin)


def test_password_alone_opens_a_session(desk: Desk) -> None:
    set_up(desk)
    half = begin(desk)
    assert half.step is Step.CODE
    with pytest.raises(SessionEndedError):
        desk.access.recognise(half.token)


def test_password_alone_is_enough_where_nothing_is_set_up_yet(desk: Desk) -> None:
    half = begin(desk)
    assert half.step is Step.SET_UP
    with pytest.raises(SessionEndedError):
        desk.access.recognise(half.token)
    with pytest.raises(SecondFactorRefusedError):
        desk.access.sign_ins.give_code(half.token, "000000", HERE)


def test_session_opens_by_password_and_code(desk: Desk) -> None:
    phone, _, _ = set_up(desk)
    signed_in = give(desk, phone.code())
    assert desk.access.recognise(signed_in.session_token).operator.name == "amina"
    assert desk.audited()[-1].detail == {"proof": "authenticator"}


def test_code_seen_over_a_shoulder_works_again(desk: Desk) -> None:
    phone, _, _ = set_up(desk)
    code = phone.code()
    give(desk, code)
    refuse(desk, code)
    desk.clock.now += 20_000
    refuse(desk, code)


def test_code_of_the_set_up_works_again_at_the_next_sign_in(desk: Desk) -> None:
    phone, _, _ = set_up(desk)
    refuse(desk, phone.code(-30))


def test_earlier_code_works_after_a_later_one(desk: Desk) -> None:
    phone, _, _ = set_up(desk)
    earlier = phone.code()
    desk.clock.now += 30_000
    give(desk, phone.code())
    refuse(desk, earlier)


def test_one_code_opens_two_sessions_when_it_comes_twice_at_once(desk: Desk) -> None:
    phone, _, _ = set_up(desk)
    code, halves = phone.code(), [begin(desk).token for _ in range(4)]
    opened: list[SignedIn | HalfSignedIn] = []

    def attempt(token: str) -> None:
        try:
            opened.append(desk.access.sign_ins.give_code(token, code, HERE))
        except (SecondFactorRefusedError, SignInDelayedError):
            return

    threads = [threading.Thread(target=attempt, args=(token,)) for token in halves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 1


def test_phone_whose_clock_is_half_a_minute_wrong_locks_its_owner_out(desk: Desk) -> None:
    phone, _, _ = set_up(desk)
    give(desk, phone.code(30))
    desk.clock.now += 90_000
    give(desk, phone.code(-30))


def test_code_of_a_colleague_fits(desk: Desk) -> None:
    set_up(desk)
    other, _, _ = set_up(desk, "bimal")
    refuse(desk, other.code())


def test_who_knows_the_password_guesses_codes_without_end(desk: Desk) -> None:
    phone, _, _ = set_up(desk)
    half = begin(desk)
    for _ in range(4):
        with pytest.raises(SecondFactorRefusedError):
            desk.access.sign_ins.give_code(half.token, "000000", HERE)
    with pytest.raises(SignInDelayedError, match="10 seconds"):
        desk.access.sign_ins.give_code(half.token, phone.code(), HERE)


def test_right_password_in_between_resets_the_count_of_wrong_codes(desk: Desk) -> None:
    set_up(desk)
    for _ in range(2):
        refuse(desk, "000000")
    with pytest.raises((SecondFactorRefusedError, SignInDelayedError)):
        give(desk, "000000")
    with pytest.raises(SignInDelayedError):
        begin(desk)


def test_guesses_from_many_addresses_do_not_add_up(desk: Desk) -> None:
    set_up(desk)
    for number in range(5):
        refuse(desk, "000000", Origin(f"10.0.1.{number}", None))
    half = begin(desk, origin=Origin("10.0.1.77", None))
    with pytest.raises(SignInDelayedError):
        desk.access.sign_ins.give_code(half.token, "000000", Origin("10.0.1.77", None))


def test_who_guesses_codes_elsewhere_locks_a_colleague_out_of_her_own_browser(desk: Desk) -> None:
    phone, _, signed_in = set_up(desk)
    for number in range(8):
        origin = Origin(f"10.0.1.{number}", None)
        half = begin(desk, origin=origin)
        with pytest.raises((SecondFactorRefusedError, SignInDelayedError)):
            desk.access.sign_ins.give_code(half.token, "000000", origin)
    give(desk, phone.code(), Origin("10.0.1.200", signed_in.device_token))


def test_recovery_code_works_twice(desk: Desk) -> None:
    _, codes, _ = set_up(desk)
    assert len(set(codes)) == 10
    give(desk, codes[3].upper().replace("-", " "))
    assert AuditAction.RECOVERY_CODE_USED in desk.actions()
    refuse(desk, codes[3])
    give(desk, codes[4])


def test_recovery_code_of_a_colleague_fits(desk: Desk) -> None:
    set_up(desk)
    _, codes, _ = set_up(desk, "bimal")
    refuse(desk, codes[0])


def test_earlier_recovery_codes_work_after_new_ones_were_made(desk: Desk) -> None:
    _, codes, _ = set_up(desk)
    renewed = desk.access.own.renew_recovery_codes(desk.amina)
    refuse(desk, codes[0])
    give(desk, renewed[0])


def test_stolen_database_opens_an_account(desk: Desk) -> None:
    half = begin(desk)
    offer = desk.access.sign_ins.offer_second_factor(half.operator)
    phone = Authenticator(offer.secret, desk.clock)
    _, codes = desk.access.sign_ins.set_up_second_factor(half.token, offer.sealed, phone.code(), HERE)
    stolen = desk.stolen()
    for secret in (offer.secret, offer.secret.replace(" ", ""), *codes, codes[0].replace("-", "").upper(), half.token):
        assert secret.encode() not in stolen


def test_set_up_without_a_code_of_the_secret_counts(desk: Desk) -> None:
    half = begin(desk)
    offer = desk.access.sign_ins.offer_second_factor(half.operator)
    with pytest.raises(SecondFactorRefusedError, match="clock of your phone"):
        desk.access.sign_ins.set_up_second_factor(half.token, offer.sealed, "000000", HERE)
    assert begin(desk).step is Step.SET_UP
    assert desk.access.sign_ins.offer_second_factor(half.operator, offer.sealed) == offer


def test_secret_offered_to_a_colleague_can_be_planted(desk: Desk) -> None:
    half, other = begin(desk), begin(desk, "bimal")
    offer = desk.access.sign_ins.offer_second_factor(other.operator)
    code = Authenticator(offer.secret, desk.clock).code()
    with pytest.raises(SecondFactorRefusedError):
        desk.access.sign_ins.set_up_second_factor(half.token, offer.sealed, code, HERE)
    for sealed in ("", "x", "é", "AAAA"):
        with pytest.raises(SecondFactorRefusedError):
            desk.access.sign_ins.set_up_second_factor(half.token, sealed, code, HERE)


def test_who_knows_the_password_replaces_a_second_factor_at_sign_in(desk: Desk) -> None:
    set_up(desk)
    half = begin(desk)
    offer = desk.access.sign_ins.offer_second_factor(half.operator)
    code = Authenticator(offer.secret, desk.clock).code()
    with pytest.raises(SessionEndedError):
        desk.access.sign_ins.set_up_second_factor(half.token, offer.sealed, code, HERE)


def test_unfinished_sign_in_waits_for_ever(desk: Desk) -> None:
    phone, _, _ = set_up(desk)
    half = begin(desk)
    desk.clock.now += 10 * MINUTE
    with pytest.raises(SessionEndedError):
        desk.access.sign_ins.give_code(half.token, phone.code(), HERE)


def test_one_password_opens_two_sessions(desk: Desk) -> None:
    phone, _, _ = set_up(desk)
    half = begin(desk)
    desk.access.sign_ins.give_code(half.token, phone.code(), HERE)
    desk.clock.now += 30_000
    with pytest.raises(SessionEndedError):
        desk.access.sign_ins.give_code(half.token, phone.code(), HERE)


def test_second_factor_that_is_set_up_may_be_left_out_where_it_is_optional(desk: Desk) -> None:
    phone, _, _ = set_up(desk)
    optional = AccessService(
        desk.database, desk.clock, desk.vault, second_factor=SecondFactorPolicy.OPTIONAL, hasher=QUICK_HASHER
    )
    half = optional.sign_ins.begin("amina", PASSWORD, HERE)
    assert isinstance(half, HalfSignedIn)
    assert isinstance(optional.sign_ins.give_code(half.token, phone.code(), HERE), SignedIn)
    assert isinstance(optional.sign_ins.begin("bimal", PASSWORD, HERE), SignedIn)


def test_reset_leaves_sessions_or_codes_of_the_lost_phone(desk: Desk) -> None:
    phone, codes, signed_in = set_up(desk)
    waiting = begin(desk)
    with desk.database.begin() as connection:
        desk.access.operators.reset_second_factor(connection, "amina", at=desk.clock(), actor="command:technician")
    with pytest.raises(SessionEndedError):
        desk.access.recognise(signed_in.session_token)
    with pytest.raises(SessionEndedError):
        desk.access.sign_ins.give_code(waiting.token, phone.code(), HERE)
    half = begin(desk)
    assert half.step is Step.SET_UP
    for code in (phone.code(), codes[0]):
        with pytest.raises(SecondFactorRefusedError):
            desk.access.sign_ins.give_code(half.token, code, HERE)
    reset = next(one for one in desk.audited() if one.action is AuditAction.SECOND_FACTOR_RESET)
    assert (reset.actor, reset.subject) == ("command:technician", "amina")


def test_start_password_stays_an_administrators_knowledge(desk: Desk) -> None:
    with desk.database.begin() as connection:
        start = desk.access.operators.add_with_start_password(
            connection, "chandra", {Role.REVIEWER}, EVERY_SITE, at=desk.clock(), actor="farida"
        )
    half = desk.access.sign_ins.begin("chandra", start, HERE)
    assert isinstance(half, HalfSignedIn)
    with pytest.raises(SessionEndedError):
        desk.access.sign_ins.choose_password(half.token, "copper lantern again", HERE)
    offer = desk.access.sign_ins.offer_second_factor(half.operator)
    code = Authenticator(offer.secret, desk.clock).code()
    after, _ = desk.access.sign_ins.set_up_second_factor(half.token, offer.sealed, code, HERE)
    assert isinstance(after, HalfSignedIn)
    assert after.step is Step.OWN_PASSWORD
    assert isinstance(desk.access.sign_ins.choose_password(after.token, "copper lantern again", HERE), SignedIn)
    desk.clock.now += 30_000
    assert isinstance(desk.access.sign_ins.begin("chandra", "copper lantern again", HERE), HalfSignedIn)
