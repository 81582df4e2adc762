"""The committed pack is what its recipe makes, or nobody can check what is in it."""

from pathlib import Path

import pytest

from models.build.default import build_default
from models.errors import SourceUnavailableError
from models.pack import default_pack_path


@pytest.mark.registry
def test_two_builds_give_the_committed_bytes(tmp_path: Path) -> None:
    try:
        for name in ("first", "second"):
            build_default(tmp_path / name)
    except SourceUnavailableError as error:
        pytest.skip(str(error))
    # The calibration is measured, not built: it stands beside what the recipe makes.
    built = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("first", "second")]
    committed = {name: (default_pack_path() / name).read_bytes() for name in built[0]}
    assert built == [committed, committed]
