"""The authority's word on whose a unit's signing key is: what makes a receipt verifiable without any network."""

from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import Certificate, load_pem_x509_certificate

from credentials.private_files import PrivateFileError
from faults import RejectedError
from protocol.consent_receipt import endorsed_bytes
from protocol.ids import UnitId

ENDORSEMENT_FILE: Final = "endorsement.hex"


class NotEndorsedError(RejectedError):
    """The authority never said that this key is this unit's."""


class AuthorityKey:
    """An authority's public key, from its certificate."""

    def __init__(self, certificate: Certificate) -> None:
        """Raises PrivateFileError for a certificate that no authority of this project has."""
        key = certificate.public_key()
        if not isinstance(key, EllipticCurvePublicKey):
            raise PrivateFileError("The certificate is not that of an authority. Give the authority's `ca.crt`.")
        self._key = key

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
        try:
            self._key.verify(endorsement, endorsed_bytes(unit, key), ECDSA(SHA256()))
        except InvalidSignature:
            raise NotEndorsedError(
                f"The authority does not know the key of {unit} that signed this receipt: it is forged, or of another "
                "authority."
            ) from None


def read_endorsement(folder: Path) -> bytes:
    """What `mca provision unit` left beside a unit's card. Raises PrivateFileError."""
    path = folder / ENDORSEMENT_FILE
    try:
        return bytes.fromhex(path.read_text("ascii"))
    except OSError as error:
        raise PrivateFileError(f"{path} cannot be read: {error.strerror}. Provision this unit anew.") from error
    except ValueError as error:
        raise PrivateFileError(f"{path} is damaged. Provision this unit anew.") from error
