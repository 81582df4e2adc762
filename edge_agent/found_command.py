"""`mca edge found`: a child whose family nobody knows, from the command line."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from edge_agent.commands import opened_unit
from edge_agent.found.facts import record_found
from edge_agent.intake_command import (
    AgeOption,
    Authority,
    Camera,
    Kind,
    LanguageOption,
    Official,
    Photo,
    Reason,
    Receipt,
    Reference,
    SexOption,
    camera_of,
    require_one_source,
)
from edge_agent.sightings.request import BasisFacts, record_request
from protocol.basis import Language
from protocol.person import Sex

if TYPE_CHECKING:
    from edge_agent.bootstrap import Unit
    from edge_agent.camera.frame import OpenCamera
    from edge_agent.consent.recorder import TakeAway
    from edge_agent.sightings.request import IntakeRequest
    from protocol.found import FoundFacts

Several = list[str] | None


def found(
    context: typer.Context,
    *,
    age_band: AgeOption,
    sex: SexOption = Sex.UNKNOWN,
    photo: Photo = None,
    camera: Camera = None,
    legal_basis: Kind = None,
    basis_reference: Reference = "",
    official: Official = "",
    reason: Reason = "",
    authority: Authority = "",
    name: Annotated[
        Several, typer.Option(help="What the child is called, as the child says it. May be repeated.")
    ] = None,
    speaks: Annotated[Several, typer.Option(help="A language that the child speaks. May be repeated.")] = None,
    clothing: Annotated[str, typer.Option(help="In one line.")] = "",
    place: Annotated[str, typer.Option(help="Where the child was found.")] = "",
    found_on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="On which day.")] = None,
    circumstances: Annotated[str, typer.Option(help="What is known of how the child came, in one line.")] = "",
    language: LanguageOption = Language.ENGLISH,
    receipt: Receipt = None,
) -> None:
    """Register a child who is here and whose family nobody knows. The hub's desk looks for the family."""
    request = record_request(
        legal_basis=legal_basis,
        basis_reference=basis_reference,
        age_band=age_band,
        sex=sex,
        facts=BasisFacts(official=official, reason=reason, authority=authority),
        language=language,
        found=True,
    )
    facts = record_found(
        names=name or (),
        languages=speaks or (),
        clothing=clothing,
        place=place,
        found_on=None if found_on is None else found_on.date(),
        circumstances=circumstances,
    )
    require_one_source(photo, camera)
    from edge_agent.consent.page import write_page

    with opened_unit(context, uncalibrated=True) as unit:
        take_away = _register(unit, request, facts, camera_of(unit, photo, camera))
    typer.echo(f"Received. Reference {take_away.receipt.reference}.")
    if receipt is not None:
        write_page(receipt, take_away)


def _register(unit: "Unit", request: "IntakeRequest", facts: "FoundFacts", open_camera: "OpenCamera") -> "TakeAway":
    """Photograph the child and put the registration on the disk. What the person takes away."""
    from edge_agent.bootstrap import build_found_desk, build_maker, build_recogniser
    from edge_agent.faces.burst import collect_captures
    from edge_agent.link.wake import wake_agent

    desk = build_found_desk(unit)
    desk.require_room()
    consent = build_maker(unit).permit(request)
    with open_camera() as camera:
        best = collect_captures(camera.frames(), build_recogniser(unit))[0]
    desk.register(request, consent, best, facts, staff=None)
    wake_agent(unit.settings.data)
    return consent.take_away
