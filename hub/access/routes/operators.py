"""The pages by which administrators add, change and close operators' accounts."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import Field as FormField
from starlette.responses import Response

from hub.access.declarations import requires
from hub.access.errors import OperatorNameError, ProviderLinkError, RolesError
from hub.access.fields import Field
from hub.access.model import ProviderAccount, Role
from hub.access.visitor import Visitor
from hub.desk import ConsoleForm, Services, ShownBy, SignedInVisitor
from hub.pages import Pages
from hub.sites import EVERY_SITE, Sites
from protocol.errors import InvalidIdError
from protocol.ids import SiteId, parse_site_id

router = APIRouter()


class Reach(StrEnum):
    """Whether somebody's work is the whole hub's or that of some sites."""

    HUB = "hub"
    SITES = "sites"


class RightsForm(ConsoleForm):
    """What a form about roles and sites sends."""

    roles: list[Role] = FormField(default_factory=list)
    reach: Reach
    sites: list[str] = FormField(default_factory=list)

    def chosen_sites(self) -> Sites:
        """Raises RolesError."""
        try:
            named = frozenset(map(parse_site_id, self.sites))
        except InvalidIdError as error:
            raise RolesError(error.sentence) from error
        return EVERY_SITE if self.reach is Reach.HUB else Sites(named)


class AddForm(RightsForm):
    """What the page for a new operator sends."""

    name: str


class LinkForm(ConsoleForm):
    """What links an account here with one at the identity provider."""

    subject: str = FormField(max_length=255)
    gives_roles: bool = False


@router.get("/operators")
@requires(Role.ADMINISTRATOR, shows=[Field.OPERATOR_NAME])
def operators_page(services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """Every operator's account."""
    with services.database.read() as connection:
        accounts = services.access.operators.accounts(connection)
    return pages.show("operators.html", visitor, accounts=accounts)


@router.get("/add-operator")
@requires(Role.ADMINISTRATOR, fresh=True)
def add_page(services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """The form for a new operator."""
    return _add_page(services, visitor, pages, AddForm(csrf="", name="", reach=Reach.HUB))


@router.post("/add-operator")
@requires(Role.ADMINISTRATOR, fresh=True)
def add(form: Annotated[AddForm, Form()], services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """Add an operator, and show their start password, once."""
    name = form.name.strip()
    try:
        with services.database.begin() as connection:
            password = services.access.operators.add_with_start_password(
                connection, name, form.roles, form.chosen_sites(), at=services.clock(), actor=visitor.operator.name
            )
    except (OperatorNameError, RolesError) as error:
        return _add_page(services, visitor, pages, form, problem=error.sentence, status=400)
    return pages.show("start_password.html", visitor, name=name, password=password)


@router.get("/operators/{name}")
@requires(Role.ADMINISTRATOR, shows=[Field.OPERATOR_NAME], fresh=True)
def operator_page(name: str, services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """One operator's account, with everything that can be done to it."""
    return _operator_page(name, services, visitor, pages)


@router.post("/operators/{name}/rights")
@requires(Role.ADMINISTRATOR, shows=[Field.OPERATOR_NAME], fresh=True)
def change_rights(
    name: str, form: Annotated[RightsForm, Form()], services: Services, visitor: SignedInVisitor, pages: ShownBy
) -> Response:
    """Change an operator's roles and sites, from their next request on."""
    try:
        with services.database.begin() as connection:
            services.access.operators.change(
                connection, name, form.roles, form.chosen_sites(), at=services.clock(), actor=visitor.operator.name
            )
    except (ProviderLinkError, RolesError) as error:
        return _operator_page(name, services, visitor, pages, problem=error.sentence, status=400)
    return _back_to(name)


@router.post("/operators/{name}/disable")
@requires(Role.ADMINISTRATOR, fresh=True)
def disable(name: str, services: Services, visitor: SignedInVisitor) -> Response:
    """Close an account; its sessions end at once."""
    with services.database.begin() as connection:
        services.access.operators.disable(connection, name, at=services.clock(), actor=visitor.operator.name)
    return _back_to(name)


@router.post("/operators/{name}/enable")
@requires(Role.ADMINISTRATOR, fresh=True)
def enable(name: str, services: Services, visitor: SignedInVisitor) -> Response:
    """Open a closed account again."""
    with services.database.begin() as connection:
        services.access.operators.enable(connection, name, at=services.clock(), actor=visitor.operator.name)
    return _back_to(name)


@router.post("/operators/{name}/reset-second-factor")
@requires(Role.ADMINISTRATOR, fresh=True)
def reset_second_factor(name: str, services: Services, visitor: SignedInVisitor) -> Response:
    """Forget a lost second factor; its owner sets up another at the next sign-in."""
    with services.database.begin() as connection:
        services.access.operators.reset_second_factor(
            connection, name, at=services.clock(), actor=visitor.operator.name
        )
    return _back_to(name)


@router.post("/operators/{name}/start-password")
@requires(Role.ADMINISTRATOR, fresh=True)
def give_start_password(name: str, services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """Give a new start password to somebody who forgot theirs, and show it, once."""
    with services.database.begin() as connection:
        password = services.access.operators.give_start_password(
            connection, name, at=services.clock(), actor=visitor.operator.name
        )
    return pages.show("start_password.html", visitor, name=name, password=password)


@router.post("/operators/{name}/link")
@requires(Role.ADMINISTRATOR, shows=[Field.OPERATOR_NAME], fresh=True)
def link(
    name: str, form: Annotated[LinkForm, Form()], services: Services, visitor: SignedInVisitor, pages: ShownBy
) -> Response:
    """Let an operator sign in at the identity provider, and there alone; their sessions end."""
    provider = services.access.provider
    if provider is None:
        raise ProviderLinkError("This console is not set up for an identity provider.")
    there = ProviderAccount(provider.settings.issuer, form.subject.strip())
    try:
        with services.database.begin() as connection:
            services.access.operators.link(
                connection,
                name,
                there,
                gives_roles=form.gives_roles,
                at=services.clock(),
                actor=visitor.operator.name,
            )
    except ProviderLinkError as error:
        return _operator_page(name, services, visitor, pages, problem=error.sentence, status=400)
    return _back_to(name)


@router.post("/operators/{name}/unlink")
@requires(Role.ADMINISTRATOR, fresh=True)
def unlink(name: str, services: Services, visitor: SignedInVisitor) -> Response:
    """Let an operator sign in with a password of this console again."""
    with services.database.begin() as connection:
        services.access.operators.unlink(connection, name, at=services.clock(), actor=visitor.operator.name)
    return _back_to(name)


def _back_to(name: str) -> RedirectResponse:
    return RedirectResponse(f"/operators/{name}", status_code=303)


def _add_page(
    services: Services, visitor: Visitor, pages: Pages, form: AddForm, *, problem: str = "", status: int = 200
) -> HTMLResponse:
    sites = _known_sites(services, Sites(frozenset()))
    return pages.show("add_operator.html", visitor, status, form=form, sites=sites, problem=problem)


def _operator_page(
    name: str, services: Services, visitor: Visitor, pages: Pages, *, problem: str = "", status: int = 200
) -> HTMLResponse:
    with services.database.read() as connection:
        account = services.access.operators.account(connection, name)
    sites = _known_sites(services, account.operator.sites)
    provider = None if services.access.provider is None else services.access.provider.settings
    return pages.show(
        "operator.html", visitor, status, account=account, sites=sites, provider=provider, problem=problem
    )


def _known_sites(services: Services, given: Sites) -> list[SiteId]:
    """The sites that have a unit, and those that somebody was bound to before their last unit went."""
    with services.database.read() as connection:
        units = services.fleet.units(connection)
    return sorted({unit.site for unit in units} | (given.names or frozenset()))
