"""`mca edge intake`: one person, from the command line. What it prints is the same whoever stands before the camera."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge_agent.commands import Json, Uncalibrated, opened_unit
from edge_agent.sightings.request import BasisFacts, record_request
from protocol.basis import Guardian, Language
from protocol.person import AgeBand, Sex
from protocol.sighting import LegalBasis

if TYPE_CHECKING:
    from edge_agent.bootstrap import Unit
    from edge_agent.camera.frame import OpenCamera

AgeOption = Annotated[AgeBand, typer.Option(help="Age in completed years, as staff see it.")]
SexOption = Annotated[Sex, typer.Option(help="As staff see it.")]
Photo = Annotated[Path | None, typer.Option(help="A photograph, or a folder with photographs of one person.")]
Camera = Annotated[str | None, typer.Option(help="picamera2, a USB camera's number, an rtsp:// address or a video.")]
Kind = Annotated[LegalBasis | None, typer.Option(help="What permits the photograph.")]
Reference = Annotated[str, typer.Option(help="The number of the form, order or decision.")]
GuardianOption = Annotated[Guardian | None, typer.Option(help="guardian-consent: who consented for the child.")]
ChildAgrees = Annotated[
    bool | None,
    typer.Option("--child-agrees/--child-refuses", help="guardian-consent: the child's own word, from the set age."),
]
Official = Annotated[str, typer.Option(help="best-interests: the name of the official who decided.")]
Reason = Annotated[str, typer.Option(help="best-interests: the official's reason, in one line.")]
Authority = Annotated[str, typer.Option(help="court-order, police-order: which court or police station.")]
LanguageOption = Annotated[Language, typer.Option(help="In which the person was told, and reads the receipt.")]
Receipt = Annotated[Path | None, typer.Option(help="Where to write the person's receipt, a page to print (.html).")]
Keep = Annotated[
    bool, typer.Option("--keep-template", help="The legal basis permits to search again when the list has grown.")
]


def intake(
    context: typer.Context,
    *,
    age_band: AgeOption,
    sex: SexOption = Sex.UNKNOWN,
    photo: Photo = None,
    camera: Camera = None,
    legal_basis: Kind = None,
    basis_reference: Reference = "",
    guardian: GuardianOption = None,
    child_agrees: ChildAgrees = None,
    official: Official = "",
    reason: Reason = "",
    authority: Authority = "",
    language: LanguageOption = Language.ENGLISH,
    receipt: Receipt = None,
    keep_template: Keep = False,
    uncalibrated: Uncalibrated = False,
    as_json: Json = False,
) -> None:
    """Take one person's photograph and queue the result for the hub. What was found is not shown here."""
    from edge_agent.config import load_settings

    request = record_request(
        legal_basis=legal_basis,
        basis_reference=basis_reference,
        age_band=age_band,
        sex=sex,
        facts=BasisFacts(guardian, child_agrees, official, reason, authority),
        language=language,
        assent_from_age=load_settings(context.obj).assent_from_age,
        keep_template=keep_template,
    )
    require_one_source(photo, camera)
    from edge_agent.bootstrap import build_pipeline, build_recogniser
    from edge_agent.consent.page import write_page
    from edge_agent.link.wake import wake_agent

    with opened_unit(context, uncalibrated=uncalibrated) as unit:
        received = build_pipeline(unit, build_recogniser(unit)).take(request, camera_of(unit, photo, camera))
        wake_agent(unit.settings.data)
    typer.echo(_said(received.reference, received.faces, as_json=as_json))
    # Afterwards: what is on the disk already is said, even where this page cannot be written.
    if receipt is not None:
        write_page(receipt, received.receipt)


def _said(reference: str, faces: int, *, as_json: bool) -> str:
    if as_json:
        return json.dumps({"reference": reference, "faces": faces, "received": True})
    return f"Received. Reference {reference}."


def require_one_source(photo: Path | None, camera: str | None) -> None:
    """Raises typer.BadParameter unless there is a photograph or a camera, and not both."""
    if (photo is None) == (camera is None):
        raise typer.BadParameter("Give either --photo or --camera.")


def camera_of(unit: "Unit", photo: Path | None, camera: str | None) -> "OpenCamera":
    """Opens the photograph or the camera that was named."""
    from contextlib import nullcontext

    from edge_agent.bootstrap import camera_opener
    from edge_agent.camera.files import FileCamera
    from edge_agent.camera.source import CameraChoice

    if photo is not None:
        return lambda: nullcontext(FileCamera(photo, unit.clock.now))
    return camera_opener(unit, CameraChoice(camera or "", unit.settings.camera_module))
