"""An intake in this process: what it sends, what it leaves, and what it never tells."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest
import structlog

from edge_agent.bootstrap import Unit, build_pipeline
from edge_agent.camera.files import FileCamera
from edge_agent.camera.frame import PhotographUnreadableError
from edge_agent.camera.opencv_source import open_camera
from edge_agent.database import DatabaseUnavailableError
from edge_agent.faces.subject import NoFaceError
from edge_agent.sightings.outbox import Counts
from edge_agent.sightings.request import record_request
from models.images import decode_image, encode_png
from models.recogniser import Recogniser
from models.template import Template, similarity, template_from_bytes
from protocol.envelope import MessageType, Opened, open_envelope
from protocol.person import AgeBand, Sex
from protocol.sighting import LegalBasis, Sighting
from tests.edge_agent.lists import COLLINS, OBAMA, SAMPLES, photo_id, vector_of
from tests.edge_agent.site import Site, synchronise, take

REQUEST = record_request(
    legal_basis=LegalBasis.COURT_ORDER, basis_reference="C-7/2026", age_band=AgeBand.ADULT, sex=Sex.MALE
)


@pytest.fixture
def ready(listed: Site, unit: Unit) -> Unit:
    synchronise(unit)
    return unit


def opened(site: Site, unit: Unit, sequence: int) -> Opened:
    """An envelope of the outbox as the hub opens it."""
    envelope = unit.outbox.envelope(sequence)
    assert envelope is not None
    card = unit.identity.public
    return open_envelope(
        envelope,
        recipient=site.hub.repository.identity,
        find_sender=lambda name: card if name == card.name else None,
        expected=MessageType.SIGHTING,
    )


def sighting(site: Site, unit: Unit, sequence: int) -> Sighting:
    return Sighting.from_bytes(opened(site, unit, sequence).payload)


def test_listed_person_is_the_candidate_with_a_face_for_the_reviewer(
    listed: Site, ready: Unit, recogniser: Recogniser
) -> None:
    received = take(ready, recogniser, "obama3.jpg")
    found = sighting(listed, ready, 1)
    (candidate,) = found.candidates
    assert (candidate.case, candidate.photo, candidate.rank) == (OBAMA, photo_id(0), 1)
    assert candidate.score > 0.7
    assert found.reference == received.reference
    assert found.legal_basis is LegalBasis.BEST_INTERESTS
    assert found.face is not None
    crop, portrait = decode_image(found.face.crop), decode_image(found.face.portrait)
    assert (crop.shape, portrait.shape) == ((112, 112, 3), (336, 336, 3))
    # What the hub embeds again is what the unit embedded, and what its score was computed from.
    score = similarity(recogniser.embed([crop])[0], listed_template(recogniser))
    assert score == pytest.approx(candidate.score, abs=1e-5)


def listed_template(recogniser: Recogniser) -> Template:
    return template_from_bytes(vector_of(recogniser, "obama.jpg"), recogniser.pack.digest, 192)


def test_unlisted_person_is_sent_without_any_picture(listed: Site, ready: Unit, recogniser: Recogniser) -> None:
    take(ready, recogniser, "biden.jpg")
    found = sighting(listed, ready, 1)
    assert found.candidates == ()
    assert found.face is None


def test_same_face_with_a_contradicting_sex_is_no_candidate(listed: Site, ready: Unit, recogniser: Recogniser) -> None:
    take(ready, recogniser, "obama2.jpg", sex=Sex.FEMALE)
    take(ready, recogniser, "collins.png", sex=Sex.UNKNOWN)
    assert sighting(listed, ready, 1).candidates == ()
    assert [candidate.case for candidate in sighting(listed, ready, 2).candidates] == [COLLINS]


def test_every_envelope_has_one_size_and_a_log_of_one_shape(listed: Site, ready: Unit, recogniser: Recogniser) -> None:
    sizes, logs = set(), set()
    for photo, sex in (("obama2.jpg", Sex.MALE), ("obama2.jpg", Sex.FEMALE), ("biden.jpg", Sex.MALE)):
        with structlog.testing.capture_logs() as captured:
            take(ready, recogniser, photo, sex)
        logs.add(tuple((event["event"], *sorted(event)) for event in captured))
    for sequence in ready.outbox.pending(10):
        envelope = ready.outbox.envelope(sequence)
        assert envelope is not None
        sizes.add(len(envelope))
    assert len(sizes) == 1
    assert len(logs) == 1


def test_photo_without_a_face_leaves_nothing(listed: Site, ready: Unit, recogniser: Recogniser, tmp_path: Path) -> None:
    image = decode_image((SAMPLES / "obama.jpg").read_bytes())
    (tmp_path / "wall.png").write_bytes(encode_png(image[:60, :60]))
    with pytest.raises(NoFaceError):
        take(ready, recogniser, str(tmp_path / "wall.png"))
    assert ready.outbox.counts() == Counts(0, 0)
    assert ready.outbox.take_sequence(0) == 1


def test_camera_is_closed_also_when_the_intake_fails(listed: Site, ready: Unit, recogniser: Recogniser) -> None:
    closed: list[bool] = []

    @contextmanager
    def camera() -> Iterator[FileCamera]:
        try:
            yield FileCamera(SAMPLES / "gone.jpg", ready.clock.now)
        finally:
            closed.append(True)

    with pytest.raises(PhotographUnreadableError):
        build_pipeline(ready, recogniser).take(REQUEST, camera)
    assert closed == [True]


def test_folder_of_one_person_is_one_intake(listed: Site, ready: Unit, recogniser: Recogniser, tmp_path: Path) -> None:
    for sample in ("obama2.jpg", "obama3.jpg"):
        (tmp_path / "burst").mkdir(exist_ok=True)
        (tmp_path / "burst" / sample).write_bytes((SAMPLES / sample).read_bytes())
    take(ready, recogniser, str(tmp_path / "burst"))
    assert ready.outbox.pending(10) == [1]
    assert [candidate.rank for candidate in sighting(listed, ready, 1).candidates] == [1]


def test_video_of_a_listed_person_is_recognised(
    listed: Site, ready: Unit, recogniser: Recogniser, tmp_path: Path
) -> None:
    image = decode_image((SAMPLES / "obama2.jpg").read_bytes())
    source = str(tmp_path / "clip.avi")
    writer = cv2.VideoWriter(source, cv2.VideoWriter.fourcc(*"MJPG"), 10, (image.shape[1], image.shape[0]))
    for frame in [np.zeros_like(image)] * 3 + [image] * 4:
        writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    writer.release()
    build_pipeline(ready, recogniser).take(REQUEST, lambda: open_camera(source, ready.clock.now))
    assert [candidate.case for candidate in sighting(listed, ready, 1).candidates] == [OBAMA]
    assert sighting(listed, ready, 1).basis_reference == "C-7/2026"


def test_full_disk_refuses_the_intake_and_keeps_the_others(listed: Site, ready: Unit, recogniser: Recogniser) -> None:
    take(ready, recogniser, "obama2.jpg")
    with ready.database.reading() as tables:
        (pages,) = tables.execute("PRAGMA page_count").fetchone()
        tables.execute(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(DatabaseUnavailableError, match="Make room"):
        take(ready, recogniser, "biden.jpg")
    assert ready.outbox.pending(10) == [1]
