"""Every certificate that an authority has issued: what is revoked and renewed when a device has taken its folder away.

authority/issued/<serial number>.crt
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from credentials.private_files import DiskError, make_private_directory, write_public
from provisioning.errors import DamagedFolderError

_FOLDER: Final = "issued"


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate, whose name is a hub's or a unit's (clients) or a service's (servers)."""

    name: str
    is_server: bool
    certificate: x509.Certificate

    @property
    def until(self) -> datetime:
        """When it ends."""
        return self.certificate.not_valid_after_utc

    @property
    def pem(self) -> bytes:
        """The certificate as its file holds it."""
        return self.certificate.public_bytes(Encoding.PEM)

    @classmethod
    def parse(cls, pem: bytes, source: Path) -> "Issued":
        """`source` is where it came from, for the error. Raises DamagedFolderError."""
        try:
            certificate = x509.load_pem_x509_certificate(pem)
            (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
            usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        except (ValueError, x509.ExtensionNotFound):
            raise DamagedFolderError(f"The certificate {source} is damaged. Restore it from a backup.") from None
        return cls(str(name.value), ExtendedKeyUsageOID.SERVER_AUTH in usage, certificate)


class Ledger:
    """The certificates that an authority has issued."""

    def __init__(self, authority_folder: Path) -> None:
        self._folder = authority_folder / _FOLDER

    def add(self, pem: bytes) -> None:
        """Keep a certificate. Raises DamagedFolderError or DiskError."""
        make_private_directory(self._folder)
        write_public(self._path(Issued.parse(pem, self._folder)), pem)

    def client(self, name: str) -> list[Issued]:
        """A client's certificates, the one that ends last at the end. Raises DamagedFolderError."""
        return [issued for issued in self.all() if issued.name == name and not issued.is_server]

    def remove_client(self, name: str) -> None:
        """Forget a client that came to nothing. Raises DamagedFolderError or DiskError."""
        for issued in self.client(name):
            try:
                self._path(issued).unlink(missing_ok=True)
            except OSError as error:
                raise DiskError(f"{self._path(issued)} could not be removed: {error.strerror}.") from error

    def latest(self) -> Iterable[Issued]:
        """For each name and purpose the certificate that ends last. Raises DamagedFolderError."""
        return {(issued.name, issued.is_server): issued for issued in self.all()}.values()

    def all(self) -> list[Issued]:
        """Every certificate, by its end. Raises DamagedFolderError."""
        try:
            found = [Issued.parse(path.read_bytes(), path) for path in self._folder.glob("[!.]*.crt")]
        except OSError as error:
            raise DamagedFolderError(f"{error.filename} cannot be read: {error.strerror}.") from error
        return sorted(found, key=lambda issued: (issued.until, issued.certificate.serial_number))

    def _path(self, issued: Issued) -> Path:
        return self._folder / f"{issued.certificate.serial_number:x}.crt"
