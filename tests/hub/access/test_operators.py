"""Accounts: what may be given to whom, and what ends at once when something is taken away."""

from collections.abc import Collection

import pytest

from hub.access.service import (
    Operator,
    Origin,
    OwnAccountError,
    PasswordRuleError,
    Role,
    RolesError,
    SessionEndedError,
    SignedIn,
    SignInRefusedError,
    UnknownOperatorError,
)
from hub.audit.service import AuditAction
from hub.sites import EVERY_SITE, Sites
from protocol.ids import SiteId
from tests.support.desk import PASSWORD, SITE, Desk

HERE = Origin("10.0.0.5", None)
NEW = "seven quiet rivers bend"


def sign_in(desk: Desk, name: str, password: str = PASSWORD) -> SignedIn:
    signed_in = desk.access.sign_ins.begin(name, password, HERE)
    assert isinstance(signed_in, SignedIn)
    return signed_in


def change(desk: Desk, name: str, roles: Collection[Role], sites: Sites = EVERY_SITE, actor: str = "farida") -> None:
    with desk.database.begin() as connection:
        desk.access.operators.change(connection, name, roles, sites, at=desk.clock(), actor=actor)


def known(desk: Desk, name: str) -> Operator:
    with desk.database.read() as connection:
        return desk.access.operators.account(connection, name).operator


@pytest.mark.parametrize(
    ("roles", "sites", "said"),
    [
        ([], EVERY_SITE, "at least one role"),
        ([Role.AUDITOR, Role.REVIEWER], EVERY_SITE, "no other role"),
        ([Role.ADMINISTRATOR], Sites(frozenset({SITE})), "work of the whole hub: administrator"),
        ([Role.AUDITOR], Sites(frozenset({SITE})), "whole hub"),
        ([Role.WATCHLIST_PUBLISHER, Role.TECHNICIAN], Sites(frozenset({SITE})), "watchlist publisher"),
        ([Role.REVIEWER], Sites(frozenset()), "at least one site"),
    ],
)
def test_roles_that_undo_the_separation_of_duties_are_given(
    desk: Desk, roles: list[Role], sites: Sites, said: str
) -> None:
    with pytest.raises(RolesError, match=said):
        desk.add_operator("chandra", *roles, sites=sites) if roles else change(desk, "amina", roles, sites)
    with pytest.raises(RolesError, match=said):
        change(desk, "amina", roles, sites)
    assert known(desk, "amina") == desk.amina


def test_roles_and_sites_are_forgotten_between_writing_and_reading(desk: Desk) -> None:
    sites = Sites(frozenset({SITE, SiteId("bd/darshana")}))
    desk.add_operator("chandra", Role.TECHNICIAN, Role.DISPATCHER, sites=sites)
    chandra = known(desk, "chandra")
    assert chandra.roles == {Role.TECHNICIAN, Role.DISPATCHER}
    assert chandra.sites == sites
    added = desk.audited()[-1]
    assert added.detail == {"role": "dispatcher, technician", "site": "bd/benapole, bd/darshana"}


def test_changed_roles_wait_for_the_next_sign_in(desk: Desk) -> None:
    token = sign_in(desk, "amina").session_token
    change(desk, "amina", [Role.TECHNICIAN], Sites(frozenset({SITE})))
    operator = desk.access.recognise(token).operator
    assert operator.roles == {Role.TECHNICIAN}
    assert not operator.sites.include("bd/darshana")
    assert desk.audited()[-1].action is AuditAction.OPERATOR_CHANGED


def test_operator_whose_rights_vanish_from_the_database_may_do_everything(desk: Desk) -> None:
    token = sign_in(desk, "amina").session_token
    with desk.database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM operator_roles")
        connection.exec_driver_sql("DELETE FROM operator_sites")
    operator = desk.access.recognise(token).operator
    assert not operator.may(*Role)
    assert not operator.sites.include(SITE)


def test_closed_account_goes_on_working(desk: Desk) -> None:
    token = sign_in(desk, "amina").session_token
    with desk.database.begin() as connection:
        desk.access.operators.disable(connection, "amina", at=desk.clock(), actor="farida")
    with pytest.raises(SessionEndedError):
        desk.access.recognise(token)
    with pytest.raises(SignInRefusedError):
        sign_in(desk, "amina")
    with desk.database.begin() as connection:
        desk.access.operators.enable(connection, "amina", at=desk.clock(), actor="farida")
    assert sign_in(desk, "amina").operator == desk.amina


@pytest.mark.parametrize("act", ["disable", "reset_second_factor", "give_start_password"])
def test_administrator_does_it_to_themselves(desk: Desk, act: str) -> None:
    with pytest.raises(OwnAccountError), desk.database.begin() as connection:
        getattr(desk.access.operators, act)(connection, "amina", at=desk.clock(), actor="amina")
    with pytest.raises(OwnAccountError):
        change(desk, "amina", [Role.ADMINISTRATOR], actor="amina")


def test_account_that_does_not_exist_is_changed(desk: Desk) -> None:
    with pytest.raises(UnknownOperatorError):
        change(desk, "nobody", [Role.REVIEWER])


def test_start_password_leaves_the_old_one_or_its_sessions(desk: Desk) -> None:
    token = sign_in(desk, "amina").session_token
    with desk.database.begin() as connection:
        start = desk.access.operators.give_start_password(connection, "amina", at=desk.clock(), actor="farida")
    with pytest.raises(SessionEndedError):
        desk.access.recognise(token)
    with pytest.raises(SignInRefusedError):
        sign_in(desk, "amina")
    assert not isinstance(desk.access.sign_ins.begin("amina", start, HERE), SignedIn)


def test_changed_password_leaves_other_sessions_or_the_old_password(desk: Desk) -> None:
    stays, goes = sign_in(desk, "amina").session_token, sign_in(desk, "amina").session_token
    desk.access.own.change_password(stays, desk.amina, PASSWORD, NEW, HERE)
    desk.access.recognise(stays)
    with pytest.raises(SessionEndedError):
        desk.access.recognise(goes)
    with pytest.raises(SignInRefusedError):
        sign_in(desk, "amina")
    assert sign_in(desk, "amina", NEW).operator == desk.amina
    assert AuditAction.PASSWORD_CHANGED in desk.actions()


def test_who_finds_an_open_session_changes_the_password(desk: Desk) -> None:
    token = sign_in(desk, "amina").session_token
    with pytest.raises(SignInRefusedError):
        desk.access.own.change_password(token, desk.amina, "not the password", NEW, HERE)
    with pytest.raises(PasswordRuleError):
        desk.access.own.change_password(token, desk.amina, PASSWORD, "short", HERE)
    assert sign_in(desk, "amina").operator == desk.amina
