"""TLS contexts: both sides are checked, and nothing below TLS 1.3 is spoken."""

import ssl
from contextlib import nullcontext, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from cryptography.hazmat.primitives.serialization import load_pem_private_key as load_key
from cryptography.x509 import CertificateRevocationListBuilder, RevokedCertificateBuilder, load_pem_x509_certificate

from credentials.private_files import PrivateFileError
from credentials.tls import (
    CertificateEndedError,
    client_context,
    read_revocations,
    require_unexpired,
    server_context,
)
from tests.support.handshake import handshake, meet


def save(folder: Path, authority: trustme.CA, name: str, *hosts: str) -> None:
    issued = authority.issue_cert(*hosts)
    issued.cert_chain_pems[0].write_to_path(folder / f"{name}.crt")
    issued.private_key_pem.write_to_path(folder / f"{name}.key")
    (folder / f"{name}.key").chmod(0o600)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    authority, stranger = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.crt")
    stranger.cert_pem.write_to_path(tmp_path / "stranger-ca.crt")
    save(tmp_path, authority, "server", "hub.example.org")
    authority.private_key_pem.write_to_path(tmp_path / "ca.key")
    save(tmp_path, authority, "client", "unit.example.org")
    save(tmp_path, authority, "other", "other.example.org")
    save(tmp_path, stranger, "stranger", "unit.example.org")
    return tmp_path


def server(folder: Path) -> ssl.SSLContext:
    return server_context(certificate=folder / "server.crt", key=folder / "server.key", authority=folder / "ca.crt")


def client(folder: Path, name: str = "client", authority: str = "ca") -> ssl.SSLContext:
    return client_context(
        authority=folder / f"{authority}.crt", certificate=folder / f"{name}.crt", key=folder / f"{name}.key"
    )


def test_both_sides_of_one_authority_meet_in_tls_1_3(folder: Path) -> None:
    assert handshake(client(folder), server(folder), "hub.example.org") == "TLSv1.3"


def test_key_that_is_in_memory_alone_serves_as_one_in_a_file(folder: Path) -> None:
    key = (folder / "client.key").read_bytes()
    (folder / "client.key").unlink()
    context = client_context(authority=folder / "ca.crt", certificate=folder / "client.crt", key=key)
    assert handshake(context, server(folder), "hub.example.org") == "TLSv1.3"
    with pytest.raises(PrivateFileError):
        client_context(authority=folder / "ca.crt", certificate=folder / "other.crt", key=key)


def test_client_of_another_authority_is_refused(folder: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(client(folder, "stranger"), server(folder), "hub.example.org")


def test_client_without_a_certificate_is_refused(folder: Path) -> None:
    anonymous = ssl.create_default_context(cafile=folder / "ca.crt")
    with pytest.raises(ssl.SSLError, match="PEER_DID_NOT_RETURN_A_CERTIFICATE"):
        handshake(anonymous, server(folder), "hub.example.org")


def test_server_for_people_asks_for_no_certificate(folder: Path) -> None:
    people = server_context(certificate=folder / "server.crt", key=folder / "server.key")
    anonymous = ssl.create_default_context(cafile=folder / "ca.crt")
    assert handshake(anonymous, people, "hub.example.org") == "TLSv1.3"


def test_server_of_another_authority_or_host_is_refused(folder: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(client(folder, authority="stranger-ca"), server(folder), "hub.example.org")
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        handshake(client(folder), server(folder), "other.example.org")


def test_tls_1_2_is_refused(folder: Path) -> None:
    old = client(folder)
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError, match="UNSUPPORTED_PROTOCOL"):
        handshake(old, server(folder), "hub.example.org")


def test_open_or_missing_key_is_refused(folder: Path) -> None:
    (folder / "client.key").chmod(0o644)
    with pytest.raises(PrivateFileError, match="chmod 600"):
        client(folder)
    (folder / "server.key").unlink()
    with pytest.raises(PrivateFileError, match="cannot be read"):
        server(folder)


@pytest.mark.parametrize("name", ["ca.crt", "client.crt", "client.key"])
def test_damaged_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_text("not PEM")
    (folder / name).chmod(0o600)
    with pytest.raises(PrivateFileError, match="cannot be used"):
        client(folder)


def test_key_of_another_certificate_is_refused(folder: Path) -> None:
    (folder / "server.key").replace(folder / "client.key")
    with pytest.raises(PrivateFileError, match="cannot be used"):
        client(folder)


def test_encrypted_key_is_refused_instead_of_asking_a_terminal(folder: Path) -> None:
    key = load_key((folder / "client.key").read_bytes(), None)
    encrypted = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"password"))
    (folder / "client.key").write_bytes(encrypted)
    with pytest.raises(PrivateFileError, match="cannot be used"):
        client(folder)


def revocations(folder: Path, *revoked: str, age: timedelta = timedelta(0)) -> Path:
    """A list of the authority's that names these certificates, made so long ago."""
    authority = load_pem_x509_certificate((folder / "ca.crt").read_bytes())
    made = datetime.now(UTC) - age
    builder = (
        CertificateRevocationListBuilder()
        .issuer_name(authority.subject)
        .last_update(made)
        .next_update(made + timedelta(days=300))
    )
    for name in revoked:
        serial = load_pem_x509_certificate((folder / f"{name}.crt").read_bytes()).serial_number
        entry = RevokedCertificateBuilder().serial_number(serial).revocation_date(made)
        builder = builder.add_revoked_certificate(entry.build())
    key = load_key((folder / "ca.key").read_bytes(), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    path = folder / "revoked.crl"
    path.write_bytes(builder.sign(key, SHA256()).public_bytes(Encoding.PEM))
    return path


def checking_server(folder: Path, revoked: Path) -> ssl.SSLContext:
    return server_context(
        certificate=folder / "server.crt", key=folder / "server.key", authority=folder / "ca.crt", revoked=revoked
    )


def test_revoked_client_is_refused_and_another_is_not(folder: Path) -> None:
    checking = checking_server(folder, revocations(folder, "client"))
    with pytest.raises(ssl.SSLCertVerificationError, match="revoked"):
        handshake(client(folder), checking, "hub.example.org")
    handshake(client(folder, "other"), checking, "hub.example.org")


def test_list_that_expired_lets_nobody_in(folder: Path) -> None:
    checking = checking_server(folder, revocations(folder, age=timedelta(days=301)))
    with pytest.raises(ssl.SSLCertVerificationError, match="CRL has expired"):
        handshake(client(folder), checking, "hub.example.org")


def test_running_server_believes_the_newer_list_and_keeps_its_own_when_that_is_damaged(folder: Path) -> None:
    checking = checking_server(folder, revocations(folder, age=timedelta(hours=1)))
    handshake(client(folder), checking, "hub.example.org")
    read_revocations(checking, revocations(folder, "client"))
    for damage in (b"", b"not PEM", (folder / "ca.crt").read_bytes()):
        (folder / "revoked.crl").write_bytes(damage)
        with pytest.raises(PrivateFileError, match=r"revoked\.crl cannot be used"):
            read_revocations(checking, folder / "revoked.crl")
        with pytest.raises(PrivateFileError, match=r"revoked\.crl cannot be used"):
            checking_server(folder, folder / "revoked.crl")
    with pytest.raises(PrivateFileError, match="cannot be used"):
        read_revocations(checking, folder / "missing.crl")
    with pytest.raises(ssl.SSLCertVerificationError, match="revoked"):
        handshake(client(folder), checking, "hub.example.org")
    read_revocations(checking, revocations(folder, "client"))
    read_revocations(checking, folder / "revoked.crl")


def test_older_list_does_not_bring_a_revoked_client_back(folder: Path) -> None:
    checking = checking_server(folder, revocations(folder, "client"))
    read_revocations(checking, revocations(folder, age=timedelta(hours=1)))
    with pytest.raises(ssl.SSLCertVerificationError, match="revoked"):
        handshake(client(folder), checking, "hub.example.org")


def test_server_that_knows_its_clients_gives_no_ticket_that_would_outlive_a_revocation(folder: Path) -> None:
    assert _ticket(client(folder), checking_server(folder, revocations(folder))) is None
    people = server_context(certificate=folder / "server.crt", key=folder / "server.key")
    assert _ticket(client(folder), people) is not None


def _ticket(client_side: ssl.SSLContext, server_side: ssl.SSLContext) -> ssl.SSLSession | None:
    """What a client could resume with after it has read from the server."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client_side.wrap_bio(to_client, to_server, server_hostname="hub.example.org")
    answering = server_side.wrap_bio(to_server, to_client, server_side=True)
    for side in (asking, answering, asking, answering):
        with suppress(ssl.SSLWantReadError):
            side.do_handshake()
    answering.write(b"hello")
    assert asking.read(5) == b"hello"
    session = asking.session
    return session if session is not None and session.has_ticket else None


@pytest.mark.parametrize(
    ("begins", "ends", "ended"),
    [(-900, -1, True), (1, 800, False), (-1, 800, False)],
    ids=["that-has-ended", "that-has-not-begun", "that-is-current"],
)
def test_unit_with_a_wrong_clock_meets_a_server_and_judges_its_certificate_itself(
    folder: Path, begins: int, ends: int, *, ended: bool
) -> None:
    now = datetime.now(UTC)
    authority = trustme.CA.from_pem((folder / "ca.crt").read_bytes(), (folder / "ca.key").read_bytes())
    issued = authority.issue_cert(
        "hub.example.org", not_before=now + timedelta(days=begins), not_after=now + timedelta(days=ends)
    )
    issued.cert_chain_pems[0].write_to_path(folder / "server.crt")
    (folder / "server.key").unlink()
    issued.private_key_pem.write_to_path(folder / "server.key")
    (folder / "server.key").chmod(0o600)
    lenient = client_context(
        authority=folder / "ca.crt", certificate=folder / "client.crt", key=folder / "client.key", check_period=False
    )
    connection = meet(lenient, server(folder), "hub.example.org")
    with pytest.raises(CertificateEndedError, match="renew") if ended else nullcontext():
        require_unexpired(connection, lambda moment: now.timestamp() * 1000 > moment)
    # A clock in 2099 that nobody has vouched for ends no certificate.
    require_unexpired(connection, lambda _moment: False)
    if begins > 0 or ended:
        with pytest.raises(ssl.SSLCertVerificationError):
            handshake(client(folder), server(folder), "hub.example.org")


def test_unit_with_a_wrong_clock_still_refuses_a_stranger(folder: Path) -> None:
    lenient = client_context(
        authority=folder / "stranger-ca.crt",
        certificate=folder / "client.crt",
        key=folder / "client.key",
        check_period=False,
    )
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(lenient, server(folder), "hub.example.org")
