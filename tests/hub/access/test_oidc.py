"""Signing in at the organisation's identity provider: a real one over TLS, and everything that can be false in it."""

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt

from hub.access.provider_model import Answer
from hub.access.provider_sign_ins import ProviderSignIns
from hub.access.service import (
    HalfSignedIn,
    Origin,
    OwnAccountError,
    ProviderAccount,
    ProviderLinkError,
    ProviderRefusedError,
    ProviderUnavailableError,
    Role,
    SecondFactorPolicy,
    SessionEndedError,
    SessionLimits,
    SignedIn,
    SignInRefusedError,
    Step,
)
from hub.audit.service import AuditAction
from hub.sites import EVERY_SITE, Sites
from protocol.ids import SiteId
from tests.support.authenticator import Authenticator
from tests.support.desk import MINUTE, PASSWORD, Desk, SetClock
from tests.support.provider import CLIENT, Claims, Provider

CONSOLE = "https://desk.example:8443"
HERE = Origin("10.0.0.5", None)
HOUR = 60 * MINUTE

Build = Callable[..., Desk]


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    with Provider(tmp_path, SetClock()) as running:
        yield running


@pytest.fixture
def build(tmp_path: Path, chosen_database: str | None, provider: Provider) -> Iterator[Build]:
    """A desk that is registered with the provider; farida is its administrator, and amina is s-1 there.

    On SQLite, but for those tests whose statements differ: tokens know nothing of databases.
    """
    desks: list[Desk] = []

    def built(policy: SecondFactorPolicy = SecondFactorPolicy.REQUIRED, **more: Any) -> Desk:
        settings = provider.settings(CONSOLE, **{"amr": frozenset({"mfa", "hwk"}), **more})
        desk = Desk(tmp_path, chosen_database, second_factor=policy, clock=provider.clock, provider=settings)
        desks.append(desk)
        desk.add_operator("farida", Role.ADMINISTRATOR)
        link(desk, "amina", provider.issuer)
        return desk

    yield built
    for desk in desks:
        desk.database.close()


@pytest.fixture
def desk(build: Build) -> Desk:
    return build()


def link(desk: Desk, name: str, issuer: str, subject: str = "s-1", *, actor: str = "farida", **more: bool) -> None:
    with desk.database.begin() as connection:
        desk.access.operators.link(
            connection,
            name,
            ProviderAccount(issuer, subject),
            gives_roles=more.get("gives_roles", False),
            at=desk.clock(),
            actor=actor,
        )


def flow(desk: Desk) -> ProviderSignIns:
    assert desk.access.provider is not None
    return desk.access.provider


def answered(back: str) -> tuple[str, Answer]:
    query = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    return query["state"], Answer(query.get("code", ""), query.get("iss", ""), query.get("error", ""))


def come_back(desk: Desk, token: str, back: str) -> SignedIn | HalfSignedIn:
    state, answer = answered(back)
    flow(desk).welcome(token, state)
    return flow(desk).sign_in(token, answer, HERE)


def travel(desk: Desk, provider: Provider, subject: str = "s-1") -> SignedIn | HalfSignedIn:
    outward = flow(desk).begin("", "")
    return come_back(desk, outward.token, provider.approve(outward.address, subject))


def refused(desk: Desk, provider: Provider) -> None:
    with pytest.raises(ProviderRefusedError):
        travel(desk, provider)


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def joined(header: Claims, claims: Claims) -> str:
    return f"{encoded(json.dumps(header).encode())}.{encoded(json.dumps(claims).encode())}"


# What is meant to work.


@pytest.mark.usefixtures("hub_database")
def test_linked_person_is_asked_for_our_code_where_the_provider_asserts_none(desk: Desk, provider: Provider) -> None:
    half = travel(desk, provider)
    assert isinstance(half, HalfSignedIn)
    assert half.step is Step.SET_UP
    offer = desk.access.sign_ins.offer_second_factor(half.operator)
    phone = Authenticator(offer.secret, desk.clock)
    desk.access.sign_ins.set_up_second_factor(half.token, offer.sealed, phone.code(), HERE)
    again = travel(desk, provider)
    assert isinstance(again, HalfSignedIn)
    assert again.step is Step.CODE
    signed_in = desk.access.sign_ins.give_code(again.token, phone.code(30), HERE)
    assert isinstance(signed_in, SignedIn)
    assert signed_in.operator.name == "amina"


@pytest.mark.parametrize("asserted", [{"amr": ["pwd", "mfa"]}, {"acr": "gold"}])
def test_second_factor_that_the_administrator_accepts_is_enough(
    build: Build, provider: Provider, asserted: Claims
) -> None:
    desk = build(acr=frozenset({"gold"}))
    provider.extra = asserted
    signed_in = travel(desk, provider)
    assert isinstance(signed_in, SignedIn)
    entry = next(entry for entry in desk.audited() if entry.action is AuditAction.OPERATOR_SIGNED_IN)
    assert entry.detail["proof"] == "provider-factor"


@pytest.mark.parametrize("asserted", [{"amr": ["pwd"]}, {"acr": "0"}, {"acr": {"gold": 1}}, {}])
def test_second_factor_of_another_kind_is_none(build: Build, provider: Provider, asserted: Claims) -> None:
    desk = build(acr=frozenset({"gold"}))
    provider.extra = asserted
    assert isinstance(travel(desk, provider), HalfSignedIn)


def test_session_from_the_provider_ends_as_any_other_does(build: Build, provider: Provider) -> None:
    desk = build(SecondFactorPolicy.OPTIONAL)
    limits = SessionLimits()
    signed_in = travel(desk, provider)
    assert isinstance(signed_in, SignedIn)
    desk.access.recognise(signed_in.session_token)
    desk.clock.now += limits.idle
    with pytest.raises(SessionEndedError):
        desk.access.recognise(signed_in.session_token)


def test_person_who_has_not_typed_a_password_today_is_not_fresh(build: Build, provider: Provider) -> None:
    desk = build(SecondFactorPolicy.OPTIONAL)
    for claims in ({"auth_time": desk.clock() // 1000 - 3600}, {"auth_time": None}):
        provider.extra = claims
        signed_in = travel(desk, provider)
        assert isinstance(signed_in, SignedIn)
        assert not desk.access.is_fresh(desk.access.recognise(signed_in.session_token))


def test_rotated_keys_are_read_anew(build: Build, provider: Provider) -> None:
    desk = build(SecondFactorPolicy.OPTIONAL)
    travel(desk, provider)
    provider.rotate()
    assert isinstance(travel(desk, provider), SignedIn)


# What others make of it.


def test_wrong_nonce_is_refused(desk: Desk, provider: Provider) -> None:
    provider.extra = {"nonce": "of another browser"}
    refused(desk, provider)
    provider.sign = lambda claims: provider.signed({k: v for k, v in claims.items() if k != "nonce"})
    refused(desk, provider)


def test_wrong_state_is_refused_and_asks_nobody(desk: Desk, provider: Provider) -> None:
    outward = flow(desk).begin("", "")
    for state in ("", "x" * 43, "ü"):
        with pytest.raises(ProviderRefusedError):
            flow(desk).welcome(outward.token, state)
    # And what was refused has not used up the browser's own way.
    assert isinstance(come_back(desk, outward.token, provider.approve(outward.address)), HalfSignedIn)


def test_wrong_issuer_in_the_token_is_refused(desk: Desk, provider: Provider) -> None:
    provider.extra = {"iss": "https://localhost:1"}
    refused(desk, provider)


@pytest.mark.parametrize("claims", [{"aud": "another"}, {"aud": [CLIENT, "another"]}, {"azp": "another"}, {"aud": []}])
def test_wrong_audience_is_refused(desk: Desk, provider: Provider, claims: Claims) -> None:
    provider.extra = claims
    refused(desk, provider)


def test_token_without_a_signature_is_refused(desk: Desk, provider: Provider) -> None:
    for header in (
        {"alg": "none"},
        {"alg": "None", "kid": provider.key.kid},
        {"alg": "RS256", "kid": provider.key.kid},
    ):
        provider.sign = lambda claims, header=header: f"{joined(header, claims)}."  # type: ignore[misc]
        refused(desk, provider)


def test_public_key_used_as_a_shared_secret_is_refused(desk: Desk, provider: Provider) -> None:
    published = provider.key.as_pem(private=False)
    for alg, header in product(("HS256", "RS256"), ({}, {"kid": provider.key.kid})):

        def forged(claims: Claims, header: Claims = {"alg": alg, **header}) -> str:  # noqa: B006 - bound on purpose
            text = joined(header, claims)
            return f"{text}.{encoded(hmac.digest(published, text.encode(), 'sha256'))}"

        provider.sign = forged
        refused(desk, provider)


def test_key_that_the_token_brings_along_is_refused(desk: Desk, provider: Provider) -> None:
    own = provider.new_key()
    for header in ({"jwk": own.as_dict(private=False)}, {"kid": own.kid}, {"kid": provider.key.kid}, {}):
        full = {"alg": "RS256", **header}
        provider.sign = lambda claims, full=full: jwt.encode(full, claims, own)  # type: ignore[misc]
        refused(desk, provider)


@pytest.mark.parametrize("claims", [{"exp": -1}, {"exp": None}, {"iat": HOUR}, {"nbf": HOUR}, {"exp": 1e400}])
def test_expired_or_future_token_is_refused(desk: Desk, provider: Provider, claims: Claims) -> None:
    now = desk.clock() // 1000
    provider.extra = {name: now + value if value == HOUR else value for name, value in claims.items()}
    refused(desk, provider)


def test_token_that_expired_a_while_ago_is_refused(desk: Desk, provider: Provider) -> None:
    provider.extra = {"exp": desk.clock() // 1000 - 61}
    refused(desk, provider)


@pytest.mark.parametrize("subject", ["", None, 7, "x" * 256])
def test_subject_that_is_none_is_refused(desk: Desk, provider: Provider, subject: object) -> None:
    provider.extra = {"sub": subject}
    refused(desk, provider)


@pytest.mark.usefixtures("hub_database")
def test_replayed_code_opens_no_second_session(desk: Desk, provider: Provider) -> None:
    outward = flow(desk).begin("", "")
    back = provider.approve(outward.address)
    come_back(desk, outward.token, back)
    with pytest.raises(ProviderRefusedError):
        come_back(desk, outward.token, back)
    # Nor in another browser that has its own state: the code belongs to the first one's verifier, and is used up.
    other = flow(desk).begin("", "")
    code = answered(back)[1]
    with pytest.raises(ProviderRefusedError):
        flow(desk).sign_in(other.token, code, HERE)


def test_stolen_code_is_worth_nothing_in_the_thiefs_browser(desk: Desk, provider: Provider) -> None:
    victim, thief = flow(desk).begin("", ""), flow(desk).begin("", "")
    _, stolen = answered(provider.approve(victim.address))
    with pytest.raises(ProviderRefusedError):
        flow(desk).sign_in(thief.token, stolen, HERE)


def test_login_csrf_with_the_attackers_answer_signs_nobody_in(desk: Desk, provider: Provider) -> None:
    attacker, victim = flow(desk).begin("", ""), flow(desk).begin("", "")
    back = provider.approve(attacker.address)
    for token in (None, "", victim.token):
        with pytest.raises(ProviderRefusedError):
            flow(desk).welcome(token, answered(back)[0])


def test_answer_of_another_provider_is_not_mixed_up(desk: Desk, provider: Provider) -> None:
    outward = flow(desk).begin("", "")
    _, answer = answered(provider.approve(outward.address))
    for issuer in ("https://evil.example", ""):  # This provider always names itself: without a name it is another.
        with pytest.raises(ProviderRefusedError):
            flow(desk).sign_in(outward.token, Answer(answer.code, issuer), HERE)


def test_answer_that_comes_too_late_is_refused(desk: Desk, provider: Provider) -> None:
    outward = flow(desk).begin("", "")
    back = provider.approve(outward.address)
    desk.clock.now += SessionLimits().unfinished
    with pytest.raises(ProviderRefusedError):
        come_back(desk, outward.token, back)


def test_somebody_with_the_same_email_is_somebody_else(desk: Desk, provider: Provider) -> None:
    provider.extra = {"email": "amina@police.example", "email_verified": True, "preferred_username": "amina"}
    with pytest.raises(ProviderRefusedError, match="s-2"):
        travel(desk, provider, "s-2")
    assert AuditAction.OPERATOR_SIGN_IN_REFUSED in desk.actions()


def test_same_subject_at_another_issuer_is_somebody_else(build: Build, provider: Provider) -> None:
    desk = build()
    link(desk, "bimal", "https://another.example", "s-3")
    with pytest.raises(ProviderRefusedError, match="s-3"):
        travel(desk, provider, "s-3")


def test_person_who_says_no_at_the_provider_is_not_signed_in(desk: Desk, provider: Provider) -> None:
    outward = flow(desk).begin("", "")
    state, _ = answered(provider.approve(outward.address))
    flow(desk).welcome(outward.token, state)
    with pytest.raises(ProviderRefusedError):
        flow(desk).sign_in(outward.token, Answer("", provider.issuer, "access_denied"), HERE)


def test_closed_account_is_closed_at_the_provider_too(desk: Desk, provider: Provider) -> None:
    with desk.database.begin() as connection:
        desk.access.operators.disable(connection, "amina", at=desk.clock(), actor="farida")
    refused(desk, provider)


@pytest.mark.usefixtures("hub_database")
def test_thief_of_the_database_finds_no_way_to_the_provider(desk: Desk, provider: Provider) -> None:
    outward = flow(desk).begin("", "")
    asked = parse_qs(urlsplit(outward.address).query)
    stolen = desk.stolen()
    for secret in (outward.token, asked["state"][0], asked["nonce"][0]):
        assert secret.encode() not in stolen


# The provider itself.


@pytest.mark.parametrize(
    "lie", [{"issuer": "https://localhost:1"}, {"token_endpoint": "http://provider.example/t"}, {"jwks_uri": None}]
)
def test_description_that_leads_elsewhere_is_not_followed(desk: Desk, provider: Provider, lie: Claims) -> None:
    provider.description = lie
    with pytest.raises(ProviderUnavailableError):
        flow(desk).begin("", "")


def test_provider_of_an_unknown_authority_is_not_believed(build: Build, provider: Provider) -> None:
    desk = build(authority=None)
    with pytest.raises(ProviderUnavailableError):
        flow(desk).begin("", "")


def test_provider_that_fails_half_way_says_so(desk: Desk, provider: Provider) -> None:
    outward = flow(desk).begin("", "")
    back = provider.approve(outward.address)
    provider.broken = True
    with pytest.raises(ProviderUnavailableError, match="password of this console"):
        come_back(desk, outward.token, back)


def test_administrator_with_a_password_gets_in_when_the_provider_is_down(desk: Desk, provider: Provider) -> None:
    provider.close()
    with pytest.raises(ProviderUnavailableError):
        flow(desk).begin("", "")
    assert isinstance(desk.access.sign_ins.begin("farida", PASSWORD, HERE), HalfSignedIn)


# Links.


def test_password_of_a_linked_account_opens_nothing(desk: Desk) -> None:
    with pytest.raises(SignInRefusedError, match="organisation"):
        desk.access.sign_ins.begin("amina", PASSWORD, HERE)
    with desk.database.begin() as connection:
        desk.access.operators.unlink(connection, "amina", at=desk.clock(), actor="farida")
    assert isinstance(desk.access.sign_ins.begin("amina", PASSWORD, HERE), HalfSignedIn)


@pytest.mark.usefixtures("hub_database")
def test_one_person_there_is_not_two_people_here(desk: Desk, provider: Provider) -> None:
    with pytest.raises(ProviderLinkError, match="amina"):
        link(desk, "bimal", provider.issuer)


def test_nobody_links_their_own_account(desk: Desk, provider: Provider) -> None:
    with pytest.raises(OwnAccountError):
        link(desk, "farida", provider.issuer, "s-9")


def test_last_administrator_with_a_password_stays(desk: Desk, provider: Provider) -> None:
    desk.add_operator("hasan", Role.ADMINISTRATOR)
    link(desk, "hasan", provider.issuer, "s-4")
    operators = desk.access.operators
    with pytest.raises(ProviderLinkError, match="last"):
        link(desk, "farida", provider.issuer, "s-5", actor="hasan")
    with pytest.raises(ProviderLinkError, match="last"), desk.database.begin() as connection:
        operators.disable(connection, "farida", at=1, actor="hasan")
    with pytest.raises(ProviderLinkError, match="last"), desk.database.begin() as connection:
        operators.change(connection, "farida", [Role.REVIEWER], EVERY_SITE, at=1, actor="hasan")


def test_linking_ends_what_was_open_before(build: Build, provider: Provider) -> None:
    desk = build(SecondFactorPolicy.OPTIONAL)
    signed_in = desk.access.sign_ins.begin("bimal", PASSWORD, HERE)
    assert isinstance(signed_in, SignedIn)
    link(desk, "bimal", provider.issuer, "s-6")
    with pytest.raises(SessionEndedError):
        desk.access.recognise(signed_in.session_token)


ROLES = {
    "roles_claim": "groups",
    "roles": {"mca-senior": Role.SENIOR_REVIEWER, "mca-publisher": Role.WATCHLIST_PUBLISHER},
}


def test_claims_give_no_role_to_whom_no_administrator_lets_have_it(build: Build, provider: Provider) -> None:
    desk = build(SecondFactorPolicy.OPTIONAL, **ROLES)
    provider.extra = {"groups": ["mca-senior"]}
    assert travel(desk, provider).operator.roles == {Role.REVIEWER}


@pytest.mark.usefixtures("hub_database")
def test_claims_replace_the_roles_where_an_administrator_wants_it(build: Build, provider: Provider) -> None:
    desk = build(SecondFactorPolicy.OPTIONAL, **ROLES)
    link(desk, "amina", provider.issuer, gives_roles=True)
    provider.extra = {"groups": ["mca-senior", "administrator", "unheard-of"]}
    assert travel(desk, provider).operator.roles == {Role.SENIOR_REVIEWER}
    assert AuditAction.OPERATOR_CHANGED in desk.actions()
    provider.extra = {"groups": []}
    with pytest.raises(ProviderRefusedError, match="roles"):
        travel(desk, provider)


def test_role_of_the_whole_hub_is_not_given_to_a_sites_staff(build: Build, provider: Provider) -> None:
    desk = build(SecondFactorPolicy.OPTIONAL, **ROLES)
    desk.add_operator("rani", Role.REVIEWER, sites=Sites(frozenset({SiteId("bd/benapole")})))
    link(desk, "rani", provider.issuer, "s-7", gives_roles=True)
    provider.extra = {"groups": "mca-publisher"}
    with pytest.raises(ProviderRefusedError, match="roles"):
        travel(desk, provider, "s-7")


def test_administrator_is_never_made_by_a_claim(desk: Desk, provider: Provider) -> None:
    desk.add_operator("hasan", Role.ADMINISTRATOR)
    with pytest.raises(ProviderLinkError):
        link(desk, "hasan", provider.issuer, "s-8", gives_roles=True)
