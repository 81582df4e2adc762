"""A mirror that cuts, lies or exchanges must never leave a pack that loads, nor cost what already arrived."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from models.errors import LicenceRefusedError, PackRejectedError, SourceUnavailableError
from models.pack import load_pack, read_manifest, shipped_pack_path
from models.pull import pull_pack
from tests.models import tiny_pack


@dataclass
class Mirror:
    """A server whose honesty a test sets: `cut_after` bytes of each answer, `claim` as its length."""

    url: str
    context: ssl.SSLContext
    files: dict[str, bytes] = field(default_factory=dict)
    cut_after: int | None = None
    claim: int | None = None
    ranges: bool = True
    asked: list[str] = field(default_factory=list)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        data = self.files.get(handler.path.rpartition("/")[2])
        if data is None:
            handler.send_error(404)
            return
        wanted = handler.headers.get("Range", "")
        self.asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.ranges else 0
        handler.send_response(206 if start else 200)
        body = data[start:]
        handler.send_header("Content-Length", str(len(body) if self.claim is None else self.claim))
        handler.end_headers()
        handler.close_connection = True
        with suppress(OSError):  # A client that has seen enough hangs up.
            handler.wfile.write(body if self.cut_after is None else body[: self.cut_after])


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    authority = trustme.CA()
    server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(server_context)
    client_context = ssl.create_default_context()
    authority.configure_trust(client_context)
    mirror = Mirror("", client_context)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            mirror.answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  Named by the base class.
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = server_context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    mirror.url = f"https://127.0.0.1:{server.server_address[1]}/packs"
    yield mirror
    server.shutdown()
    server.server_close()


@pytest.fixture
def shipped(tmp_path: Path, mirror: Mirror) -> Path:
    """A pack that ships without its networks; the mirror has them."""
    folder = tiny_pack.write_pack(tmp_path / "shipped")
    manifest = (folder / "manifest.toml").read_text()
    for name in ("detector.onnx", "embedder.onnx"):
        mirror.files[name] = (folder / name).read_bytes()
        (folder / name).unlink()
        manifest = manifest.replace(f'name = "{name}"', f'name = "{name}"\nurl = "{mirror.url}/{name}"')
    (folder / "manifest.toml").write_text(manifest)
    return folder


def test_pack_is_pulled_from_the_addresses_of_its_manifest(shipped: Path, mirror: Mirror, tmp_path: Path) -> None:
    seen: list[int] = []
    pack = pull_pack(shipped, tmp_path / "to", context=mirror.context, progress=lambda _file, done: seen.append(done))
    assert load_pack(tmp_path / "to").digest == pack.digest
    assert max(seen) == max(len(data) for data in mirror.files.values())


def test_pull_that_was_cut_goes_on_where_it_stopped(shipped: Path, mirror: Mirror, tmp_path: Path) -> None:
    mirror.cut_after = 100
    with pytest.raises(SourceUnavailableError, match="Run the command again"):
        pull_pack(shipped, tmp_path / "to", context=mirror.context)
    first = len(mirror.asked)
    assert (tmp_path / "to" / "detector.onnx.part").stat().st_size == 100 * first
    mirror.cut_after = None
    pull_pack(shipped, tmp_path / "to", context=mirror.context)
    assert mirror.asked[first] == f"bytes={100 * first}-"
    assert not list((tmp_path / "to").glob("*.part"))


def test_server_without_ranges_is_begun_again_and_not_appended_to(
    shipped: Path, mirror: Mirror, tmp_path: Path
) -> None:
    mirror.ranges = False
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "detector.onnx.part").write_bytes(b"x" * 50)
    pull_pack(shipped, tmp_path / "to", context=mirror.context)


@pytest.mark.parametrize("claim", [10, 10_000_000])
def test_lie_about_length_leaves_no_pack(shipped: Path, mirror: Mirror, tmp_path: Path, claim: int) -> None:
    mirror.claim = claim
    if claim < 100:
        mirror.cut_after = claim
        mirror.ranges = False
    else:
        mirror.files["detector.onnx"] += bytes(1000)
    with pytest.raises((SourceUnavailableError, PackRejectedError)):
        pull_pack(shipped, tmp_path / "to", context=mirror.context)
    assert not (tmp_path / "to" / "manifest.toml").exists()


def test_exchanged_file_is_refused_and_thrown_away(shipped: Path, mirror: Mirror, tmp_path: Path) -> None:
    data = bytearray(mirror.files["embedder.onnx"])
    data[-1] ^= 1
    mirror.files["embedder.onnx"] = bytes(data)
    with pytest.raises(PackRejectedError, match=r"embedder\.onnx"):
        pull_pack(shipped, tmp_path / "to", context=mirror.context)
    assert not list((tmp_path / "to").glob("embedder*"))
    assert not (tmp_path / "to" / "manifest.toml").exists()


def test_endless_answer_is_stopped_at_the_size_that_is_known(shipped: Path, mirror: Mirror, tmp_path: Path) -> None:
    mirror.files["detector.onnx"] = bytes(5_000_000)
    seen: list[int] = []
    with pytest.raises(PackRejectedError):
        pull_pack(shipped, tmp_path / "to", context=mirror.context, progress=lambda _file, done: seen.append(done))
    file = read_manifest(shipped).file("detector.onnx")
    assert file is not None
    assert max(seen) == file.size + 1


def test_server_of_an_unknown_authority_is_not_trusted(shipped: Path, mirror: Mirror, tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailableError, match="certificate"):
        pull_pack(shipped, tmp_path / "to")


def _folder(mirror: Mirror, tmp_path: Path) -> str:
    carried = tmp_path / "carried"
    carried.mkdir()
    for name, data in mirror.files.items():
        (carried / name).write_bytes(data)
    return str(carried)


@pytest.mark.parametrize("source", [lambda mirror, _path: mirror.url, _folder])
def test_mirror_or_carried_folder_serves_as_well(
    shipped: Path, mirror: Mirror, tmp_path: Path, source: Callable[[Mirror, Path], str]
) -> None:
    pull_pack(shipped, tmp_path / "to", source(mirror, tmp_path), context=mirror.context)


def test_source_that_is_nothing_is_refused(shipped: Path, tmp_path: Path) -> None:
    with pytest.raises(PackRejectedError, match="neither"):
        pull_pack(shipped, tmp_path / "to", str(tmp_path / "absent"))


def test_files_carried_one_by_one_under_any_name_complete_the_pack(
    shipped: Path, mirror: Mirror, tmp_path: Path
) -> None:
    carried = tmp_path / "from a stick"
    names = sorted(mirror.files, reverse=True)
    for name in names[:-1]:
        carried.write_bytes(mirror.files[name])
        with pytest.raises(SourceUnavailableError, match="still lacks"):
            pull_pack(shipped, tmp_path / "to", str(carried))
        with pytest.raises(PackRejectedError, match="none of the files"):
            pull_pack(shipped, tmp_path / "to", str(carried))
    carried.write_bytes(mirror.files[names[-1]])
    pull_pack(shipped, tmp_path / "to", str(carried))


def test_licence_is_refused_before_anything_is_fetched(shipped: Path, mirror: Mirror, tmp_path: Path) -> None:
    with pytest.raises(LicenceRefusedError):
        pull_pack(shipped, tmp_path / "to", permitted={"Apache-2.0"}, context=mirror.context)
    assert mirror.asked == []


def test_second_pull_fetches_nothing(shipped: Path, mirror: Mirror, tmp_path: Path) -> None:
    pull_pack(shipped, tmp_path / "to", context=mirror.context)
    asked = len(mirror.asked)
    pull_pack(shipped, tmp_path / "to", context=mirror.context)
    assert len(mirror.asked) == asked


def test_opencv_zoo_manifest_names_what_is_to_be_pulled() -> None:
    manifest = read_manifest(shipped_pack_path("opencv-zoo"))
    pulled = [file for file in manifest.files if file.url]
    assert {file.name for file in pulled} == set(manifest.models)
    assert all(file.origin is not None for file in pulled)
    for file in manifest.files:
        if file.url is None:
            assert (shipped_pack_path("opencv-zoo") / file.name).stat().st_size == file.size
