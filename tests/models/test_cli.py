"""What a technician sees of a pack."""

from pathlib import Path

from typer.testing import CliRunner

from models.cli import app
from models.errors import PackRejectedError
from models.pack import default_pack_path, load_pack
from tests.models import tiny_pack


def test_show_names_licence_and_training_data_of_every_network() -> None:
    done = CliRunner().invoke(app, ["show", str(default_pack_path())])
    assert done.exit_code == 0
    flat = " ".join(done.output.split())
    assert load_pack(default_pack_path()).digest in flat
    for word in ("MIT", "MS-Celeb-1M", "WIDER FACE", "centerface.onnx", "mobilefacenet.onnx"):
        assert word in flat


def test_show_refuses_an_altered_pack(tmp_path: Path) -> None:
    folder = tiny_pack.write_pack(tmp_path / "tiny")
    (folder / "embedder.onnx").write_bytes(b"x")
    done = CliRunner().invoke(app, ["show", str(folder)])
    assert isinstance(done.exception, PackRejectedError)
