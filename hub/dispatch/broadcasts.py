"""Broadcast alerts: a child who is missing is announced without a match, once a report has been screened.

One person records how the source was verified and what corroborates the report; another one, who reads both, lets it
go or refuses it. False reports are a known trouble of hotlines.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, Row, insert, select

from hub.access.service import Operator
from hub.atrest import Vault
from hub.audit.service import AuditAction, record
from hub.dispatch.errors import BroadcastError
from hub.dispatch.model import Alert, AlertId, AlertStatus
from hub.dispatch.tables import broadcast_screenings, broadcasts
from hub.sites import Sites
from protocol.ids import CaseId, SiteId, local_part

_SHORTEST: Final = 10
_LONGEST: Final = 1000


class Verdict(StrEnum):
    """What the second person says."""

    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Report:
    """What the first person records. `source`: who was asked and how; `corroboration`: what supports the report."""

    case: CaseId
    site: SiteId
    countries: frozenset[str]
    source: str
    corroboration: str


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A report and how far its screening has come."""

    id: str
    report: Report
    proposed_by: int
    proposed_at: int
    verdict: Verdict | None


class Broadcasts:
    """The screening. Every method joins the caller's transaction."""

    def __init__(
        self,
        vault: Vault,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """`vault` encrypts what was recorded."""
        self._vault = vault
        self._random = random

    def propose(self, connection: Connection, report: Report, operator: Operator, at: int) -> str:
        """Record the first person's half; nothing is sent. Raises BroadcastError."""
        if not operator.sites.include(report.site):
            raise BroadcastError("You announce children of your own sites. Ask a dispatcher of the whole hub.")
        for text in (report.source, report.corroboration):
            if not _SHORTEST <= len(text.strip()) <= _LONGEST:
                raise BroadcastError(
                    "Say in {shortest} to {longest} letters each how the source was verified and what corroborates"
                    " the report.",
                    shortest=_SHORTEST,
                    longest=_LONGEST,
                )
        id_ = self._random(8).hex()
        sealed = {
            f"sealed_{name}": self._vault.encrypt(text.strip().encode(), _place(name, id_))
            for name, text in (("source", report.source), ("corroboration", report.corroboration))
        }
        connection.execute(
            insert(broadcasts).values(
                id=id_,
                case_id=report.case,
                site=report.site,
                countries=" ".join(sorted(report.countries)),
                proposed_by=operator.id,
                proposed_at=at,
                **sealed,
            )
        )
        record(connection, AuditAction.BROADCAST_PROPOSED, actor=operator.name, subject=id_, at=at)
        return id_

    def screen(
        self, connection: Connection, broadcast_id: str, verdict: Verdict, operator: Operator, at: int
    ) -> Alert | None:
        """Record the second person's half, and return the alert to be raised where it is approved.

        The database refuses the first person here too. Raises BroadcastError.
        """
        found = self.find(connection, broadcast_id, operator.sites)
        if found.verdict is not None:
            raise BroadcastError("This report has been screened already. Open the list again.")
        if found.proposed_by == operator.id:
            raise BroadcastError("Somebody else must check what you have recorded yourself.")
        connection.execute(
            insert(broadcast_screenings).values(
                broadcast_id=broadcast_id, verdict=str(verdict), screened_by=operator.id, screened_at=at
            )
        )
        action, name = AuditAction.BROADCAST_SCREENED, operator.name
        record(connection, action, actor=name, subject=broadcast_id, at=at, outcome=str(verdict))
        return self._alert(found, at) if verdict is Verdict.APPROVED else None

    def waiting(self, connection: Connection, sites: Sites) -> list[Broadcast]:
        """Reports of the sites that nobody has screened, the oldest first."""
        query = _QUERY.where(broadcast_screenings.c.verdict.is_(None), sites.condition(broadcasts.c.site))
        return [self._open(row) for row in connection.execute(query.order_by(broadcasts.c.proposed_at))]

    def find(self, connection: Connection, broadcast_id: str, sites: Sites) -> Broadcast:
        """One report. Raises BroadcastError."""
        row = connection.execute(_QUERY.where(broadcasts.c.id == broadcast_id)).one_or_none()
        if row is None or not sites.include(row.site):
            raise BroadcastError("There is no such report. Open the list again and choose one from there.")
        return self._open(row)

    def _alert(self, approved: Broadcast, at: int) -> Alert:
        report = approved.report
        return Alert(
            AlertId(self._random(8).hex()),
            None,
            report.case,
            local_part(report.case),
            report.site,
            AlertStatus.ACTUAL,
            at,
            broadcast_id=approved.id,
            countries=report.countries,
        )

    def _open(self, row: Row[tuple[object, ...]]) -> Broadcast:
        source, corroboration = (
            self._vault.decrypt(bytes(sealed), _place(name, row.id)).decode()
            for name, sealed in (("source", row.sealed_source), ("corroboration", row.sealed_corroboration))
        )
        countries = frozenset(row.countries.split())
        report = Report(CaseId(row.case_id), SiteId(row.site), countries, source, corroboration)
        verdict = None if row.verdict is None else Verdict(row.verdict)
        return Broadcast(row.id, report, row.proposed_by, row.proposed_at, verdict)


_QUERY: Final = select(broadcasts, broadcast_screenings.c.verdict).outerjoin(
    broadcast_screenings, broadcast_screenings.c.broadcast_id == broadcasts.c.id
)


def _place(name: str, broadcast_id: str) -> str:
    return f"broadcasts/{name}/{broadcast_id}"
