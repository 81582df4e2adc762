"""The demonstration's steps, in order. Each tells what happens and waits until it has happened."""

import json
import signal
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from mca.demo.hub_state import HubState, hub_state
from mca.demo.installation import (
    OPERATORS,
    SITE,
    UNIT,
    Installation,
    install,
    sample,
    write_photo_without_a_face,
)
from mca.demo.mailbox import Mailbox, mail_server
from mca.demo.operators import Operator
from mca.demo.processes import last_line, program, require_mca, run_mca
from mca.demo.report import Intake, Match, Report
from mca.demo.waiting import wait_until

_CASES = {
    "obama": ("obama.jpg", ["--sex", "male", "--born-from", "1961-08", "--born-to", "1961-08"]),
    "collins": ("collins.png", ["--sex", "female", "--born-from", "1956-11", "--born-to", "1956-11"]),
}
_INTAKES = ("obama2.jpg", "obama3.jpg", "biden.jpg")


def tell(folder: Path, console: Console, *, once: bool) -> Report | None:
    """Run the demonstration in `folder`; the report with `once`, otherwise until it is interrupted.

    Raises DemoError when a step does not do what it should.
    """
    started = time.monotonic()
    # Asked to end at any step, everything that was started ends and everything that was written goes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with ExitStack() as stack:
        console.print(f"[bold]1.[/] A throwaway authority, a hub `bd` and the unit `{UNIT}` at `{SITE}` …")
        site = install(folder, second_factor="required" if once else "optional")
        mailbox = stack.enter_context(mail_server(site.mail_port))
        console.print("[bold]2.[/] The hub starts, with its own broker under mutual TLS …")
        stack.enter_context(program(["hub", "serve"], environment=site.hub, log=folder / "hub.log", ready="hub.ready"))
        _register(site, console)
        console.print("[bold]4.[/] The unit starts and fetches the encrypted watchlist …")
        stack.enter_context(
            program(["edge", "run"], environment=site.edge, log=folder / "edge.log", ready="edge.ready")
        )
        wait_until("the watchlist to reach the unit", lambda: _unit_has(site, len(_CASES)))
        hub = stack.enter_context(hub_state(site))
        report = Report(_take_intakes(site, console))
        _await_sightings(site, hub, report, console)
        if not once:
            _leave_running(site, console)
            return None
        _decide(site, console)
        _await_alert(site, hub, mailbox, report, console)
    report.seconds = round(time.monotonic() - started, 2)
    return report


def _register(site: Installation, console: Console) -> None:
    console.print("[bold]3.[/] Two operators, and two missing persons with a photograph each …")
    for name in OPERATORS:
        arguments = ["hub", "operator", "add", name, "--role", "reviewer"]
        require_mca([*arguments, "--password-file", str(site.password_file(name))], environment=site.hub)
    for reference, (photo, facts) in _CASES.items():
        arguments = ["hub", "case", "add", "--photo", str(sample(photo)), "--reference", reference]
        require_mca([*arguments, *facts, "--last-seen", "2026-01-15"], environment=site.hub)
    require_mca(["hub", "watchlist", "publish"], environment=site.hub)


def _take_intakes(site: Installation, console: Console) -> list[Intake]:
    console.print("[bold]5.[/] Four intakes at the unit. It says the same of each, whatever it found:")
    photos = [*map(sample, _INTAKES), write_photo_without_a_face(site.folder / "no-face.png")]
    return [_take_intake(site, photo, console) for photo in photos]


def _take_intake(site: Installation, photo: Path, console: Console) -> Intake:
    arguments = ["edge", "intake", "--photo", str(photo), "--legal-basis", "best-interests", "--json"]
    basis = ["--basis-reference", "demonstration", "--official", "Demonstration", "--reason", "a demonstration"]
    facts = ["--age-band", "18+", "--sex", "unknown"]
    done = run_mca([*arguments, *basis, *facts], environment=site.edge)
    if done.returncode != 0:
        error = last_line(done.stderr)
        console.print(f"   {photo.name}: [yellow]{error}[/]")
        return Intake(photo.name, reference=None, faces=0, error=error)
    received = json.loads(done.stdout)
    console.print(f"   {photo.name}: Received. Reference {received['reference']}.")
    return Intake(photo.name, reference=received["reference"], faces=received["faces"])


def _await_sightings(site: Installation, hub: HubState, report: Report, console: Console) -> None:
    taken = [intake for intake in report.intakes if intake.reference is not None]
    console.print("[bold]6.[/] Sealed sightings reach the hub; it commits each and sends a signed receipt …")
    found = wait_until("the sightings", lambda: _if_complete(hub.candidates(), taken))
    wait_until("the receipts", lambda: _unit_status(site)["pending"] == 0 or None)
    for intake in taken:
        intake.candidates = found[intake.reference or ""]
        shown = ", ".join(match.case for match in intake.candidates) or "no candidate"
        console.print(f"   at the hub, {intake.photo}: {shown}")
    report.receipts = sum(bool(intake.candidates) for intake in taken)
    report.reviews = hub.open_reviews()


def _decide(site: Installation, console: Console) -> None:
    console.print("[bold]7.[/] Two people look at the first candidate, each without the score and the other's answer …")
    review: str | None = None
    for name in OPERATORS:
        operator = Operator(name, site.console_url, site.authority)
        operator.sign_in(site.passwords[name])
        review = review or operator.reviews()[0]
        operator.answer(review, "identification")
        console.print(f"   {name}: set up a second factor, signed in, and says: the same person")


def _await_alert(site: Installation, hub: HubState, mailbox: Mailbox, report: Report, console: Console) -> None:
    console.print("[bold]8.[/] The alert goes out, and the case leaves the watchlist of every unit …")
    report.alerts = wait_until("the alert", lambda: hub.alerts() or None)
    message = wait_until("the e-mail", lambda: mailbox.messages[0] if mailbox.messages else None)
    console.print(f"   e-mail to the police desk: {message['Subject']}")
    status = wait_until("the unit's updated watchlist", lambda: _unit_has(site, len(_CASES) - 1))
    wait_until("the hub to hear of it", lambda: hub.unit_entries() == [len(_CASES) - 1] or None)
    report.unit_watchlist_version = int(status["list_version"])


def _leave_running(site: Installation, console: Console) -> None:
    console.print(f"\n[bold]The console:[/] {site.console_url}")
    console.print(f"Its certificate is signed by the throwaway authority {site.authority}.")
    for name, password in site.passwords.items():
        console.print(f"   sign in as [bold]{name}[/] with the password [bold]{password}[/]")
    console.print("Here, and only here, nobody needs a second factor. Your account page sets one up.")
    console.print("Ctrl+C ends the demonstration and removes everything.")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()


def _unit_status(site: Installation) -> dict[str, int]:
    status: dict[str, int] = json.loads(require_mca(["edge", "status", "--json"], environment=site.edge))
    return status


def _unit_has(site: Installation, entries: int) -> dict[str, int] | None:
    status = _unit_status(site)
    return status if status["entries"] == entries else None


def _if_complete(found: dict[str, list[Match]], taken: list[Intake]) -> dict[str, list[Match]] | None:
    return found if found.keys() >= {intake.reference for intake in taken} else None
