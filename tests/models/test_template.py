"""Templates that are none, and comparisons that mean nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import PackMismatchError, TemplateRejectedError
from models.template import Template, similarity, template_from_bytes, template_of

SPACE, OTHER_SPACE = "a" * 64, "b" * 64


def _unit(*values: float) -> Template:
    return template_of(np.array(values, np.float32), SPACE)


def test_templates_of_different_packs_are_never_compared() -> None:
    ours = _unit(1, 0, 0)
    with pytest.raises(PackMismatchError):
        similarity(ours, Template(ours.vector, OTHER_SPACE))


def test_similarity_is_the_cosine() -> None:
    assert similarity(_unit(1, 0), _unit(1, 1)) == pytest.approx(np.sqrt(0.5), abs=1e-6)
    assert similarity(_unit(1, 0), _unit(-2, 0)) == pytest.approx(-1)


def test_template_cannot_be_altered_after_it_was_made() -> None:
    source = np.array([1, 0], np.float32)
    template = Template(source, SPACE)
    source[0] = 5
    assert template.vector[0] == 1
    with pytest.raises(ValueError, match="read-only"):
        template.vector[0] = 0


def test_template_shows_nothing_of_itself_in_a_log() -> None:
    assert "0.6" not in repr(_unit(0.6, 0.8))


@pytest.mark.parametrize(
    "vector",
    [
        np.array([2, 0], np.float32),
        np.array([np.nan, 1], np.float32),
        np.array([np.inf, 0], np.float32),
        np.array([[1, 0]], np.float32),
        np.array([1, 0], np.float64),
        np.zeros(0, np.float32),
    ],
)
def test_vector_that_is_no_unit_vector_is_rejected(vector: np.ndarray) -> None:
    with pytest.raises(TemplateRejectedError):
        Template(vector, SPACE)


@pytest.mark.parametrize("values", [[0.0, 0.0], [np.nan, 1.0], [np.inf, 1.0]])
def test_values_without_a_direction_make_no_template(values: list[float]) -> None:
    with pytest.raises(TemplateRejectedError):
        template_of(np.array(values, np.float32), SPACE)


@given(st.lists(st.floats(-10, 10, width=32), min_size=4, max_size=64).filter(lambda v: max(map(abs, v)) > 0.1))
def test_template_comes_back_from_its_bytes(values: list[float]) -> None:
    template = _unit(*values)
    data = template.to_bytes()
    assert data == np.asarray(template.vector, "<f4").tobytes()
    assert (template_from_bytes(data, SPACE, len(values)).vector == template.vector).all()


@pytest.mark.parametrize("data", [b"", bytes(8), bytes(7), b"\xff" * 8])
def test_bytes_that_hold_no_template_are_rejected(data: bytes) -> None:
    with pytest.raises(TemplateRejectedError):
        template_from_bytes(data, SPACE, 2)
