"""`tuf_client`: the command line of the TUF conformance suite over `edge_agent.watchlist.verified`.

What differs from a unit: the machine's clock instead of the trusted one, since the suite fakes the machine's and
its moments lie before and after this program's release; plain HTTP, since the suite's server speaks nothing else;
and targets may have any hash that TUF knows, and any name.
"""

import argparse
import hashlib
import ssl
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

from edge_agent.watchlist.fetcher import ResumingFetcher
from edge_agent.watchlist.verified import VerifiedRepository
from faults import MissingChildAlertError, RejectedError


class TargetMissingError(RejectedError):
    """No role of the repository lists the target."""


class _Parser(argparse.ArgumentParser):
    """argparse ends with 2 for a wrong command line; the suite knows 0 and 1 alone."""

    def error(self, message: str) -> NoReturn:
        self.exit(1, f"tuf_client: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when all went well, 1 for any failure, with its reason on stderr."""
    parser = _parser()
    options = parser.parse_args(arguments)
    missing = [name for name in getattr(options, "needed", []) if not getattr(options, name)]
    if missing:
        parser.error(f"{options.command} needs {', '.join('--' + name.replace('_', '-') for name in missing)}")
    try:
        match options.command:
            case "init":
                init(options.metadata_dir, options.trusted_root)
            case "refresh":
                with open_repository(options.metadata_dir, options.metadata_url):
                    pass
            case "download":
                download(options)
    except (MissingChildAlertError, OSError) as error:
        sys.stderr.write(f"tuf_client: {error}\n")
        return 1
    return 0


def init(metadata: Path, trusted_root: Path) -> None:
    """Trust a root from now on. Nothing is fetched."""
    metadata.mkdir(parents=True, exist_ok=True)
    place = metadata / "root.json"
    # After a refresh it is a link into the history of roots, whose content must stay.
    place.unlink(missing_ok=True)
    place.write_bytes(trusted_root.read_bytes())


def download(options: argparse.Namespace) -> None:
    """Fetch each target in turn with one client, up to the first that fails."""
    options.target_dir.mkdir(parents=True, exist_ok=True)
    with open_repository(options.metadata_dir, options.metadata_url, options.target_base_url) as repository:
        for name in options.target_name:
            target = repository.find(name)
            if target is None:
                raise TargetMissingError(f"The repository lists no target {name!r}.")
            # A name may hold anything, so its digest is the file's name.
            repository.fetch(target, options.target_dir / hashlib.sha256(name.encode()).hexdigest())


@contextmanager
def open_repository(metadata: Path, url: str, targets_url: str | None = None) -> Iterator[VerifiedRepository]:
    """The repository, refreshed, as trusted on the word of what lies in `metadata`."""
    root = (metadata / "root.json").read_bytes()
    with (
        TemporaryDirectory() as partial,
        closing(
            ResumingFetcher(ssl.create_default_context(), Path(partial), stopping=lambda: False, plain_http=True)
        ) as fetcher,
    ):
        yield VerifiedRepository(
            metadata,
            metadata_url=url,
            targets_url=targets_url,
            root=root,
            fetcher=fetcher,
            now=datetime.now(UTC),
        )


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="tuf_client", description=__doc__)
    parser.add_argument("--metadata-dir", type=Path, required=True)
    parser.add_argument("--metadata-url")
    parser.add_argument("--target-name", action="append", default=[])
    parser.add_argument("--target-base-url")
    parser.add_argument("--target-dir", type=Path)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("init").add_argument("trusted_root", type=Path)
    commands.add_parser("refresh").set_defaults(needed=["metadata_url"])
    commands.add_parser("download").set_defaults(
        needed=["metadata_url", "target_name", "target_base_url", "target_dir"]
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
