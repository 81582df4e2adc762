"""The feed on disk: a CAP file and its signature for each message, and an Atom index; each whole or not at all."""

from pathlib import Path

from credentials.private_files import DiskError, make_private_directory, write_private
from hub.dispatch.errors import FeedUnavailableError
from hub.dispatch.model import AlertMessage

INDEX = "index.atom"


class Feed:
    """A folder that other systems of the desk read. Its files are readable by the hub's own user alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def holds(self, message: AlertMessage) -> bool:
        """Whether the message's file is there."""
        return self._document(message).is_file()

    def write_message(self, message: AlertMessage, document: bytes, signature: bytes) -> None:
        """Write or replace a message's file and its signature. Raises FeedUnavailableError."""
        # The signature first: a reader who finds the document can check it.
        self._write(self._document(message).with_suffix(".xml.sig"), signature)
        self._write(self._document(message), document)

    def write_index(self, index: bytes) -> None:
        """Write or replace the index. Raises FeedUnavailableError."""
        self._write(self._folder / INDEX, index)

    def _document(self, message: AlertMessage) -> Path:
        return self._folder / f"{message.id}.xml"

    def _write(self, path: Path, data: bytes) -> None:
        try:
            make_private_directory(self._folder)
            write_private(path, data)
        except DiskError as error:
            raise FeedUnavailableError(
                "The alert feed cannot be written. Free some space on the disk or mend its folder; it is tried again."
            ) from error
