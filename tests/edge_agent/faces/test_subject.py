import numpy as np
import pytest

from edge_agent.faces.subject import NoFaceError, SeveralFacesError, choose_subject
from models.detectors import Face


def face(side: float) -> Face:
    return Face((10.0, 10.0, 10.0 + side, 10.0 + side), np.zeros((5, 2), np.float32), 0.9)


def test_no_face_says_what_to_do() -> None:
    with pytest.raises(NoFaceError, match="face the camera"):
        choose_subject([])


def test_two_people_side_by_side_are_refused() -> None:
    with pytest.raises(SeveralFacesError, match="one person"):
        choose_subject([face(100), face(90)])


def test_people_in_the_background_are_ignored_in_any_order() -> None:
    near = face(100)
    assert choose_subject([face(40), near, face(30)]) is near


def test_half_the_area_is_just_enough_to_be_dominant() -> None:
    near = face(100)
    assert choose_subject([near, face(70)]) is near
    with pytest.raises(SeveralFacesError):
        choose_subject([near, face(71)])
