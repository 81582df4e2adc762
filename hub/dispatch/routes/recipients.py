"""The pages by which dispatchers and administrators keep the recipients of alerts."""

from typing import Annotated, Final

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import Field as FormField
from starlette.responses import Response

from hub.access.service import Field, Role, Visitor, requires
from hub.desk import ConsoleForm, Services, ShownBy, SignedInVisitor
from hub.dispatch.service import (
    AddressError,
    Grade,
    NewRecipient,
    Reach,
    RecipientError,
    RecipientKind,
)
from hub.pages import Pages

router = APIRouter()

_WHO: Final = (Role.DISPATCHER, Role.ADMINISTRATOR)


class RecipientForm(ConsoleForm):
    """What the form for a new recipient sends."""

    name: str = FormField(max_length=200)
    address: str = FormField(max_length=2000)
    kind: RecipientKind
    reach: Reach
    of: str = FormField(max_length=200)
    grade: Grade
    language: str = FormField(max_length=8)
    turn: int

    def entered(self) -> NewRecipient:
        """As the directory takes it."""
        return NewRecipient(
            self.name, self.address, self.kind, self.reach, self.of, self.grade, self.language, self.turn
        )


@router.get("/recipients")
@requires(*_WHO, shows=[Field.RECIPIENT])
def recipients_page(services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """Whom alerts go to."""
    return _page(services, visitor, pages)


@router.post("/recipients")
@requires(*_WHO, shows=[Field.RECIPIENT], fresh=True)
def add(
    form: Annotated[RecipientForm, Form()], services: Services, visitor: SignedInVisitor, pages: ShownBy
) -> Response:
    """Add a recipient, from the next alert on."""
    operator = visitor.operator
    try:
        with services.database.begin() as connection:
            services.dispatch.directory.add(
                connection, form.entered(), operator.sites, actor=operator.name, at=services.clock()
            )
    except (AddressError, RecipientError) as error:
        return _page(services, visitor, pages, form=form, problem=error.sentence, status=400)
    return RedirectResponse("/recipients", status_code=303)


@router.post("/recipients/{recipient_id}/remove")
@requires(*_WHO, fresh=True)
def remove(recipient_id: str, services: Services, visitor: SignedInVisitor) -> Response:
    """Send no more alerts there."""
    operator, at = visitor.operator, services.clock()
    with services.database.begin() as connection:
        services.dispatch.directory.remove(connection, recipient_id, operator.sites, actor=operator.name, at=at)
    return RedirectResponse("/recipients", status_code=303)


def _page(
    services: Services,
    visitor: Visitor,
    pages: Pages,
    *,
    form: RecipientForm | None = None,
    problem: str = "",
    status: int = 200,
) -> HTMLResponse:
    with services.database.read() as connection:
        recipients = services.dispatch.directory.listed(connection, visitor.operator.sites)
    choices = {"kinds": list(RecipientKind), "reaches": list(Reach), "grades": list(Grade)}
    return pages.show("recipients.html", visitor, status, recipients=recipients, form=form, problem=problem, **choices)
