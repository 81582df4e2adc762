"""What the commands print of the hub's state."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection

from hub.bootstrap import Services
from hub.cases.service import CaseSummary
from hub.clock import moment
from hub.dispatch.service import Recipient
from hub.erasure.service import Erasure
from hub.sites import EVERY_SITE


@dataclass(frozen=True, slots=True)
class UnitStatus:
    """A unit as it last reported; everything but its name and site is None until it has."""

    unit: str
    site: str
    list_version: int | None
    entries: int | None
    pending: int | None
    seen_at: int | None  # milliseconds since 1970 UTC by the hub's clock


@dataclass(frozen=True, slots=True)
class HubStatus:
    """The hub in numbers."""

    hub: str
    list_version: int
    timestamp_version: int
    cases_missing: int
    cases_listed: int
    sightings: int
    sightings_with_candidates: int
    rejected_messages: int
    reviews_open: int
    reviews_decided: int
    alerts: int
    notices_waiting: int
    units: list[UnitStatus]


def hub_status(services: Services, connection: Connection) -> HubStatus:
    """Everything of one consistent moment."""
    versions = services.watchlist.versions(connection)
    counts = services.sightings.counts(connection)
    return HubStatus(
        hub=services.settings.hub,
        list_version=versions.list_version,
        timestamp_version=versions.timestamp_version,
        cases_missing=services.cases.missing_count(connection),
        cases_listed=services.watchlist.entry_count(connection),
        sightings=counts.sightings,
        sightings_with_candidates=counts.with_candidates,
        rejected_messages=counts.rejected_messages,
        reviews_open=services.review.open_count(connection),
        reviews_decided=services.review.decided_count(connection, EVERY_SITE),
        alerts=services.dispatch.alert_count(connection, EVERY_SITE),
        notices_waiting=services.fleet.waiting_count(connection),
        units=_units(services, connection),
    )


def print_status(status: HubStatus, *, as_json: bool) -> None:
    """On standard output, for people or as one JSON object."""
    if as_json:
        print(json.dumps(asdict(status)))  # noqa: T201  The one line that a program asked for.
        return
    console = Console()
    numbers = Table("", "", title=f"Hub {status.hub}", show_header=False)
    for name, value in asdict(status).items():
        if name not in {"hub", "units"}:
            numbers.add_row(name.replace("_", " "), str(value))
    console.print(numbers)
    units = Table("unit", "site", "list", "cases", "pending", "last seen", title="Units")
    for unit in status.units:
        seen = "never" if unit.seen_at is None else f"{moment(unit.seen_at):%Y-%m-%d %H:%M:%S} UTC"
        units.add_row(unit.unit, unit.site, _text(unit.list_version), _text(unit.entries), _text(unit.pending), seen)
    console.print(units)


def print_cases(cases: Sequence[CaseSummary]) -> None:
    """On standard output, a table."""
    table = Table()
    for heading in ("case", "reference", "slice", "sex", "born", "last seen", "photos", "state", "listed until"):
        table.add_column(heading, no_wrap=heading == "case")
    for case in cases:
        table.add_row(
            case.id,
            case.reference,
            case.slice or "",
            case.sex,
            f"{case.birth.earliest}\n{case.birth.latest}",
            "" if case.last_seen is None else case.last_seen.isoformat(),
            str(len(case.photos)),
            case.state,
            case.listed_until.isoformat(),
        )
    Console().print(table)


def print_erasures(erasures: Sequence[Erasure]) -> None:
    """On standard output, a table: what was removed of a case where, and what is outstanding."""
    table = Table()
    for heading in ("case", "became", "reason", "place", "things", "gone since"):
        table.add_column(heading)
    for erasure in erasures:
        for place in erasure.places:
            waits = "outstanding" if place.silent_since is None else "revoked: cannot answer"
            gone = waits if place.done_at is None else f"{moment(place.done_at):%Y-%m-%d %H:%M} UTC"
            table.add_row(erasure.case, erasure.state, erasure.reason, place.place, str(place.count), gone)
    Console().print(table)


def print_recipients(recipients: Sequence[Recipient]) -> None:
    """On standard output, a table. Addresses are shown without what is secret in them."""
    table = Table()
    for heading in ("recipient", "name", "what", "for", "channel", "grade", "language", "turn"):
        table.add_column(heading, no_wrap=heading == "recipient")
    for one in recipients:
        new = one.entered
        whom = f"{new.reach} {new.of}"
        table.add_row(one.id, one.shown(), new.kind, whom, one.channel, new.grade, new.language, str(new.turn))
    Console().print(table)


def _units(services: Services, connection: Connection) -> list[UnitStatus]:
    health = {report.unit: report for report in services.fleet.health(connection)}
    rows = []
    for unit in services.fleet.units(connection):
        report = health.get(unit.id)
        if report is None:
            rows.append(UnitStatus(unit.id, unit.site, None, None, None, None))
        else:
            rows.append(
                UnitStatus(
                    unit.id,
                    unit.site,
                    report.report.list_version,
                    report.report.entries,
                    report.report.pending,
                    report.received_at,
                )
            )
    return rows


def _text(number: int | None) -> str:
    return "" if number is None else str(number)
