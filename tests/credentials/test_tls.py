"""TLS contexts: both sides are checked, and nothing below TLS 1.3 is spoken."""

import ssl
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from cryptography.hazmat.primitives.serialization import load_pem_private_key as load_key

from credentials.private_files import PrivateFileError
from credentials.tls import client_context, server_context
from tests.support.handshake import handshake


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
    save(tmp_path, authority, "client", "unit.example.org")
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
