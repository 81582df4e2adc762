"""The feed on disk: one CAP file for each alert and an Atom index, each written whole or not at all."""

from pathlib import Path

from credentials.private_files import DiskError, make_private_directory, write_private
from hub.dispatch.model import Alert, FeedUnavailableError

INDEX = "index.atom"


class Feed:
    """A folder that other systems of the desk read. Its files are readable by the hub's own user alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def holds(self, alert: Alert) -> bool:
        """Whether the alert's file is there."""
        return self._document(alert).is_file()

    def write_alert(self, alert: Alert, document: bytes) -> None:
        """Write or replace an alert's file. Raises FeedUnavailableError."""
        self._write(self._document(alert), document)

    def write_index(self, index: bytes) -> None:
        """Write or replace the index. Raises FeedUnavailableError."""
        self._write(self._folder / INDEX, index)

    def _document(self, alert: Alert) -> Path:
        return self._folder / f"{alert.id}.xml"

    def _write(self, path: Path, data: bytes) -> None:
        try:
            make_private_directory(self._folder)
            write_private(path, data)
        except DiskError as error:
            raise FeedUnavailableError(
                "The alert feed cannot be written. Free some space on the disk or mend its folder; it is tried again."
            ) from error
