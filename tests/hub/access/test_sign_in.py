"""Signing in, and those who try to sign in as someone else."""

import threading
from pathlib import Path
from typing import Literal

import pytest
from argon2 import PasswordHasher

from hub.access.service import (
    AccessService,
    OperatorNameError,
    Origin,
    PasswordRuleError,
    Role,
    SessionEndedError,
    SessionLimits,
    SignedIn,
    SignInDelayedError,
    SignInRefusedError,
)
from hub.audit.service import AuditAction
from hub.sites import EVERY_SITE
from tests.support.desk import MINUTE, PASSWORD, Desk

HERE, ELSEWHERE = "10.0.0.5", "10.0.0.99"


class CountingHasher(PasswordHasher):
    """Argon2 that counts how often it has checked a password."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.checks = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - the library's name
        """Count, then check."""
        self.checks += 1
        return super().verify(hash, password)


def sign_in(
    desk: Desk, name: str = "amina", password: str = PASSWORD, *, address: str = HERE, device: str | None = None
) -> SignedIn:
    signed_in = desk.access.sign_ins.begin(name, password, Origin(address, device))
    assert isinstance(signed_in, SignedIn)
    return signed_in


def fail(desk: Desk, times: int, *, address: str = HERE, device: str | None = None) -> None:
    for _ in range(times):
        with pytest.raises(SignInRefusedError):
            sign_in(desk, password="not the password", address=address, device=device)


def test_wrong_password_and_unknown_name_read_the_same(desk: Desk) -> None:
    with pytest.raises(SignInRefusedError) as wrong:
        sign_in(desk, password="not the password")
    with pytest.raises(SignInRefusedError) as unknown:
        sign_in(desk, name="nobody")
    assert str(wrong.value) == str(unknown.value)


def test_unknown_name_costs_the_same_work(desk: Desk) -> None:
    hasher = CountingHasher()
    access = AccessService(desk.database, desk.clock, desk.vault, hasher=hasher)

    for name in ("amina", "nobody"):
        with pytest.raises(SignInRefusedError):
            access.sign_ins.begin(name, "not the password", Origin(HERE, None))

    assert hasher.checks == 2


def test_sixth_attempt_in_a_row_has_to_wait_and_the_wait_ends(desk: Desk) -> None:
    fail(desk, 5)

    with pytest.raises(SignInDelayedError, match="10 seconds"):
        sign_in(desk)
    desk.clock.now += 10_000

    assert sign_in(desk).operator == desk.amina


def test_waits_double_up_to_a_quarter_of_an_hour(desk: Desk) -> None:
    fail(desk, 5)
    for _ in range(12):
        desk.clock.now += 15 * MINUTE
        fail(desk, 1)

    with pytest.raises(SignInDelayedError, match="900 seconds"):
        sign_in(desk)


def test_success_forgets_earlier_failures(desk: Desk) -> None:
    fail(desk, 4)
    sign_in(desk)
    fail(desk, 4)
    assert sign_in(desk).operator == desk.amina


def test_stranger_cannot_lock_a_colleague_out_of_her_own_browser(desk: Desk) -> None:
    device = sign_in(desk).device_token

    # The same address, as behind one router or proxy.
    fail(desk, 5)
    with pytest.raises(SignInDelayedError):
        sign_in(desk)

    assert sign_in(desk, device=device).operator == desk.amina


def test_stranger_elsewhere_cannot_lock_a_colleague_out_of_a_new_browser(desk: Desk) -> None:
    fail(desk, 5, address=ELSEWHERE)
    assert sign_in(desk, address=HERE).operator == desk.amina


def test_one_password_is_tried_on_everybody(desk: Desk) -> None:
    def spray(name: str, address: str = ELSEWHERE) -> None:
        with pytest.raises(SignInRefusedError):
            desk.access.sign_ins.begin(name, "winter is coming 2026", Origin(address, None))

    for number in range(50):
        spray(f"colleague{number}")
    with pytest.raises(SignInDelayedError):
        spray("bimal")
    spray("bimal", address=HERE)
    known = sign_in(desk, address=HERE).device_token
    assert sign_in(desk, address=ELSEWHERE, device=known).operator.name == "amina"


def test_known_browser_of_one_person_is_nothing_special_for_another_name(desk: Desk) -> None:
    device = sign_in(desk, name="bimal").device_token
    fail(desk, 5, device=device)
    with pytest.raises(SignInDelayedError):
        sign_in(desk, device=device)


def test_known_browser_may_not_guess_without_end(desk: Desk) -> None:
    device = sign_in(desk).device_token
    fail(desk, 5, device=device)
    with pytest.raises(SignInDelayedError):
        sign_in(desk, device=device)


def test_attempts_at_once_count_before_their_passwords_are_checked(desk: Desk) -> None:
    results: list[type[Exception]] = []

    def attempt() -> None:
        try:
            sign_in(desk, password="not the password")
        except (SignInRefusedError, SignInDelayedError) as error:
            results.append(type(error))

    threads = [threading.Thread(target=attempt) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results.count(SignInRefusedError) == 5
    assert results.count(SignInDelayedError) == 7


def test_delay_reads_the_same_for_a_name_that_does_not_exist(desk: Desk) -> None:
    for _ in range(5):
        with pytest.raises(SignInRefusedError):
            sign_in(desk, name="nobody")
    with pytest.raises(SignInDelayedError):
        sign_in(desk, name="nobody")


def test_password_typed_as_the_name_is_written_down_nowhere(desk: Desk) -> None:
    with pytest.raises(SignInRefusedError):
        sign_in(desk, name="my secret password")

    (refused,) = [entry for entry in desk.audited() if entry.action is AuditAction.OPERATOR_SIGN_IN_REFUSED]
    assert refused.subject == "unknown"
    assert b"my secret password" not in desk.stolen()


def test_session_ends_after_half_an_hour_without_use(desk: Desk) -> None:
    token = sign_in(desk).session_token
    for _ in range(3):
        desk.clock.now += 29 * MINUTE
        assert desk.access.recognise(token).operator == desk.amina
    desk.clock.now += 30 * MINUTE
    with pytest.raises(SessionEndedError) as ended:
        desk.access.recognise(token)
    assert ended.value.operator == desk.amina


def test_session_in_constant_use_ends_after_its_absolute_limit(tmp_path: Path) -> None:
    desk = Desk(tmp_path, limits=SessionLimits(idle=30 * MINUTE, absolute=60 * MINUTE))
    token = sign_in(desk).session_token
    for _ in range(59):
        desk.clock.now += MINUTE
        desk.access.recognise(token)
    desk.clock.now += MINUTE
    with pytest.raises(SessionEndedError):
        desk.access.recognise(token)
    desk.database.close()


def test_signed_out_session_does_not_open_again(desk: Desk) -> None:
    signed_in = sign_in(desk)
    desk.access.sign_out(signed_in.session_token, signed_in.operator)
    with pytest.raises(SessionEndedError):
        desk.access.recognise(signed_in.session_token)


@pytest.mark.parametrize("token", [None, "", "guess", "A" * 43])
def test_made_up_session_is_refused(desk: Desk, token: str | None) -> None:
    with pytest.raises(SessionEndedError):
        desk.access.recognise(token)


def test_stolen_database_holds_no_token_and_no_password(desk: Desk) -> None:
    signed_in = sign_in(desk)
    stolen = desk.stolen()
    assert b"amina" in stolen
    for secret in (signed_in.session_token, signed_in.device_token, PASSWORD):
        assert secret.encode() not in stolen


def test_every_sign_in_gets_tokens_of_its_own(desk: Desk) -> None:
    tokens = [sign_in(desk).session_token for _ in range(3)]
    assert len(set(tokens)) == 3
    assert desk.access.recognise(tokens[0]).form_token != desk.access.recognise(tokens[1]).form_token


def test_hash_with_weaker_parameters_is_renewed_at_sign_in(desk: Desk) -> None:
    stronger = AccessService(
        desk.database, desk.clock, desk.vault, hasher=PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    )
    stronger.sign_ins.begin("amina", PASSWORD, Origin(HERE, None))
    with desk.database.read() as connection:
        stored = connection.exec_driver_sql("SELECT password_hash FROM operators WHERE name = 'amina'").scalar_one()
    assert "m=16,t=2" in stored
    assert sign_in(desk).operator == desk.amina


def test_same_words_from_another_keyboard_are_the_same_password(desk: Desk) -> None:
    composed, decomposed = "caf\u00e9 roof lantern stone", "cafe\u0301 roof lantern stone"
    with desk.database.begin() as connection:
        desk.access.operators.add(connection, "chandra", composed, {Role.REVIEWER}, EVERY_SITE, at=0)
    assert sign_in(desk, name="chandra", password=decomposed).operator.name == "chandra"


def test_name_may_be_typed_with_capitals_and_spaces_around(desk: Desk) -> None:
    assert sign_in(desk, name=" Amina ").operator == desk.amina


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short", "at least 12"),
        ("x" * 257, "at most 256"),
        ("chandra-chandra-1", "must not contain the name"),
        ("aaaaaaaabbbbbbbb", "five different"),
    ],
)
def test_weak_password_is_refused_with_what_a_good_one_is(desk: Desk, password: str, said: str) -> None:
    with pytest.raises(PasswordRuleError, match=said), desk.database.begin() as connection:
        desk.access.operators.add(connection, "chandra", password, {Role.REVIEWER}, EVERY_SITE, at=0)


@pytest.mark.parametrize("name", ["", "a", "Amina", "amina rahman", "-amina", "amina'--", "আমিনা", "a" * 65])
def test_name_that_cannot_be_an_operator_s_is_refused(desk: Desk, name: str) -> None:
    with pytest.raises(OperatorNameError), desk.database.begin() as connection:
        desk.access.operators.add(connection, name, PASSWORD, {Role.REVIEWER}, EVERY_SITE, at=0)


def test_second_account_of_one_name_is_refused(desk: Desk) -> None:
    with pytest.raises(OperatorNameError, match="already"):
        desk.add_operator("amina")


def test_new_account_is_audited_with_its_role(desk: Desk) -> None:
    with desk.database.begin() as connection:
        desk.access.operators.add(
            connection, "devi", PASSWORD, {Role.ADMINISTRATOR}, EVERY_SITE, at=7, actor="technician"
        )
    entry = desk.audited()[-1]
    assert (entry.action, entry.actor, entry.subject, entry.at) == (
        AuditAction.OPERATOR_ADDED,
        "technician",
        "devi",
        7,
    )
    assert entry.detail == {"role": "administrator", "site": "*"}
