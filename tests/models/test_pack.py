"""A pack that is not exactly what its manifest says must not be used, and the message names the file."""

from pathlib import Path

import pytest

from models.errors import LicenceRefusedError, PackRejectedError
from models.pack import default_pack_path, load_pack
from models.recogniser import Recogniser
from tests.models import tiny_pack


def test_shipped_pack_is_whole_and_permitted() -> None:
    pack = load_pack(default_pack_path())
    assert len(pack.digest) == 64
    assert pack.manifest.dimension == 192
    for name in pack.manifest.models:
        file = pack.manifest.file(name)
        assert file is not None
        assert file.origin is not None
        assert file.licence_file is not None


def test_changed_byte_is_refused_naming_the_file(tmp_path: Path) -> None:
    folder = tiny_pack.write_pack(tmp_path / "tiny")
    data = bytearray((folder / "embedder.onnx").read_bytes())
    data[-1] ^= 1
    (folder / "embedder.onnx").write_bytes(data)
    with pytest.raises(PackRejectedError, match=r"tiny/embedder\.onnx"):
        load_pack(folder)


@pytest.mark.parametrize("change", [b"", None])
def test_short_or_missing_file_is_refused_naming_it(tmp_path: Path, change: bytes | None) -> None:
    folder = tiny_pack.write_pack(tmp_path / "tiny")
    (folder / "detector.onnx").unlink()
    if change is not None:
        (folder / "detector.onnx").write_bytes(change)
    with pytest.raises(PackRejectedError, match=r"tiny/detector\.onnx"):
        load_pack(folder)


def test_longer_file_is_refused(tmp_path: Path) -> None:
    folder = tiny_pack.write_pack(tmp_path / "tiny")
    with (folder / "detector.onnx").open("ab") as stream:
        stream.write(b"\0")
    with pytest.raises(PackRejectedError, match="bytes"):
        load_pack(folder)


def test_file_altered_after_loading_is_refused_when_it_is_used(tmp_path: Path) -> None:
    pack = load_pack(tiny_pack.write_pack(tmp_path / "tiny"))
    (tmp_path / "tiny" / "embedder.onnx").write_bytes(tiny_pack.embedder(gain=2.0))
    with pytest.raises(PackRejectedError, match=r"embedder\.onnx"):
        Recogniser(pack)


def test_research_only_licence_is_refused_unless_permitted_knowingly(tmp_path: Path) -> None:
    folder = tiny_pack.write_pack(tmp_path / "tiny", licence="LicenseRef-research-only")
    with pytest.raises(LicenceRefusedError, match=r"detector\.onnx is under LicenseRef-research-only"):
        load_pack(folder)
    assert load_pack(folder, permitted_licences={"LicenseRef-research-only"}).manifest.name == "tiny"


@pytest.mark.parametrize("name", ["../escape.onnx", "/etc/hostname", "a/b.onnx", "..", ".hidden", ""])
def test_manifest_cannot_reach_outside_its_folder(tmp_path: Path, name: str) -> None:
    manifest = tiny_pack.MANIFEST.replace('file = "detector.onnx"', f'file = "{name}"')
    with pytest.raises(PackRejectedError, match=r"detector\.file"):
        load_pack(tiny_pack.write_pack(tmp_path / "tiny", manifest))


@pytest.mark.parametrize(
    ("wrong", "right", "key"),
    [
        ("kind =", "kynd =", "detector"),
        ("max_side = 64", 'max_side = "64"', "max_side"),
        ("max_side = 64", "max_side = 63", "max_side"),
        ("min_score = 0.5", "min_score = 1.5", "min_score"),
        ("mirror = false", "mirror = 0", "mirror"),
        ("scale = 0.0078125", "scale = nan", "scale"),
        ("format = 1", "format = 2", "format"),
        ('kind = "centerface"', 'kind = "other"', "kind"),
        ("size = 112", "size = 112\nextra = 1", "extra"),
        ('file = "embedder.onnx"', 'file = "absent.onnx"', "absent.onnx"),
        ("format = 1", "format = ", "manifest.toml"),
    ],
)
def test_invalid_manifest_is_refused_naming_the_key(tmp_path: Path, wrong: str, right: str, key: str) -> None:
    manifest = tiny_pack.MANIFEST.replace(wrong, right, 1)
    with pytest.raises(PackRejectedError, match=key):
        load_pack(tiny_pack.write_pack(tmp_path / "tiny", manifest))


def test_folder_that_is_no_pack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackRejectedError, match="no pack"):
        load_pack(tmp_path)


def test_unlisted_file_of_the_folder_is_never_read(tmp_path: Path) -> None:
    pack = load_pack(tiny_pack.write_pack(tmp_path / "tiny"))
    (tmp_path / "tiny" / "stowaway").write_bytes(b"x")
    with pytest.raises(PackRejectedError, match="not listed"):
        pack.read("stowaway")


def test_digest_changes_with_what_decides_an_embedding_and_with_nothing_else(tmp_path: Path) -> None:
    plain = load_pack(tiny_pack.write_pack(tmp_path / "a"))
    renamed = tiny_pack.MANIFEST.replace("Made in a test.", "Another sentence.")
    assert load_pack(tiny_pack.write_pack(tmp_path / "b", renamed)).digest == plain.digest
    assert load_pack(tiny_pack.write_pack(tmp_path / "c", extra=b"notes")).digest == plain.digest
    others = [
        tiny_pack.write_pack(tmp_path / "d", tiny_pack.MANIFEST.replace("mirror = false", "mirror = true")),
        tiny_pack.write_pack(tmp_path / "e", tiny_pack.MANIFEST.replace("max_side = 64", "max_side = 96")),
        tiny_pack.write_pack(tmp_path / "f", tiny_pack.MANIFEST.replace("[38.0,", "[38.5,")),
        tiny_pack.write_pack(tmp_path / "g", embedder=tiny_pack.embedder(gain=2.0)),
    ]
    digests = {plain.digest, *(load_pack(folder).digest for folder in others)}
    assert len(digests) == 5
