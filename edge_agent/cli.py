"""`mca edge`: the unit's commands. What they print is the same whoever stands before the camera."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge_agent.config import CONFIG_VARIABLE
from edge_agent.sightings.request import BasisFacts, record_request
from protocol.basis import Guardian, Language
from protocol.person import AgeBand, Sex
from protocol.sighting import LegalBasis

if TYPE_CHECKING:
    from edge_agent.bootstrap import Unit
    from edge_agent.camera.frame import OpenCamera

app = typer.Typer(help="A unit at a checkpoint or shelter.", no_args_is_help=True, pretty_exceptions_enable=False)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Uncalibrated = Annotated[
    bool,
    typer.Option("--uncalibrated", help="Work with a pack whose scores nobody has calibrated, and mark every result."),
]


@app.callback()
def settings(
    context: typer.Context,
    config: Annotated[
        Path, typer.Option(envvar=CONFIG_VARIABLE, help="The unit's settings, as `mca provision unit` made them.")
    ] = Path("edge.toml"),
) -> None:
    """Remember where the settings are; each command reads them when it needs them."""
    context.obj = config


@app.command()
def run(context: typer.Context, *, uncalibrated: Uncalibrated = False) -> None:
    """Keep the unit in touch with its hub until SIGTERM: send sightings, take receipts, keep the watchlist fresh."""
    from edge_agent.bootstrap import run_agent

    with _unit(context, uncalibrated=uncalibrated) as unit:
        run_agent(unit)


@app.command()
def intake(
    context: typer.Context,
    *,
    age_band: Annotated[AgeBand, typer.Option(help="Age in completed years, as staff see it.")],
    sex: Annotated[Sex, typer.Option(help="As staff see it.")] = Sex.UNKNOWN,
    photo: Annotated[
        Path | None, typer.Option(help="A photograph, or a folder with photographs of one person.")
    ] = None,
    camera: Annotated[
        str | None, typer.Option(help="picamera2, a USB camera's number, an rtsp:// address or a video.")
    ] = None,
    legal_basis: Annotated[LegalBasis | None, typer.Option(help="What permits the photograph.")] = None,
    basis_reference: Annotated[str, typer.Option(help="The number of the form, order or decision.")] = "",
    guardian: Annotated[Guardian | None, typer.Option(help="guardian-consent: who consented for the child.")] = None,
    child_agrees: Annotated[
        bool | None,
        typer.Option(
            "--child-agrees/--child-refuses", help="guardian-consent: the child's own word, from the set age."
        ),
    ] = None,
    official: Annotated[str, typer.Option(help="best-interests: the name of the official who decided.")] = "",
    reason: Annotated[str, typer.Option(help="best-interests: the official's reason, in one line.")] = "",
    authority: Annotated[str, typer.Option(help="court-order, police-order: which court or police station.")] = "",
    language: Annotated[Language, typer.Option(help="In which the person was told, and reads the receipt.")] = (
        Language.ENGLISH
    ),
    receipt: Annotated[
        Path | None, typer.Option(help="Where to write the person's receipt, a page to print (.html).")
    ] = None,
    keep_template: Annotated[
        bool, typer.Option("--keep-template", help="The legal basis permits to search again when the list has grown.")
    ] = False,
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
    if (photo is None) == (camera is None):
        raise typer.BadParameter("Give either --photo or --camera.")
    from edge_agent.bootstrap import build_pipeline, build_recogniser
    from edge_agent.consent.page import write_page
    from edge_agent.link.wake import wake_agent

    with _unit(context, uncalibrated=uncalibrated) as unit:
        received = build_pipeline(unit, build_recogniser(unit)).take(request, _camera(unit, photo, camera))
        wake_agent(unit.settings.data)
    if as_json:
        typer.echo(json.dumps({"reference": received.reference, "faces": received.faces, "received": True}))
    else:
        typer.echo(f"Received. Reference {received.reference}.")
    # Afterwards: what is on the disk already is said, even where this page cannot be written.
    if receipt is not None:
        write_page(receipt, received.receipt)


@app.command()
def sync(
    context: typer.Context,
    stick: Annotated[
        Path | None,
        typer.Option("--from", metavar="FOLDER", help="Of a USB stick, as `mca hub watchlist export` made it."),
    ] = None,
) -> None:
    """Fetch the watchlist now, over the network or from a USB stick."""
    from edge_agent.bootstrap import build_stick_synchroniser, build_synchroniser
    from edge_agent.link.wake import wake_agent

    # Nobody is compared here, so it does not matter whether scores are calibrated.
    with _unit(context, uncalibrated=True) as unit:
        if stick is None:
            synchroniser = build_synchroniser(unit, stopping=lambda: False)
        else:
            synchroniser = build_stick_synchroniser(unit, stick)
        synced = synchroniser.sync()
        wake_agent(unit.settings.data)
    state = "is up to date" if synced.watchlist is None else "was updated"
    typer.echo(f"The watchlist {state}: version {synced.installed.list_version}.")


@app.command()
def status(context: typer.Context, as_json: Json = False) -> None:
    """Say how the unit is: its list, what waits for the hub, when it last synchronised."""
    from edge_agent.status import read_status, status_lines

    with _unit(context, uncalibrated=True) as unit:
        now = read_status(unit)
    if as_json:
        typer.echo(json.dumps(now))
    else:
        typer.echo("\n".join(status_lines(now)))


@app.command()
def doctor(context: typer.Context, as_json: Json = False) -> None:
    """Test everything this unit consists of, and say what a technician has to mend. No picture is taken."""
    from rich.console import Console

    from edge_agent.config import load_settings
    from edge_agent.doctor import as_table, examine

    findings = examine(load_settings(context.obj))
    if as_json:
        typer.echo(json.dumps([finding.as_json() for finding in findings]))
    else:
        Console().print(as_table(findings))
    if any(finding.fault is not None for finding in findings):
        raise typer.Exit(2)


@app.command()
def zeroise(
    context: typer.Context,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Destroy this unit's keys and everything it holds, for ever. Sightings that the hub has not confirmed are lost."""
    from edge_agent.bootstrap import zeroise_unit
    from edge_agent.config import load_settings

    settings = load_settings(context.obj)
    if not yes:
        typer.confirm(f"Destroy the keys of {settings.unit} and all that it holds? It cannot be undone.", abort=True)
    zeroise_unit(settings)
    typer.echo(
        f"{settings.unit} is zeroised. Revoke it at the hub: mca provision revoke FOLDER {settings.unit}. "
        "The device must be provisioned anew, under another name."
    )


@contextmanager
def _unit(context: typer.Context, *, uncalibrated: bool) -> Iterator["Unit"]:
    from edge_agent.bootstrap import open_unit
    from edge_agent.config import load_settings

    settings = load_settings(context.obj)
    with open_unit(settings.model_copy(update={"uncalibrated": uncalibrated or settings.uncalibrated})) as unit:
        yield unit


def _camera(unit: "Unit", photo: Path | None, camera: str | None) -> "OpenCamera":
    from contextlib import nullcontext

    from edge_agent.bootstrap import camera_opener
    from edge_agent.camera.files import FileCamera
    from edge_agent.camera.source import CameraChoice

    if photo is not None:
        return lambda: nullcontext(FileCamera(photo, unit.clock.now))
    return camera_opener(unit, CameraChoice(camera or "", unit.settings.camera_module))
