"""Certificates: what they name, how long they hold, and that none stands in for another."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from credentials.private_files import PrivateFileError
from credentials.tls import client_context, server_context
from protocol.ids import HubId, UnitId
from provisioning.authority import AUTHORITY_LIFETIME, LEAF_LIFETIME, Authority, Credential
from provisioning.errors import ClockError, DamagedFolderError, ForeignNameError, NotProvisionedError
from tests.support.handshake import handshake

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
HUB, UNIT = HubId("bd"), UnitId("bd/benapole-1")


def certificate(pem: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem)


def save(folder: Path, authority: Authority, credential: Credential, name: str) -> None:
    (folder / "ca.crt").write_bytes(authority.certificate)
    credential.save(folder, name)


def strict_client(folder: Path) -> ssl.SSLContext:
    """Trusts the authority and, as Python does from 3.13, accepts only what RFC 5280 allows."""
    context = ssl.create_default_context(cafile=folder / "ca.crt")
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


@pytest.mark.parametrize("host", ["hub.example.org", "192.0.2.7", "2001:db8::7", "localhost"])
def test_server_is_trusted_under_its_host_and_on_its_own_machine_alone(tmp_path: Path, host: str) -> None:
    now = datetime.now(UTC)
    authority = Authority.create(HUB, now=now)
    save(tmp_path, authority, authority.issue_server("console", host, now=now), "console")
    server = server_context(certificate=tmp_path / "console.crt", key=tmp_path / "console.key")
    for name in (host, "localhost", "127.0.0.1", "::1"):
        handshake(strict_client(tmp_path), server, name)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(strict_client(tmp_path), server, "other.example.org")


def test_unit_is_trusted_as_a_client_and_not_as_a_server(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    authority = Authority.create(HUB, now=now)
    save(tmp_path, authority, authority.issue_client(UNIT, now=now), "unit")
    save(tmp_path, authority, authority.issue_server("units", "hub.example.org", now=now), "units")
    paths = {name: (tmp_path / f"{name}.crt", tmp_path / f"{name}.key") for name in ("unit", "units")}
    unit = client_context(authority=tmp_path / "ca.crt", certificate=paths["unit"][0], key=paths["unit"][1])
    units = server_context(authority=tmp_path / "ca.crt", certificate=paths["units"][0], key=paths["units"][1])
    units.verify_flags |= ssl.VERIFY_X509_STRICT
    handshake(unit, units, "hub.example.org")
    false_server = server_context(certificate=paths["unit"][0], key=paths["unit"][1])
    no_names = strict_client(tmp_path)
    no_names.check_hostname = False
    with pytest.raises(ssl.SSLCertVerificationError, match="purpose"):
        handshake(no_names, false_server, "hub.example.org")


def test_names_are_in_the_common_name_of_clients() -> None:
    authority = Authority.create(HUB, now=NOW)
    for name in (HUB, UNIT):
        issued = certificate(authority.issue_client(name, now=NOW).certificate)
        assert [part.value for part in issued.subject] == [name]
        usage = issued.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_authority_signs_leaves_and_no_further_authority() -> None:
    authority = certificate(Authority.create(HUB, now=NOW).certificate)
    constraints = authority.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (True, True, 0)
    usage = authority.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.key_cert_sign
    assert not usage.digital_signature


def test_certificates_hold_for_their_lifetime_and_on_clocks_that_are_hours_behind() -> None:
    authority = Authority.create(HUB, now=NOW)
    for issued, lifetime in (
        (certificate(authority.certificate), AUTHORITY_LIFETIME),
        (certificate(authority.issue_client(UNIT, now=NOW).certificate), LEAF_LIFETIME),
        (certificate(authority.issue_server("units", "localhost", now=NOW).certificate), LEAF_LIFETIME),
    ):
        assert issued.not_valid_before_utc <= NOW - timedelta(hours=14)
        assert issued.not_valid_after_utc == NOW + lifetime


def test_certificate_does_not_outlive_its_authority() -> None:
    authority = Authority.create(HUB, now=NOW)
    issued = certificate(authority.issue_client(UNIT, now=NOW + AUTHORITY_LIFETIME - timedelta(days=30)).certificate)
    assert issued.not_valid_after_utc == NOW + AUTHORITY_LIFETIME


def test_serial_numbers_and_keys_are_never_the_same() -> None:
    authority = Authority.create(HUB, now=NOW)
    issued = [authority.issue_client(UNIT, now=NOW) for _ in range(20)]
    assert len({certificate(one.certificate).serial_number for one in issued}) == len(issued)
    assert len({one.key for one in issued}) == len(issued)


def test_longest_hub_name_fits_and_a_longer_unit_is_refused_with_the_limit() -> None:
    hub = HubId("b" * 63)
    authority = Authority.create(hub, now=NOW)
    authority.issue_client(hub, now=NOW)
    named = certificate(authority.issue_server("console", "localhost", now=NOW).certificate)
    assert named.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == hub
    with pytest.raises(ForeignNameError, match="64"):
        authority.issue_client(UnitId(f"{hub}/1"), now=NOW)


def test_key_is_not_in_the_repr() -> None:
    credential = Authority.create(HUB, now=NOW).issue_client(UNIT, now=NOW)
    assert "PRIVATE" not in repr(credential)


def test_loaded_authority_issues_what_the_created_one_did(tmp_path: Path) -> None:
    created = Authority.create(HUB, now=NOW)
    created.save(tmp_path)
    loaded = Authority.load(tmp_path, now=NOW + timedelta(days=1))
    assert loaded.certificate == created.certificate
    issued = certificate(loaded.issue_client(UNIT, now=NOW).certificate)
    issued.verify_directly_issued_by(certificate(created.certificate))


@pytest.mark.parametrize("now", [datetime(1970, 1, 2, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)])
def test_wrong_clock_is_named_before_anything_is_issued(tmp_path: Path, now: datetime) -> None:
    Authority.create(HUB, now=NOW).save(tmp_path)
    with pytest.raises(ClockError, match=f"{now.year}.*Set the clock"):
        Authority.load(tmp_path, now=now)


def test_key_open_to_others_is_refused(tmp_path: Path) -> None:
    Authority.create(HUB, now=NOW).save(tmp_path)
    (tmp_path / "ca.key").chmod(0o640)
    with pytest.raises(PrivateFileError, match="chmod 600"):
        Authority.load(tmp_path, now=NOW)


def test_missing_damaged_or_foreign_files_are_refused(tmp_path: Path) -> None:
    Authority.create(HUB, now=NOW).save(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    Authority.create(HUB, now=NOW).save(other)
    (other / "ca.crt").replace(tmp_path / "ca.crt")
    with pytest.raises(DamagedFolderError, match="not of one authority"):
        Authority.load(tmp_path, now=NOW)
    (tmp_path / "ca.crt").write_text("not PEM")
    with pytest.raises(DamagedFolderError, match="backup"):
        Authority.load(tmp_path, now=NOW)
    (tmp_path / "ca.crt").unlink()
    with pytest.raises(NotProvisionedError):
        Authority.load(tmp_path, now=NOW)
