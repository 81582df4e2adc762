"""`mca provision revoke`: the broker, the hub and its HTTPS server have nothing to do with the unit any more."""

import json
import socket
import ssl
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from credentials.private_files import DiskError
from credentials.tls import client_context, read_revocations, server_context
from hub.fleet.registry import read_units
from protocol.ids import HubId, UnitId
from protocol.topics import UnitChannel, hub_subscription, unit_topic
from provisioning.errors import (
    AlreadyProvisionedError,
    ClockError,
    DamagedFolderError,
    ForeignNameError,
    NoSuchUnitError,
)
from provisioning.registry import Reason, Registry
from provisioning.renewal import Renewal
from provisioning.revocation import revoke_unit
from tests.provisioning.commands import add_unit, init, provision
from tests.provisioning.mqtt_client import MqttClient
from tests.support.broker import Broker
from tests.support.full_disk import files_of_at_most
from tests.support.handshake import handshake

HUB = HubId("bd")
UNIT, OTHER = UnitId("bd/benapole-1"), UnitId("bd/benapole-2")
HEALTH, RECEIPTS = UnitChannel.HEALTH, UnitChannel.RECEIPTS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A hub with two units."""
    folder = init(tmp_path / "mca")
    add_unit(folder, "benapole-1")
    add_unit(folder, "benapole-2")
    return folder


def client(folder: Path, broker: Broker, unit: UnitId) -> MqttClient:
    return MqttClient(broker.port, folder / "units" / unit.partition("/")[2] / "tls", "unit", client_id=unit)


def hub_client(folder: Path, broker: Broker) -> MqttClient:
    return MqttClient(broker.port, folder / "hub" / "tls", "hub", client_id=HUB)


def is_refused(folder: Path, broker: Broker, unit: UnitId) -> bool:
    """Whether the broker ends a new connection of the unit instead of answering its CONNECT."""
    connect = bytes.fromhex("101000044d5154540502003c000003") + b"bd/"  # MQTT 5, a clean start, any client id.
    try:
        with (
            socket.create_connection((broker.host, broker.port), timeout=10) as connection,
            unit_context(folder, unit).wrap_socket(connection, server_hostname=broker.host) as tls,
        ):
            tls.sendall(connect)
            return tls.recv(1) == b""
    except (ssl.SSLError, ConnectionError):
        return True


def units_server(folder: Path) -> ssl.SSLContext:
    tls = folder / "hub" / "tls"
    return server_context(
        certificate=tls / "units.crt",
        key=tls / "units.key",
        authority=tls / "ca.crt",
        revoked=tls / "revoked.crl",
    )


def unit_context(folder: Path, unit: UnitId) -> ssl.SSLContext:
    tls = folder / "units" / unit.partition("/")[2] / "tls"
    return client_context(authority=tls / "ca.crt", certificate=tls / "unit.crt", key=tls / "unit.key")


def serials(folder: Path, place: str) -> set[int]:
    return {entry.serial_number for entry in x509.load_pem_x509_crl((folder / place).read_bytes())}


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def users(folder: Path) -> list[str]:
    lines = (folder / "broker" / "acl.conf").read_text().splitlines()
    return [line.removeprefix("user ") for line in lines if line.startswith("user ")]


def test_revoked_unit_that_is_connected_is_mute_after_a_reload_and_gone_after_a_restart(folder: Path) -> None:
    with Broker(folder) as broker:
        stolen, other = client(folder, broker, UNIT), client(folder, broker, OTHER)
        with hub_client(folder, broker) as hub, stolen, other:
            hub.subscribe(hub_subscription(HUB, HEALTH))
            stolen.subscribe(unit_topic(UNIT, RECEIPTS), "#")
            other.subscribe(unit_topic(OTHER, RECEIPTS))
            provision("revoke", folder, UNIT, "--reason", "stolen")
            broker.reload()
            assert stolen.publish(unit_topic(UNIT, HEALTH), b"forged").getName() == "Not authorized"
            hub.publish(unit_topic(UNIT, RECEIPTS), b"secret")
            assert not other.publish(unit_topic(OTHER, HEALTH), b"marker").is_failure
            assert hub.next() == (unit_topic(OTHER, HEALTH), b"marker")
            hub.publish(unit_topic(OTHER, RECEIPTS), b"marker")
            assert other.next() == (unit_topic(OTHER, RECEIPTS), b"marker")
            assert is_refused(folder, broker, UNIT)
            assert stolen.received.empty()
            broker.stop()
            assert stolen.wait_until_disconnected()
            broker.start()
            assert is_refused(folder, broker, UNIT)
            assert stolen.received.empty()


def test_broker_without_revocations_lets_every_unit_in_and_later_ones_add_up(folder: Path) -> None:
    add_unit(folder, "benapole-3")
    with Broker(folder) as broker:
        assert not is_refused(folder, broker, UNIT)
        provision("revoke", folder, UNIT)
        provision("revoke", folder, OTHER)  # Within the same second, in which X.509 sees no difference.
        broker.reload()
        assert is_refused(folder, broker, UNIT)
        assert is_refused(folder, broker, OTHER)
        assert not is_refused(folder, broker, UnitId("bd/benapole-3"))


def test_running_https_server_refuses_the_unit_once_it_has_read_the_new_list(folder: Path) -> None:
    server = units_server(folder)
    handshake(unit_context(folder, UNIT), server, "127.0.0.1")
    for unit in (UNIT, OTHER):
        provision("revoke", folder, unit)
        read_revocations(server, folder / "hub" / "tls" / "revoked.crl")
        with pytest.raises(ssl.SSLCertVerificationError, match="revoked"):
            handshake(unit_context(folder, unit), server, "127.0.0.1")
        with pytest.raises(ssl.SSLCertVerificationError, match="revoked"):
            handshake(unit_context(folder, unit), units_server(folder), "127.0.0.1")


def test_hub_finds_the_unit_withdrawn_and_its_record_is_kept_with_time_and_reason(folder: Path) -> None:
    before = json.loads((folder / "hub" / "units" / "benapole-1.json").read_text())
    start = datetime.now(UTC)
    provision("revoke", folder, UNIT, "--reason", "lost")
    assert [unit.id for unit in read_units(folder / "hub" / "units", HUB)] == [OTHER]
    kept = json.loads((folder / "hub" / "units" / "revoked" / "benapole-1.json").read_text())
    revoked = kept.pop("revoked")
    assert kept == before
    assert revoked["reason"] == "lost"
    assert start - timedelta(seconds=1) < datetime.fromtimestamp(revoked["at"] / 1000, UTC) <= datetime.now(UTC)
    assert UNIT not in users(folder)
    assert {HUB, OTHER} <= set(users(folder))


def test_all_certificates_that_a_unit_ever_had_are_revoked_and_no_other(folder: Path) -> None:
    first = certificate(folder / "units" / "benapole-1" / "tls" / "unit.crt").serial_number
    provision("renew", folder, UNIT)
    second = certificate(folder / "units" / "benapole-1" / "tls" / "unit.crt").serial_number
    provision("revoke", folder, UNIT)
    assert first != second
    for place in ("authority", "broker", "hub/tls"):
        assert serials(folder, f"{place}/revoked.crl") == {first, second}


def test_list_is_signed_by_the_authority_holds_as_long_as_it_and_names_the_reason(folder: Path) -> None:
    provision("revoke", folder, UNIT, "--reason", "stolen")
    provision("revoke", folder, OTHER, "--reason", "retired")
    authority = certificate(folder / "authority" / "ca.crt")
    revoked = x509.load_pem_x509_crl((folder / "broker" / "revoked.crl").read_bytes())
    public = authority.public_key()
    assert revoked.is_signature_valid(public)  # type: ignore[arg-type]  # The authority's own kind of key.
    assert revoked.next_update_utc == authority.not_valid_after_utc
    reasons = {entry.extensions.get_extension_for_class(x509.CRLReason).value.reason for entry in revoked}
    assert reasons == {x509.ReasonFlags.key_compromise, x509.ReasonFlags.cessation_of_operation}


def test_name_of_a_revoked_unit_is_never_given_again(folder: Path) -> None:
    provision("revoke", folder, UNIT)
    with pytest.raises(AlreadyProvisionedError, match="revoked"):
        add_unit(folder, "benapole-1")
    with pytest.raises(NoSuchUnitError):
        provision("renew", folder, UNIT)


def test_unit_whose_folder_went_to_its_device_is_revoked_all_the_same(folder: Path) -> None:
    serial = certificate(folder / "units" / "benapole-1" / "tls" / "unit.crt").serial_number
    subprocess.run(["rm", "-r", folder / "units" / "benapole-1"], check=True)
    provision("revoke", folder, UNIT)
    assert serials(folder, "broker/revoked.crl") == {serial}


def test_second_revocation_keeps_time_and_reason_and_changes_nothing(folder: Path) -> None:
    provision("revoke", folder, UNIT, "--reason", "stolen")
    before = contents(folder)
    provision("revoke", folder, UNIT, "--reason", "retired")
    assert contents(folder) == before


def test_unknown_and_foreign_units_and_a_wrong_clock_are_refused(folder: Path) -> None:
    before = contents(folder)
    with pytest.raises(NoSuchUnitError, match="mca provision list"):
        provision("revoke", folder, "bd/benapole-9")
    with pytest.raises(ForeignNameError, match="belongs to the hub np"):
        provision("revoke", folder, "np/birgunj-1")
    with pytest.raises(ClockError):
        revoke_unit(folder, UNIT, Reason.LOST, now=datetime(1970, 1, 2, tzinfo=UTC))
    assert contents(folder) == before


@pytest.mark.parametrize("size", [0, 300, 700, 1000])
def test_full_disk_leaves_a_unit_that_the_next_run_revokes_whole(folder: Path, size: int) -> None:
    for number in range(1, 11):
        add_unit(folder, f"petrapole-{number}")
    with files_of_at_most(size), pytest.raises(DiskError, match="could not be written"):
        provision("revoke", folder, UNIT)
    add_unit(folder, "akhaura-1")  # What comes in between treats it as what it is by then.
    provision("revoke", folder, UNIT)
    assert UNIT not in users(folder)
    assert len(serials(folder, "broker/revoked.crl")) == len(serials(folder, "hub/tls/revoked.crl")) == 1


@pytest.mark.parametrize("size", [0, 300, 700, 1000])
def test_power_cut_leaves_the_unit_revoked_or_not_and_the_next_run_completes_it(folder: Path, size: int) -> None:
    for number in range(1, 11):
        add_unit(folder, f"petrapole-{number}")
    run = (
        "import sys; from tests.support.full_disk import die_at_a_file_of;"
        "from tests.provisioning.commands import provision; die_at_a_file_of(int(sys.argv[2]));"
        "provision('revoke', sys.argv[1], 'bd/benapole-1')"
    )
    cut = subprocess.run([sys.executable, "-c", run, folder, str(size)], check=False, capture_output=True)
    assert cut.returncode < 0, cut.stderr
    registry = Registry(folder / "hub" / "units")
    assert registry.is_revoked(UNIT) != (UNIT in {record.unit for record in registry.records()})
    provision("revoke", folder, UNIT)
    assert UNIT not in users(folder)
    assert [unit.id for unit in read_units(folder / "hub" / "units", HUB) if unit.id == UNIT] == []
    assert len(serials(folder, "broker/revoked.crl")) == 1


def test_lost_copy_of_the_list_is_made_again(folder: Path) -> None:
    provision("revoke", folder, UNIT)
    (folder / "broker" / "revoked.crl").unlink()
    provision("revoke", folder, UNIT)
    assert len(serials(folder, "broker/revoked.crl")) == 1


def test_damaged_list_or_certificate_is_named(folder: Path) -> None:
    master = folder / "authority" / "revoked.crl"
    genuine = master.read_bytes()
    for damage in (b"", b"not PEM"):
        master.write_bytes(damage)
        with pytest.raises(DamagedFolderError, match="damaged"):
            provision("revoke", folder, UNIT)
    master.unlink()
    with pytest.raises(DamagedFolderError, match="cannot be read"):
        provision("revoke", folder, UNIT)
    master.write_bytes(genuine)
    issued = next((folder / "authority" / "issued").iterdir())
    issued.write_bytes(b"not PEM")
    with pytest.raises(DamagedFolderError, match=issued.name):
        provision("revoke", folder, UNIT)


def test_clock_that_went_back_still_makes_a_later_list(folder: Path) -> None:
    now = datetime.now(UTC)
    revoke_unit(folder, UNIT, Reason.LOST, now=now)
    first = x509.load_pem_x509_crl((folder / "broker" / "revoked.crl").read_bytes()).last_update_utc
    revoke_unit(folder, OTHER, Reason.LOST, now=now - timedelta(hours=5))
    second = x509.load_pem_x509_crl((folder / "broker" / "revoked.crl").read_bytes()).last_update_utc
    assert first < second < datetime.now(UTC)
    assert Renewal(folder, now=now).due() == []
