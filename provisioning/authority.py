"""The hub's certificate authority: it signs every certificate by which the hub, its broker and its units meet.

Keys are on the curve P-256: browsers refuse certificates with Ed25519 keys (docs/adr/0020-certificates.md).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from credentials.private_files import read_private, write_private, write_public
from protocol.consent_receipt import endorsed_bytes
from protocol.ids import HubId, UnitId
from provisioning.endpoints import ip_address
from provisioning.errors import ClockError, DamagedFolderError, ForeignNameError, NotProvisionedError

AUTHORITY_LIFETIME: Final = timedelta(days=3652)
# The longest that current browsers and phones accept of a server, also under an authority of one's own.
LEAF_LIFETIME: Final = timedelta(days=825)
# A clock that keeps local time as UTC is up to 14 hours behind: a new certificate must hold there too.
CLOCK_ALLOWANCE: Final = timedelta(days=1)
_CERTIFICATE, _KEY = "ca.crt", "ca.key"


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate and its private key (PKCS #8), both PEM."""

    certificate: bytes
    key: bytes = field(repr=False)

    def save(self, folder: Path, name: str) -> None:
        """Write `name`.crt and `name`.key (0600). Raises DiskError."""
        write_private(folder / f"{name}.key", self.key)
        write_public(folder / f"{name}.crt", self.certificate)


@dataclass(frozen=True, slots=True)
class RevokedCertificate:
    """One entry of a list of revoked certificates."""

    serial: int
    at: datetime
    flag: x509.ReasonFlags


class Authority:
    """A certificate and the key that signs with it."""

    def __init__(self, certificate: x509.Certificate, key: EllipticCurvePrivateKey) -> None:
        self._certificate = certificate
        self._key = key

    @classmethod
    def create(cls, hub: HubId, *, now: datetime) -> "Authority":
        """A new authority of a hub. `now` carries its time zone."""
        key = generate_private_key(SECP256R1())
        # The hub is the organisation, not the common name, which is too short for the longest hub's name.
        name = _name("Missing Child Alert authority", hub)
        certificate = (
            _certificate(name, name, key.public_key(), now=now, until=now + AUTHORITY_LIFETIME)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(signs_certificates=True), critical=True)
            .sign(key, SHA256())
        )
        return cls(certificate, key)

    @property
    def certificate(self) -> bytes:
        """The authority's own certificate, PEM: what everyone trusts."""
        return self._certificate.public_bytes(Encoding.PEM)

    def issue_client(self, name: str, *, now: datetime) -> Credential:
        """A credential by which a hub, a worker or a unit proves that it is `name`. Raises ForeignNameError."""
        require_certifiable(name)
        return self._issue(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), [], now=now)

    def issue_server(self, service: str, host: str, *, now: datetime) -> Credential:
        """A credential for a service of the hub that is found at `host`, and on its own machine as localhost."""
        hub = self._certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value
        return self._issue(_name(service, str(hub)), _alternative_names(host), now=now)

    def issue_again(self, old: x509.Certificate, *, now: datetime) -> bytes:
        """A certificate (PEM) that follows `old`: the same key, names and purpose, a new lifetime."""
        usage = old.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        try:
            names = list(old.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
        except x509.ExtensionNotFound:
            names = []
        key = old.public_key()
        if not isinstance(key, EllipticCurvePublicKey):  # Not one of this authority's.
            raise DamagedFolderError("A certificate in the authority's folder is not of its making. Restore a backup.")
        return self._sign(old.subject, key, usage, names, now=now)

    def endorse(self, unit: UnitId, key: bytes) -> bytes:
        """The word (DER) that a signing key of 32 bytes is this unit's, for whoever verifies what it signed."""
        return self._key.sign(endorsed_bytes(unit, key), ECDSA(SHA256()))

    def revoke(self, entries: Iterable[RevokedCertificate], old: bytes | None, *, now: datetime) -> bytes:
        """The list (PEM) of revoked certificates that follows `old`. Raises DamagedFolderError.

        It holds as long as the authority: who could hold a newer list back from the hub's machine has that
        machine, and a list that ends would one day lock every unit out (docs/adr/0024-revocation.md).
        """
        since = now - CLOCK_ALLOWANCE
        if old is not None:
            # A program that reads a new list beside the old one believes the later. X.509 counts seconds.
            since = max(since, load_revocations(old).last_update_utc + timedelta(seconds=1))
        number = int(since.timestamp())
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._certificate.subject)
            .last_update(since)
            .next_update(self._certificate.not_valid_after_utc)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .add_extension(x509.CRLNumber(number), critical=False)
        )
        for entry in entries:
            revoked = x509.RevokedCertificateBuilder().serial_number(entry.serial).revocation_date(entry.at)
            if entry.flag is not x509.ReasonFlags.unspecified:  # RFC 5280: absent rather than unspecified.
                revoked = revoked.add_extension(x509.CRLReason(entry.flag), critical=False)
            builder = builder.add_revoked_certificate(revoked.build())
        return builder.sign(self._key, SHA256()).public_bytes(Encoding.PEM)

    def _issue(self, subject: x509.Name, names: Sequence[x509.GeneralName], *, now: datetime) -> Credential:
        """With `names` a server's credential, without them a client's: neither can stand in for the other."""
        key = generate_private_key(SECP256R1())
        usage = ExtendedKeyUsageOID.SERVER_AUTH if names else ExtendedKeyUsageOID.CLIENT_AUTH
        certificate = self._sign(subject, key.public_key(), x509.ExtendedKeyUsage([usage]), names, now=now)
        return Credential(certificate, _pem(key))

    def _sign(
        self,
        subject: x509.Name,
        key: EllipticCurvePublicKey,
        usage: x509.ExtendedKeyUsage,
        names: Sequence[x509.GeneralName],
        *,
        now: datetime,
    ) -> bytes:
        until = min(now + LEAF_LIFETIME, self._certificate.not_valid_after_utc)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = (
            _certificate(subject, self._certificate.subject, key, now=now, until=until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signs_certificates=False), critical=True)
            .add_extension(usage, critical=False)
            .add_extension(issuer, critical=False)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self._key, SHA256()).public_bytes(Encoding.PEM)

    def save(self, folder: Path) -> None:
        """Write the certificate and the private key (0600). Raises DiskError."""
        write_private(folder / _KEY, _pem(self._key))
        write_public(folder / _CERTIFICATE, self.certificate)

    @classmethod
    def load(cls, folder: Path, *, now: datetime) -> "Authority":
        """The authority in `folder`.

        Raises NotProvisionedError, DamagedFolderError, PrivateFileError when others can read its key, or
        ClockError when `now` lies outside its lifetime: what it would issue would be valid for nobody.
        """
        pem = read_private(folder / _KEY)
        certificate = read_certificate(folder)
        try:
            key = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError):
            raise DamagedFolderError(f"The authority in {folder} is damaged. Restore it from its backup.") from None
        if not isinstance(key, EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
            raise DamagedFolderError(f"The key and the certificate in {folder} are not of one authority.")
        start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        if not start <= now < end:
            raise ClockError(
                f"The clock of this machine says {now:%Y-%m-%d}, and this authority holds from {start:%Y-%m-%d} "
                f"to {end:%Y-%m-%d}. Set the clock; if it is right, a new authority is needed."
            )
        return cls(certificate, key)


def read_certificate(folder: Path) -> x509.Certificate:
    """The certificate of the authority in `folder`. Raises NotProvisionedError or DamagedFolderError."""
    try:
        return x509.load_pem_x509_certificate((folder / _CERTIFICATE).read_bytes())
    except OSError as error:
        raise NotProvisionedError(f"{folder / _CERTIFICATE} cannot be read: {error.strerror}.") from error
    except ValueError:
        raise DamagedFolderError(f"The authority in {folder} is damaged. Restore it from its backup.") from None


def load_revocations(pem: bytes) -> x509.CertificateRevocationList:
    """A list of revoked certificates. Raises DamagedFolderError."""
    try:
        return x509.load_pem_x509_crl(pem)
    except ValueError:
        raise DamagedFolderError("The list of revoked certificates is damaged. Restore it from a backup.") from None


def require_certifiable(name: str) -> None:
    """Return if a certificate can carry `name` (X.520: at most 64 characters). Raises ForeignNameError."""
    if len(name) > 64:
        raise ForeignNameError(
            f"{name} has {len(name)} characters and a certificate can name 64: choose a shorter one."
        )


def _name(common_name: str, organisation: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
        ]
    )


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: EllipticCurvePublicKey, *, now: datetime, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_ALLOWANCE)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative_names(host: str) -> list[x509.GeneralName]:
    # The hub reaches an embedded broker, and a technician the console, from the machine itself.
    names: dict[str, x509.GeneralName] = {
        "localhost": x509.DNSName("localhost"),
        "127.0.0.1": x509.IPAddress(IPv4Address("127.0.0.1")),
        "::1": x509.IPAddress(IPv6Address("::1")),
    }
    address = ip_address(host)
    names[host] = x509.DNSName(host) if address is None else x509.IPAddress(address)
    return list(names.values())


def _pem(key: EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
