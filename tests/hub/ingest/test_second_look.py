"""The hub looks at each candidate with its own recogniser: after the receipt, and only within its own pack."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from hub.bootstrap import Services, build_ingest, build_recognition, build_services
from hub.config import HubSettings
from hub.ingest.model import Finding
from hub.ingest.own_scores import UncalibratedHubPackError
from hub.ingest.service import UnknownSightingError
from models.align import portrait
from models.images import decode_image, encode_jpeg, encode_png
from models.pack import default_pack_path, load_pack
from models.recogniser import Recogniser
from models.template import similarity
from protocol.ids import CaseId
from protocol.person import AgeBand
from protocol.sighting import Candidate, Face, Sighting
from protocol.topics import UnitChannel, unit_topic
from tests.support.hub_site import PHOTO, SAMPLES, UNIT, HubSite, register
from tests.support.packs import changed_pack

RECOGNISER_PACK = load_pack(default_pack_path())


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser(RECOGNISER_PACK)


@pytest.fixture
def site(tmp_path: Path, chosen_database: str | None) -> HubSite:
    return HubSite(tmp_path, database_url=chosen_database)


@pytest.fixture
def hub(site: HubSite) -> Iterator[Services]:
    with site.services() as services:
        services.fleet.refresh()
        yield services


def face_of(recogniser: Recogniser, sample: str) -> Face:
    image = decode_image((SAMPLES / sample).read_bytes())
    face = recogniser.detect(image)[0]
    return Face(encode_png(recogniser.align(image, face)), encode_jpeg(portrait(image, face, 240), 85))


def raw_score(recogniser: Recogniser, face: Face) -> float:
    image = decode_image(PHOTO.read_bytes())
    reference = recogniser.align(image, recogniser.detect(image)[0])
    return similarity(*recogniser.embed([decode_image(face.crop), reference]))


def receive(site: HubSite, hub: Services, sighting: Sighting) -> list[tuple[str, bytes]]:
    """Take a sighting in; what was sent for it."""
    sent: list[tuple[str, bytes]] = []
    room = build_ingest(hub, lambda topic, payload: sent.append((topic, payload)))
    room.receive(unit_topic(UNIT, UnitChannel.SIGHTINGS), site.unit().envelope(sighting.to_bytes()))
    return sent


def sighting(site: HubSite, hub: Services, case: CaseId, face: Face, raw: float, **changes: object) -> Sighting:
    """What an honest unit, or with `changes` another, would send of a face."""
    with hub.database.read() as connection:
        (photo,) = hub.cases.summary(connection, case).photos
    plain = site.unit().sighting((case, photo))
    candidate = replace(plain.candidates[0], raw=raw)
    honest = replace(
        plain,
        candidates=(candidate,),
        face=face,
        pack_digest=bytes.fromhex(RECOGNISER_PACK.digest),
        age_band=AgeBand.ADULT,
    )
    return replace(honest, **changes)  # type: ignore[arg-type]


def finding(hub: Services, sent: Sighting) -> Finding:
    with hub.database.read() as connection:
        return hub.sightings.finding(connection, sent.sighting_id, sent.candidates[0].case)


def look(hub: Services) -> None:
    worker = build_recognition(hub)
    while worker.work():
        pass


def test_receipt_does_not_wait_for_the_hub_s_own_look(site: HubSite, hub: Services, recogniser: Recogniser) -> None:
    case = register(hub)
    face = face_of(recogniser, "obama2.jpg")
    sent = sighting(site, hub, case, face, raw_score(recogniser, face))
    ((topic, _),) = receive(site, hub, sent)
    assert topic == unit_topic(UNIT, UnitChannel.RECEIPTS)
    assert (finding(hub, sent).looked, finding(hub, sent).look) == (False, None)


def test_hub_that_finds_the_same_bears_the_unit_out(site: HubSite, hub: Services, recogniser: Recogniser) -> None:
    face = face_of(recogniser, "obama2.jpg")
    raw = raw_score(recogniser, face)
    sent = sighting(site, hub, register(hub), face, raw)
    receive(site, hub, sent)
    look(hub)
    found = finding(hub, sent)
    assert found.look is not None
    assert found.look.enough
    assert found.look.same_picture
    assert found.look.raw == pytest.approx(raw, abs=1e-5)
    assert found.look.chance is not None
    assert found.look.chance.high < 0.001


def test_stranger_whom_a_unit_calls_a_candidate_is_not_borne_out(
    site: HubSite, hub: Services, recogniser: Recogniser
) -> None:
    face = face_of(recogniser, "biden.jpg")
    sent = sighting(site, hub, register(hub), face, raw_score(recogniser, face))
    receive(site, hub, sent)
    look(hub)
    found = finding(hub, sent).look
    assert found is not None
    assert not found.enough
    assert found.same_picture


@pytest.mark.parametrize("frames", [1, 3])
def test_picture_that_the_unit_did_not_compare_is_noticed_where_that_can_be_told(
    site: HubSite, hub: Services, recogniser: Recogniser, frames: int
) -> None:
    sent = sighting(site, hub, register(hub), face_of(recogniser, "biden.jpg"), raw=0.93, frames=frames)
    receive(site, hub, sent)
    look(hub)
    found = finding(hub, sent).look
    assert found is not None
    # Of several fused pictures one alone is sent, and its cosine is another.
    assert found.same_picture == (frames == 3)


@pytest.mark.usefixtures("hub_database")
def test_every_candidate_is_looked_at_once(site: HubSite, hub: Services, recogniser: Recogniser) -> None:
    cases = [register(hub, "GD 1/2026"), register(hub, "GD 2/2026")]
    face = face_of(recogniser, "obama2.jpg")
    first = sighting(site, hub, cases[0], face, raw=0.8)
    with hub.database.read() as connection:
        (photo,) = hub.cases.summary(connection, cases[1]).photos
    second = replace(first.candidates[0], case=cases[1], photo=photo, rank=2)
    receive(site, hub, replace(first, candidates=(*first.candidates, second), comparable=2))
    look(hub)
    look(hub)
    with hub.database.read() as connection:
        rows = connection.execute(text("SELECT case_id FROM second_looks")).scalars().all()
    assert sorted(rows) == sorted(cases)


class TestAnotherPack:
    """The hub runs another pack than the one that the case was registered with and the unit runs."""

    def settings(self, site: HubSite, tmp_path: Path, *, uncalibrated: bool = True, **manifest: str) -> HubSettings:
        pack = changed_pack(tmp_path / "pack", **manifest)
        return site.settings.model_copy(update={"pack": pack.path, "uncalibrated": uncalibrated})

    def test_templates_of_the_hub_s_own_pack_are_made_and_nothing_is_compared_across(
        self, site: HubSite, hub: Services, recogniser: Recogniser, tmp_path: Path
    ) -> None:
        case = register(hub)
        face = face_of(recogniser, "obama2.jpg")
        sent = sighting(site, hub, case, face, raw_score(recogniser, face))
        receive(site, hub, sent)
        changed = build_services(self.settings(site, tmp_path), site.clock)
        look(changed)
        found = finding(changed, sent).look
        own = bytes.fromhex(changed.pack.digest)
        with changed.database.read() as connection:
            assert len(changed.cases.templates(connection, case, own)) == 1
            used = connection.execute(text("SELECT pack_digest FROM second_looks")).scalar_one()
        changed.database.close()
        assert found is not None
        assert found.chance is None
        assert found.enough
        assert used == own != sent.pack_digest

    def test_photograph_in_which_the_hub_s_pack_sees_no_face_is_said_and_not_compared_across(
        self, site: HubSite, hub: Services, recogniser: Recogniser, tmp_path: Path
    ) -> None:
        sent = sighting(site, hub, register(hub), face_of(recogniser, "obama2.jpg"), raw=0.8)
        receive(site, hub, sent)
        blind = self.settings(site, tmp_path, old="min_score = 0.5", new="min_score = 0.999")
        changed = build_services(blind, site.clock)
        look(changed)
        found = finding(changed, sent)
        changed.database.close()
        assert (found.looked, found.look) == (True, None)

    def test_uncalibrated_pack_of_the_hub_needs_to_be_wanted(self, site: HubSite, tmp_path: Path) -> None:
        services = build_services(self.settings(site, tmp_path, uncalibrated=False), site.clock)
        with pytest.raises(UncalibratedHubPackError, match="uncalibrated = true"):
            build_recognition(services)
        services.database.close()


def test_candidate_of_another_sighting_is_never_told(site: HubSite, hub: Services, recogniser: Recogniser) -> None:
    sent = sighting(site, hub, register(hub), face_of(recogniser, "obama2.jpg"), raw=0.8)
    receive(site, hub, sent)
    stranger = Candidate(CaseId("bd/c-00000000"), sent.candidates[0].photo, 1, 0.8, 0.6, None)
    with pytest.raises(UnknownSightingError, match="no such candidate"):
        finding(hub, replace(sent, calibration=None, candidates=(stranger,)))
