"""The hub looks at each candidate itself: it embeds the sealed crop anew with its own pack.

That happens after the sighting is committed and acknowledged, so that no receipt waits for a recogniser. The unit
may run a smaller pack, an older one, or be in a thief's hands; where the hub disagrees, reviewers read it after
their own answer.
"""

import structlog
from sqlalchemy import Connection

from faults import RejectedError
from hub.cases.service import CaseService, Completion, PhotographReader
from hub.clock import Clock
from hub.db import Database
from hub.ingest import look_store
from hub.ingest.model import SecondLook, StoredSighting
from hub.ingest.own_scores import OwnScores
from hub.ingest.reader import SightingReader, UnknownSightingError
from models.bands import Band
from models.images import decode_image
from models.template import Template
from protocol.ids import CaseId, SightingId
from protocol.person import AgeBand
from protocol.sighting import Candidate
from protocol.watchlist import EntryTemplate

_SAME_PICTURE = 0.01
"""How far the unit's cosine may lie from the hub's of the same picture and pack: arithmetic differs by less."""

_log = structlog.get_logger()


class SecondLooks:
    """Compares what units found once more."""

    def __init__(
        self,
        database: Database,
        sightings: SightingReader,
        cases: CaseService,
        photographs: PhotographReader,
        scores: OwnScores,
        *,
        clock: Clock,
    ) -> None:
        """`photographs` and `scores` are of one pack."""
        self._database = database
        self._sightings = sightings
        self._cases = cases
        self._photographs = photographs
        self._scores = scores
        self._clock = clock

    def look(self) -> bool:
        """Look at the oldest sighting that has candidates not looked at; whether there was one.

        Raises DatabaseUnavailableError, or StoredDataError when a picture in the database was altered.
        """
        with self._database.read() as connection:
            waiting = look_store.waiting(connection)
            if waiting is None:
                return False
            sighting = self._sightings.sighting(connection, waiting)
        templates = [self._templates(candidate.case) for candidate in sighting.candidates]
        try:
            probe = self._embed(waiting)
        except UnknownSightingError:
            return True  # It was erased a moment ago.
        looks = [
            self._compare(sighting, candidate, probe, of_case)
            for candidate, of_case in zip(sighting.candidates, templates, strict=True)
        ]
        with self._database.begin() as connection:
            self._keep(connection, sighting, looks)
        return True

    def _templates(self, case: CaseId) -> list[EntryTemplate]:
        # Photographs that were registered with an earlier pack may not have their turn yet.
        while self._cases.complete_templates(case) is not Completion.DONE:
            pass
        with self._database.read() as connection:
            return self._cases.templates(connection, case, self._scores.pack_digest)

    def _embed(self, sighting: SightingId) -> Template | None:
        crop = decode_image(self._sightings.crop(sighting))
        try:
            (template,) = self._photographs.recogniser.embed([crop])
        except RejectedError as error:
            _log.warning("sighting.not-embedded", reason=type(error).__name__)
            return None
        return template

    def _compare(
        self, sighting: StoredSighting, candidate: Candidate, probe: Template | None, templates: list[EntryTemplate]
    ) -> SecondLook | None:
        if probe is None or not templates:
            return None
        vectors = [template.vector for template in templates]
        own = self._scores.judge(probe, vectors, _band_of(sighting), sighting.comparable)
        return SecondLook(own.raw, own.score, own.chance, own.enough, self._same(sighting, candidate, probe, templates))

    def _same(
        self, sighting: StoredSighting, candidate: Candidate, probe: Template, templates: list[EntryTemplate]
    ) -> bool:
        """Whether the picture is the one that the unit compared, as far as that can be told.

        It can where both run one pack and the unit used a single frame: then the cosines are equal.
        """
        if sighting.pack_digest != self._scores.pack_digest or sighting.frames != 1:
            return True
        matched = [template.vector for template in templates if template.photo == candidate.photo]
        if not matched:
            return True
        raw = self._scores.judge(probe, matched, _band_of(sighting), sighting.comparable).raw
        return abs(raw - candidate.raw) <= _SAME_PICTURE

    def _keep(self, connection: Connection, sighting: StoredSighting, looks: list[SecondLook | None]) -> None:
        now = self._clock()
        try:
            self._sightings.sighting(connection, sighting.sighting_id)
        except UnknownSightingError:
            return  # It was erased meanwhile.
        for candidate, look in zip(sighting.candidates, looks, strict=True):
            look_store.insert_look(
                connection, sighting.sighting_id, candidate.case, look, pack_digest=self._scores.pack_digest, at=now
            )


def _band_of(sighting: StoredSighting) -> Band | None:
    return None if sighting.age_band is AgeBand.UNKNOWN else Band(sighting.age_band)
