"""A unit speaks to its hub and to nobody else."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

_RECOGNISE = """
import numpy as np
from models.pack import default_pack_path, load_pack
from models.recogniser import Recogniser
recogniser = Recogniser(load_pack(default_pack_path()))
recogniser.detect(np.zeros((200, 200, 3), np.uint8))
recogniser.embed([np.zeros((112, 112, 3), np.uint8) + 90])
"""


def test_runtime_that_reports_to_its_maker_is_not_installed() -> None:
    spec = find_spec("onnxruntime")
    assert spec is not None
    assert spec.origin is not None
    libraries = [*Path(spec.origin).parent.glob("capi/*.so*")]
    assert libraries
    for library in libraries:
        # The uploader's own source file and namespace.
        content = library.read_bytes()
        assert b"telemetry_1ds" not in content
        assert b"Microsoft12Applications6Events" not in content


def test_recognition_leaves_a_file_behind(tmp_path: Path) -> None:
    places = {name: str(tmp_path) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_STATE_HOME")}
    subprocess.run([sys.executable, "-c", _RECOGNISE], env=os.environ | places, check=True)
    assert list(tmp_path.rglob("*")) == []
