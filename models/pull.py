"""Bring a pack's networks from their official address, a mirror, or a folder somebody carried here.

Nothing is believed until its size and SHA-256 are those of the manifest that ships with this program; the
address only decides how the bytes arrive. What is cut goes on where it stopped.
"""

import hashlib
import http.client
import shutil
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from models.errors import PackRejectedError, SourceUnavailableError
from models.manifest import PackFile
from models.pack import MANIFEST, PERMITTED_LICENCES, Pack, check_file, check_licences, load_pack, read_manifest

__all__ = ["Progress", "pull_pack"]

Progress = Callable[[PackFile, int], None]
"""Told, for a file, how many of its bytes are here."""

_TRIES = 5
_SECONDS = 30
_BLOCK = 1 << 16


def pull_pack(
    shipped: Path,
    folder: Path,
    source: str | None = None,
    permitted: Collection[str] = PERMITTED_LICENCES,
    *,
    progress: Progress = lambda _file, _done: None,
    context: ssl.SSLContext | None = None,
) -> Pack:
    """Complete a pack whose manifest ships with this program, in `folder`, and load it.

    `source` is an https address or a folder that holds the files by name, or one of the files itself, whatever
    it is called; without it each file comes from the address in the manifest. Licences are checked before
    anything is fetched. Raises LicenceRefusedError, PackRejectedError for bytes that are not the manifest's,
    SourceUnavailableError where some do not arrive: what did arrive is kept for the next try.
    """
    manifest = read_manifest(shipped)
    check_licences(manifest, permitted)
    folder.mkdir(parents=True, exist_ok=True)
    missing = []
    for file in manifest.files:
        if file.url is None:
            (folder / file.name).write_bytes(check_file(shipped, file))
        elif not _is_whole(folder, file):
            missing.append(file)
    for file, origin in _origins(source, missing).items():
        _bring(file, folder, origin, progress, context)
        missing.remove(file)
    if missing:
        names = ", ".join(file.name for file in missing)
        raise SourceUnavailableError(f"{source} was taken. The pack still lacks {names}: bring it in the same way.")
    (folder / MANIFEST).write_bytes((shipped / MANIFEST).read_bytes())
    return load_pack(folder, permitted)


def _is_whole(folder: Path, file: PackFile) -> bool:
    try:
        check_file(folder, file)
    except PackRejectedError:
        return False
    return True


def _origins(source: str | None, missing: Sequence[PackFile]) -> dict[PackFile, str]:
    """The address or path of each file that the source gives."""
    if source is None:
        return {file: str(file.url) for file in missing}
    if source.startswith("https://"):
        return {file: f"{source.rstrip('/')}/{file.name}" for file in missing}
    path = Path(source)
    if path.is_dir():
        return {file: str(path / file.name) for file in missing}
    if not path.is_file():
        raise PackRejectedError(f"{source} is neither an https address nor a folder or file that is there.")
    found = {file: source for file in missing if path.stat().st_size == file.size and _sha256(path) == file.sha256}
    if missing and not found:
        names = ", ".join(file.name for file in missing)
        raise PackRejectedError(
            f"{source} is none of the files that the pack lacks ({names}): another size or SHA-256."
        )
    return found


def _bring(file: PackFile, folder: Path, origin: str, progress: Progress, context: ssl.SSLContext | None) -> None:
    part = folder / f"{file.name}.part"
    if origin.startswith("https://"):
        _download(file, part, origin, progress, context)
    else:
        try:
            shutil.copyfile(origin, part)
        except OSError as error:
            raise SourceUnavailableError(f"{file.name} cannot be read from {origin}: {error.strerror}") from error
    if part.stat().st_size != file.size or _sha256(part) != file.sha256:
        part.unlink()
        raise PackRejectedError(
            f"{origin} does not give the {file.name} that this program knows (another SHA-256). Use another source."
        )
    part.replace(folder / file.name)


def _download(file: PackFile, part: Path, url: str, progress: Progress, context: ssl.SSLContext | None) -> None:
    """Fetch into `part`, continuing it, until it has the file's size or tries are used up."""
    cause: Exception | None = None
    for _ in range(_TRIES):
        try:
            _continue(file, part, url, progress, context)
        except (OSError, http.client.HTTPException) as error:  # URLError and TLS failures are OSErrors.
            cause = error
        if part.exists() and part.stat().st_size >= file.size:
            return
    raise SourceUnavailableError(
        f"{file.name} did not arrive whole ({cause or 'the connection was cut'}). Run the command again to go on."
    ) from cause


def _continue(file: PackFile, part: Path, url: str, progress: Progress, context: ssl.SSLContext | None) -> None:
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})  # noqa: S310 https, checked
    with urllib.request.urlopen(request, timeout=_SECONDS, context=context) as response:  # noqa: S310 as above
        if not response.url.startswith("https://"):
            raise PackRejectedError(f"{url} leads to an address without TLS")
        # A server that does not know ranges answers with the whole file: begin again.
        continued = response.status == http.HTTPStatus.PARTIAL_CONTENT and have > 0
        with part.open("ab" if continued else "wb") as stream:
            done = have if continued else 0
            progress(file, done)
            # One byte too many is enough to know that this is another file, whatever length was promised.
            while done <= file.size and (block := response.read(min(_BLOCK, file.size + 1 - done))):
                stream.write(block)
                done += len(block)
                progress(file, done)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
