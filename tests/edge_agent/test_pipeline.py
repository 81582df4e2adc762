"""An intake in this process: what it sends, what it leaves, and what it never tells."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest
import structlog

from edge_agent.bootstrap import Unit, build_pipeline, open_unit
from edge_agent.camera.files import FileCamera
from edge_agent.camera.frame import PhotographUnreadableError
from edge_agent.camera.opencv_source import open_camera
from edge_agent.config import load_settings
from edge_agent.database import DatabaseUnavailableError
from edge_agent.faces.capture import PoorPictureError
from edge_agent.faces.subject import NoFaceError, SeveralFacesError
from edge_agent.sightings.outbox import Counts
from edge_agent.sightings.request import BasisFacts, record_request
from edge_agent.watchlist.scoring import UncalibratedPackError
from models.calibration import load_calibration
from models.images import RgbImage, decode_image, encode_png
from models.pack import default_pack_path
from models.quality import Verdict, assess
from models.recogniser import Recogniser
from models.template import Template, similarity, template_from_bytes
from protocol.envelope import MessageType, Opened, open_envelope
from protocol.person import AgeBand, Sex
from protocol.sighting import LegalBasis, Sighting
from tests.edge_agent.lists import COLLINS, OBAMA, SAMPLES, photo_id, vector_of
from tests.edge_agent.site import Site, synchronise, take

REQUEST = record_request(
    legal_basis=LegalBasis.COURT_ORDER,
    basis_reference="C-7/2026",
    facts=BasisFacts(authority="Court of Jashore"),
    age_band=AgeBand.ADULT,
    sex=Sex.MALE,
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
    assert candidate.raw > 0.7
    assert candidate.chance is not None
    assert candidate.chance.high < 0.001
    assert found.calibration == bytes.fromhex(load_calibration(recogniser.pack).digest)
    assert (found.comparable, found.frames) == (1, 1)
    assert found.quality.measures["inter-eye-distance"] > 80
    assert found.quality.warning is None
    assert found.reference == received.reference
    assert found.legal_basis is LegalBasis.BEST_INTERESTS
    assert found.face is not None
    crop, portrait = decode_image(found.face.crop), decode_image(found.face.portrait)
    assert (crop.shape, portrait.shape) == ((112, 112, 3), (336, 336, 3))
    # What the hub embeds again is what the unit embedded, and what its score was computed from.
    score = similarity(recogniser.embed([crop])[0], listed_template(recogniser))
    assert score == pytest.approx(candidate.raw, abs=1e-3)


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
    assert ready.outbox.fill().last_sequence == 0


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
    found = sighting(listed, ready, 1)
    assert [candidate.rank for candidate in found.candidates] == [1]
    assert found.frames == 2


def test_two_people_in_one_folder_are_no_intake(
    listed: Site, ready: Unit, recogniser: Recogniser, tmp_path: Path
) -> None:
    for sample in ("obama2.jpg", "biden.jpg"):
        (tmp_path / sample).write_bytes((SAMPLES / sample).read_bytes())
    with pytest.raises(SeveralFacesError):
        take(ready, recogniser, str(tmp_path))
    assert ready.outbox.counts() == Counts(0, 0)


def test_picture_too_poor_to_compare_leaves_nothing(
    listed: Site, ready: Unit, recogniser: Recogniser, tmp_path: Path
) -> None:
    image = decode_image((SAMPLES / "obama2.jpg").read_bytes())
    (tmp_path / "night.png").write_bytes(encode_png((image // 12).astype(np.uint8)))
    with pytest.raises(PoorPictureError, match="too dark"):
        take(ready, recogniser, str(tmp_path / "night.png"))
    assert ready.outbox.counts() == Counts(0, 0)


def test_picture_taken_with_a_doubt_says_which(
    listed: Site, ready: Unit, recogniser: Recogniser, tmp_path: Path
) -> None:
    doubtful = farther_until_warned("obama2.jpg", recogniser)
    (tmp_path / "far.png").write_bytes(encode_png(doubtful))
    take(ready, recogniser, str(tmp_path / "far.png"))
    found = sighting(listed, ready, 1)
    assert [candidate.case for candidate in found.candidates] == [OBAMA]
    assert found.quality.warning == "inter-eye-distance"
    assert found.quality.measures["inter-eye-distance"] < 40


def farther_until_warned(sample: str, recogniser: Recogniser) -> RgbImage:
    """The sample, made smaller in steps until the gate has a doubt."""
    image = decode_image((SAMPLES / sample).read_bytes())
    for share in np.linspace(0.3, 0.03, 60):
        smaller = cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA).astype(np.uint8)
        faces = recogniser.detect(smaller)
        if assess(smaller, faces, faces[0]).verdict is Verdict.WARN:
            return smaller
    pytest.fail("No picture is taken with a doubt.")


def test_uncalibrated_pack_refuses_to_search_and_with_leave_says_so_on_every_result(
    listed: Site, recogniser: Recogniser, tmp_path: Path
) -> None:
    pack = Path(shutil.copytree(default_pack_path(), tmp_path / "pack"))
    (pack / "calibration.json").unlink()
    settings = load_settings(listed.unit / "edge.toml").model_copy(update={"pack": pack})
    with pytest.raises(UncalibratedPackError), open_unit(settings):
        pytest.fail("A pack without a calibration was opened.")
    with open_unit(settings.model_copy(update={"uncalibrated": True})) as unit:
        synchronise(unit)
        take(unit, recogniser, "obama2.jpg")
        take(unit, recogniser, "biden.jpg")
        found, none = sighting(listed, unit, 1), sighting(listed, unit, 2)
    assert [(candidate.case, candidate.chance) for candidate in found.candidates] == [(OBAMA, None)]
    assert (found.calibration, none.calibration, none.candidates) == (None, None, ())


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
