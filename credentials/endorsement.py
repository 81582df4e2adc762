"""The authority's word on whose a unit's signing key is: what makes a receipt verifiable without any network."""

from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import BasicConstraints, Certificate, ExtensionNotFound, load_pem_x509_certificate
from cryptography.x509.oid import NameOID

from credentials.private_files import PrivateFileError
from faults import RejectedError
from protocol.consent_receipt import endorsed_bytes
from protocol.ids import UnitId, owner

ENDORSEMENT_FILE: Final = "endorsement.hex"


class NotEndorsedError(RejectedError):
    """The authority never said that this key is this unit's."""


class AuthorityKey:
    """An authority's public key, from its certificate."""

    def __init__(self, certificate: Certificate) -> None:
        """One that has ended will do: what it said of a key stays true. Raises PrivateFileError for no authority's."""
        key, hubs = certificate.public_key(), certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        if not isinstance(key, EllipticCurvePublicKey) or len(hubs) != 1 or not _signs_certificates(certificate):
            raise PrivateFileError("The certificate is not that of an authority. Give the authority's `ca.crt`.")
        self._key = key
        self._hub = str(hubs[0].value)

    @classmethod
    def read(cls, path: Path) -> "AuthorityKey":
        """From a PEM file such as `ca.crt`. Raises PrivateFileError."""
        try:
            certificate = load_pem_x509_certificate(path.read_bytes())
        except OSError as error:
            raise PrivateFileError(f"The authority's certificate {path} cannot be read: {error.strerror}.") from error
        except ValueError as error:
            raise PrivateFileError(f"{path} is not a certificate. Give the authority's `ca.crt`.") from error
        return cls(certificate)

    def require_endorsed(self, unit: UnitId, key: bytes, endorsement: bytes) -> None:
        """Raises NotEndorsedError."""
        if owner(unit) != self._hub:
            raise NotEndorsedError(
                f"This authority is that of the hub {self._hub}, and {unit} is another's: give the certificate of its "
                "own authority."
            )
        try:
            self._key.verify(endorsement, endorsed_bytes(unit, key), ECDSA(SHA256()))
        except InvalidSignature:
            raise NotEndorsedError(
                f"The authority does not know the key of {unit} that signed this receipt: it is forged, or of another "
                "authority."
            ) from None


def _signs_certificates(certificate: Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(BasicConstraints).value.ca
    except (ExtensionNotFound, ValueError):  # None, or an extension that does not read as one.
        return False


def read_endorsement(folder: Path) -> bytes:
    """What `mca provision unit` left beside a unit's card. Raises PrivateFileError."""
    path = folder / ENDORSEMENT_FILE
    try:
        return bytes.fromhex(path.read_text("ascii"))
    except OSError as error:
        raise PrivateFileError(f"{path} cannot be read: {error.strerror}. Provision this unit anew.") from error
    except ValueError as error:
        raise PrivateFileError(f"{path} is damaged. Provision this unit anew.") from error
