"""Every target takes its seeds, seeds that were tampered with, what campaigns once found, and a short campaign."""

from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol import cbor
from protocol.errors import MalformedError
from tests.fuzz.__main__ import campaign
from tests.fuzz.mutation import mutate
from tests.fuzz.targets import NAMES, open_target, seeds

IN_MEMORY = [name for name in NAMES if name != "mqtt"]


@pytest.mark.parametrize("name", NAMES)
def test_seed_that_its_own_target_does_not_take(name: str, tmp_path: Path) -> None:
    with open_target(name, tmp_path) as check:
        for seed in seeds(name):
            check(seed)
        check(b"")


@pytest.mark.parametrize("name", IN_MEMORY)
@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_tampered_seed_ends_in_a_rejection_and_nothing_else(name: str, tmp_path: Path, data: st.DataObject) -> None:
    seed = bytearray(data.draw(st.sampled_from(seeds(name)), label="seed"))
    edits = st.lists(st.tuples(st.integers(0, len(seed) - 1), st.integers(0, 255)), max_size=8)
    for place, value in data.draw(edits, label="edits"):
        seed[place] = value
    end = data.draw(st.integers(0, len(seed)), label="end")
    with open_target(name, tmp_path) as check:
        check(bytes(seed[:end]) + data.draw(st.binary(max_size=16), label="tail"))


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not installed: run scripts/fuzz once")
@pytest.mark.parametrize("name", NAMES)
def test_campaign_of_some_seconds(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert campaign(name, 4, tmp_path) == 0, capsys.readouterr().err
    assert "no finding" in capsys.readouterr().out


def test_mutation_reaches_what_lies_behind_the_form(tmp_path: Path) -> None:
    """Many neighbours of a valid input are still CBOR in its one form, and differ."""
    seed = next(seed for seed in seeds("segment") if seed[0] == 2)
    made = {mutate(seed, 10_000, number, lambda data, _: data) for number in range(200)} - {seed}
    readable = 0
    for data in made:
        with suppress(MalformedError):
            cbor.decode(data[1:], limit=10_000)
            readable += 1
    assert readable > 60
