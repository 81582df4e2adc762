"""A hub's desk for tests: the real rooms on a real database on disk; intakes and cases as small registers in memory."""

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date
from functools import cache
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import Connection

from credentials.identity import create_identity, write_card
from credentials.pins import Price
from edge_agent.faces.pictures import QUALITIES
from hub.access.service import AccessService, Operator, ProviderSettings, Role, SecondFactorPolicy, SessionLimits
from hub.alerted_cases import AlertedCases
from hub.atrest import Vault
from hub.audit.service import AuditAction, AuditEntry, entries, record
from hub.db import Database
from hub.desk import ConsoleServices, SiteRooms
from hub.dispatch.service import (
    AlertSettings,
    AlertStatus,
    AlertTimes,
    Dispatcher,
    DispatchService,
    NewRecipient,
    Reach,
    Recipient,
    RecipientKind,
)
from hub.fleet.service import FleetService
from hub.found.service import FoundService
from hub.ingest.capture_time import CaptureTime
from hub.ingest.service import SightingReader
from hub.matching.service import MatchId, UnknownMatchError
from hub.review.checklist import Feature, Seen
from hub.review.conclusions import Answer, Outcome
from hub.review.model import ReviewId
from hub.review.service import ReviewRules, ReviewService
from hub.review.views import Comparison, Queue
from hub.sites import EVERY_SITE, Sites
from hub.staff.service import StaffService
from hub.statistics.service import StatisticsService
from models.align import portrait
from models.images import decode_image, encode_jpeg
from models.pack import load_pack
from models.recogniser import Recogniser
from protocol.circumstances import NOT_RECORDED, Circumstances
from protocol.ids import CaseId, HubId, PhotoId, SightingId, SiteId, UnitId
from protocol.keys import SigningKey
from protocol.person import AgeBand, BirthBand, Month, Sex
from protocol.sighting import Candidate, Chance, LegalBasis, Quality
from tests.support.databases import sqlite_database, stored_bytes
from tests.support.registers import register_rooms

START = 1_795_341_600_000  # 22 November 2026, 10:00 UTC
MINUTE = 60_000
PASSWORD = "copper lantern walks at noon"

UNIT = UnitId("bd/benapole-1")
SITE = SiteId("bd/benapole")
SAMPLES = Path(__file__).parents[2] / "models" / "samples"

# Weak on purpose: the suite signs in hundreds of times.
QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
QUICK_PRICE = Price(memory=8, passes=1, lanes=1)


class SetClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        """Milliseconds since 1970 UTC."""
        return self.now


CASE = CaseId("bd/c-7q2mfx4k")
PHOTO = PhotoId("00" * 8)
MATCH = MatchId("ab" * 8)
FOUND, FOUND_PHOTO = CaseId("bd/c-found"), PhotoId("11" * 8)
GOOD = Quality({}, None)
ALL_SIMILAR = dict.fromkeys(Feature, Seen.SIMILAR)
BIRTH = BirthBand(Month(2020, 3), Month(2020, 3))


@dataclass(frozen=True, slots=True)
class Intake:
    """What a unit would have sent."""

    reference: str = "7Q2M-FX4K"
    unit: UnitId = UNIT
    site: SiteId = SITE
    captured_at: int = START - 5 * MINUTE
    received_at: int = START
    legal_basis: LegalBasis = LegalBasis.BEST_INTERESTS
    age_band: AgeBand = AgeBand.CHILD
    sex: Sex = Sex.MALE
    pack_digest: bytes = b"\1" * 32
    quality: Quality = GOOD
    retrospective: bool = False
    circumstances: Circumstances = NOT_RECORDED

    @property
    def capture(self) -> CaptureTime:
        """By a clock that is right."""
        return CaptureTime.exact(self.captured_at, self.received_at)


@dataclass(frozen=True, slots=True)
class Case:
    """What the register would hold."""

    id: CaseId = CASE
    reference: str = "GD 123/2026"
    sex: Sex = Sex.MALE
    birth: BirthBand = BIRTH
    despite: Mapping[PhotoId, str] = field(default_factory=dict)
    taken: Mapping[PhotoId, date] = field(default_factory=dict)
    high_risk: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """What the hub's own recogniser would have found."""

    chance: Chance | None = None
    enough: bool = True
    same_picture: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """What the machines would have said of a candidate."""

    candidate: Candidate
    comparable: int = 1204
    frames: int = 1
    looked: bool = True
    look: Look | None = None


@dataclass
class Intakes:
    """Sightings and their faces."""

    known: dict[SightingId, Intake] = field(default_factory=dict)
    faces: dict[SightingId, bytes] = field(default_factory=dict)
    findings: dict[tuple[SightingId, CaseId], Finding] = field(default_factory=dict)

    def finding(self, _connection: Connection, sighting_id: SightingId, case: CaseId, /) -> Finding:
        """What the machines say of a candidate."""
        return self.findings[sighting_id, case]

    def sighting(self, _connection: Connection, sighting_id: SightingId, /) -> Intake:
        """What is known of an intake."""
        return self.known[sighting_id]

    def sightings(self, _connection: Connection, wanted: Collection[SightingId], /) -> dict[SightingId, Intake]:
        """The same of many."""
        return {one: self.known[one] for one in wanted if one in self.known}

    def circumstances(self, _connection: Connection, sighting_id: SightingId, /) -> Circumstances:
        """How an intake was taken."""
        return self.known[sighting_id].circumstances

    def portrait(self, sighting_id: SightingId, /) -> bytes:
        """The intake's face."""
        return self.faces[sighting_id]


@dataclass
class Register:
    """Cases and their faces. That a child was found is kept in the database's own transaction."""

    known: dict[CaseId, Case] = field(default_factory=dict)
    faces: dict[CaseId, bytes] = field(default_factory=dict)
    originals: dict[CaseId, bytes] = field(default_factory=dict)
    ended: set[CaseId] = field(default_factory=set)
    merged: dict[CaseId, CaseId] = field(default_factory=dict)

    def summary(self, _connection: Connection, case: CaseId, /) -> Case:
        """What is known of a case."""
        return self.known[case]

    def references(self, _connection: Connection, wanted: Collection[CaseId], /) -> dict[CaseId, str]:
        """The police references of many."""
        return {case: self.known[case].reference for case in wanted}

    def surviving(self, _connection: Connection, case: CaseId, /) -> CaseId:
        """The one that a case went into, or itself."""
        return self.merged.get(case, case)

    def known_as(self, _connection: Connection, case: CaseId, /) -> frozenset[CaseId]:
        """It, and those that went into it."""
        return frozenset({case, *(old for old, into in self.merged.items() if into == case)})

    def has_ended(self, _connection: Connection, case: CaseId, /) -> bool:
        """Whether its photographs are gone."""
        return case in self.ended

    def portrait(self, case: CaseId, _photo: PhotoId, /) -> bytes:
        """The case's face."""
        return self.faces[case]

    def original(self, case: CaseId, _photo: PhotoId, /) -> bytes:
        """The case's photograph as it was given."""
        return self.originals.get(case) or (SAMPLES / "obama.jpg").read_bytes()

    def mark_located(self, connection: Connection, case: CaseId, actor: str, at: int, /) -> None:
        """Note it once."""
        if not any(entry.action is AuditAction.CASE_LOCATED for entry in entries(connection, case)):
            record(connection, AuditAction.CASE_LOCATED, actor=actor, subject=case, at=at)


@dataclass(frozen=True, slots=True)
class Match:
    """A found child who resembles a missing one."""

    id: MatchId = MATCH
    missing: CaseId = CASE
    found: CaseId = FOUND
    missing_photo: PhotoId = PHOTO
    found_photo: PhotoId = FOUND_PHOTO
    raw: float = 0.71
    score: float = 0.71
    chance: Chance | None = None
    comparable: int = 40
    pack_digest: bytes = b"\1" * 32
    warning: str | None = None
    site: str = SITE


@dataclass
class RegisterMatches:
    """What the register's own search has found."""

    found: list[Match] = field(default_factory=list)
    taken_up: list[str] = field(default_factory=list)
    located: list[str] = field(default_factory=list)

    def pending(self, _connection: Connection, /) -> list[Match]:
        """Those that no review was opened for."""
        return [match for match in self.found if match.id not in self.taken_up]

    def taken(self, _connection: Connection, match_id: MatchId, _at: int, /) -> None:
        """A review has been opened."""
        self.taken_up.append(match_id)

    def find(self, _connection: Connection, match_id: str, /) -> Match:
        """One of them."""
        for match in self.found:
            if match.id == match_id:
                return match
        raise UnknownMatchError("There is no such match.")

    def confirmed(self, _connection: Connection, match_id: str, _actor: str, _at: int, /) -> None:
        """Two people agree."""
        self.located.append(match_id)


class Desk:
    """The rooms of one hub, wired as its composition root wires them."""

    def __init__(
        self,
        folder: Path,
        database_url: str | None = None,
        *,
        recipients: Sequence[NewRecipient] = (),
        times: AlertTimes | None = None,
        limits: SessionLimits | None = None,
        second_factor: SecondFactorPolicy = SecondFactorPolicy.OPTIONAL,
        status: AlertStatus = AlertStatus.EXERCISE,
        console_url: str = "https://desk.example:8443",
        rules: ReviewRules | None = None,
        vault_key: bytes | None = None,
        clock: SetClock | None = None,
        provider: ProviderSettings | None = None,
    ) -> None:
        """`database_url`: a migrated, empty database; without it, one of its own in SQLite."""
        self.database_url = database_url or sqlite_database(folder)
        self.database = Database(self.database_url)
        self.clock = clock or SetClock()
        self.vault = Vault(vault_key or secrets.token_bytes(32))
        self.intakes, self.register = Intakes(), Register()
        self.feed = folder / "feed"
        self.settings = AlertSettings(
            HubId("bd"), console_url, "bd@desk.example", "Missing Child Alert, hub bd", status
        )
        self.over: set[CaseId] = set()
        # Optional for those tests that are about something else. Those of the second factor require it.
        self.access = AccessService(
            self.database,
            self.clock,
            self.vault,
            second_factor=second_factor,
            hasher=QUICK_HASHER,
            limits=limits,
            provider=provider,
        )
        self.dispatch = DispatchService(
            self.settings,
            self.vault,
            SigningKey(b"\7" * 32),
            is_over=lambda _connection, case: case in self.over,
            is_sought=lambda connection, case: (
                case == CASE or AlertedCases(self.registers.cases).is_sought(connection, case)
            ),
            known_as=lambda connection, case: AlertedCases(self.registers.cases).known_as(connection, case),
            times=times or AlertTimes(preview=0),
        )
        for one in recipients:
            self.add_recipient(one)
        self.fleet = _fleet(folder, self.database, self.vault, self.clock)
        self.matches = RegisterMatches()
        self.review = ReviewService(
            self.database,
            self.intakes,
            self.register,
            self.dispatch,
            self.fleet,
            vault=self.vault,
            matches=self.matches,
            rules=rules or ReviewRules(control_share=0),
        )
        self.registers = register_rooms(
            self.database,
            self.vault,
            fleet=self.fleet,
            reviews=self.review,
            alerts=self.dispatch,
            clock=self.clock,
            ledger=folder / "erasures.ledger",
        )
        self.sites = SiteRooms(
            StaffService(self.vault, self.clock, secrets.token_bytes, list_days=14, price=QUICK_PRICE),
            FoundService(self.database, self.vault, self.registers.cases, self.clock),
        )
        self.statistics = StatisticsService(
            SightingReader(self.database, self.vault),
            self.review,
            self.dispatch,
            self.fleet,
            months=3,
            clock=self.clock,
            zone=UTC,
        )
        self.operators: dict[str, Operator] = {}
        self.amina = self.add_operator("amina")
        self.bimal = self.add_operator("bimal")

    @property
    def services(self) -> ConsoleServices:
        """What the console stands on."""
        return ConsoleServices(
            self.database,
            self.clock,
            self.access,
            self.review,
            self.dispatch,
            self.fleet,
            self.registers,
            self.sites,
            self.statistics,
        )

    def dispatcher(self) -> Dispatcher:
        """The worker of alerts."""
        return self.dispatch.dispatcher(self.database, self.feed, self.clock)

    def add_recipient(self, new: NewRecipient) -> Recipient:
        """Somebody who gets alerts."""
        with self.database.begin() as connection:
            return self.dispatch.directory.add(connection, new, EVERY_SITE, actor="root", at=self.clock(), local=True)

    def add_operator(self, name: str, *roles: Role, sites: Sites = EVERY_SITE) -> Operator:
        """An account with PASSWORD; without roles, a reviewer's."""
        with self.database.begin() as connection:
            self.operators[name] = self.access.operators.add(
                connection, name, PASSWORD, roles or (Role.REVIEWER,), sites, at=self.clock()
            )
        return self.operators[name]

    def open_review(
        self, intake: Intake | None = None, case: Case | None = None, *, score: float = 0.71, **machine: Any
    ) -> ReviewId:
        """A candidate that an intake of its own produced."""
        sighting = self.receive(intake or Intake())
        return self.open_candidate(sighting, case or Case(), score=score, **machine)

    def receive(self, intake: Intake, face: bytes = b"") -> SightingId:
        """An intake."""
        sighting = SightingId(secrets.token_hex(16))
        # No two children are photographed at one unit in one millisecond.
        self.intakes.known[sighting] = replace(intake, captured_at=intake.captured_at + len(self.intakes.known))
        self.intakes.faces[sighting] = face or sample_face("obama2.jpg")
        return sighting

    def open_candidate(
        self,
        sighting: SightingId,
        case: Case,
        *,
        face: bytes = b"",
        score: float = 0.71,
        rank: int = 1,
        chance: Chance | None = None,
        **finding: Any,
    ) -> ReviewId:
        """One candidate of an intake; `finding`: what else the machines say."""
        self.register.known[case.id] = case
        self.register.faces[case.id] = face or sample_face("obama.jpg")
        candidate = Candidate(case.id, PHOTO, rank, score, score, chance)
        self.intakes.findings[sighting, case.id] = Finding(candidate, **finding)
        with self.database.begin() as connection:
            review = self.review.open(connection, sighting_id=sighting, candidate=candidate, at=self.clock())
        assert review is not None
        return review

    def take(self, review: ReviewId, operator: Operator) -> None:
        """A person begins with a review."""
        with self.database.begin() as connection:
            self.review.take(connection, review, operator, self.clock())

    def seen(self, review: ReviewId, operator: Operator) -> Comparison:
        """What a person may know of a review."""
        with self.database.read() as connection:
            return self.review.comparison(connection, review, operator, self.clock())

    def queue(self, operator: Operator) -> Queue:
        """A person's queue."""
        with self.database.read() as connection:
            return self.review.queue(connection, operator, self.clock())

    def answer(self, review: ReviewId, operator: Operator, answer: Answer, comment: str = "") -> Outcome | None:
        """One person's answer, in a transaction of its own."""
        with self.database.begin() as connection:
            return self.review.answer(
                connection, review, operator, answer, checklist=ALL_SIMILAR, comment=comment, at=self.clock()
            )

    def confirm(self, review: ReviewId) -> None:
        """Two people say that it is the same person."""
        self.answer(review, self.amina, Answer.IDENTIFICATION)
        self.answer(review, self.bimal, Answer.IDENTIFICATION)

    def audited(self) -> list[AuditEntry]:
        """Every audit entry."""
        with self.database.read() as connection:
            return entries(connection)

    def stolen(self) -> bytes:
        """Everything that a thief of the database could read. The desk can do nothing more after it."""
        self.database.close()
        return stored_bytes(self.database_url)

    def actions(self) -> list[AuditAction]:
        """What the audit entries say was done."""
        return [entry.action for entry in self.audited()]


def police_desk(address: str, **entered: Any) -> NewRecipient:
    """A recipient by country, unless told otherwise."""
    said = {"name": "Police desk", "kind": RecipientKind.POLICE_DESK, "reach": Reach.COUNTRY, "of": "bd", **entered}
    return NewRecipient(address=address, **said)


@cache
def sample_face(name: str) -> bytes:
    """A portrait of a public-domain photograph of an adult, as units and the register make them."""
    image = decode_image((SAMPLES / name).read_bytes())
    recogniser = _recogniser()
    return encode_jpeg(portrait(image, recogniser.detect(image)[0]), quality=QUALITIES[0])


@cache
def _recogniser() -> Recogniser:
    return Recogniser(load_pack(SAMPLES.parent / "packs" / "default"))


def _fleet(folder: Path, database: Database, vault: Vault, clock: Callable[[], int]) -> FleetService:
    keys, unit_keys, units = folder / "keys", folder / "unit-keys", folder / "units"
    for one in (keys, unit_keys, units):
        one.mkdir()
    identity = create_identity(keys, "bd")
    card = write_card(create_identity(unit_keys, UNIT).public).decode()
    (units / "benapole-1.json").write_text(
        f'{{"unit": "{UNIT}", "site": "{SITE}", "slices": ["bd/missing"], "card": {card}}}'
    )
    fleet = FleetService(database, vault, identity, units, clock)
    fleet.refresh()
    return fleet
