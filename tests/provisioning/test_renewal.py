"""`mca provision renew` and `list`: what would end is seen in time, and goes on under the same key."""

import shutil
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from credentials.private_files import DiskError
from credentials.tls import client_context, server_context
from protocol.ids import HubId, SiteId, SliceName, UnitId
from provisioning.authority import LEAF_LIFETIME
from provisioning.deployment import Deployment
from provisioning.endpoints import parse_endpoint
from provisioning.errors import ClockError, DamagedFolderError, NoSuchUnitError
from provisioning.installation import create_installation
from provisioning.ledger import Ledger
from provisioning.overview import overview
from provisioning.renewal import Renewal
from provisioning.units import add_unit as add_unit_at
from tests.provisioning.commands import add_unit, init, provision
from tests.provisioning.mqtt_client import MqttClient
from tests.support.broker import Broker
from tests.support.full_disk import files_of_at_most
from tests.support.handshake import handshake

UNIT = UnitId("bd/benapole-1")
UNIT_CERTIFICATE = "units/benapole-1/tls/unit.crt"
SERVERS = ("broker/server.crt", "hub/tls/console.crt", "hub/tls/units.crt")
WORKERS = tuple(f"hub/tls/worker-{number}.crt" for number in range(1, 5))
WORKER_NAMES = [f"bd.worker-{number}" for number in range(1, 5)]
ALL = (*SERVERS, "hub/tls/hub.crt", *WORKERS, UNIT_CERTIFICATE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = init(tmp_path / "mca", "--hub-host", "hub.example.org")
    add_unit(folder)
    return folder


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def renewed(folder: Path, before: dict[str, bytes]) -> set[str]:
    return {place for place in ALL if (folder / place).read_bytes() != before[place]}


def certificates(folder: Path) -> dict[str, bytes]:
    return {place: (folder / place).read_bytes() for place in ALL}


@pytest.mark.parametrize(
    ("options", "places"),
    [
        ((UNIT,), {UNIT_CERTIFICATE}),
        (("--broker",), {"broker/server.crt"}),
        (("--hub",), {"hub/tls/hub.crt", "hub/tls/console.crt", "hub/tls/units.crt", *WORKERS}),
        ((UNIT, "--broker"), {UNIT_CERTIFICATE, "broker/server.crt"}),
        ((), set()),
    ],
)
def test_what_is_chosen_is_renewed_and_nothing_else(folder: Path, options: tuple[str, ...], places: set[str]) -> None:
    before = certificates(folder)
    provision("renew", folder, *options)
    assert renewed(folder, before) == places


def test_renewed_certificate_says_the_same_under_the_same_key_for_longer(folder: Path) -> None:
    before = {place: certificate(folder / place) for place in ALL}
    now = datetime.now(UTC) + timedelta(days=800)
    assert {one.path for one in Renewal(folder, now=now).due()} == {folder / place for place in ALL}
    for place, old in before.items():
        new = certificate(folder / place)
        assert new.serial_number != old.serial_number
        assert (new.subject, new.public_key()) == (old.subject, old.public_key())
        assert list(new.extensions) == list(old.extensions)
        assert new.not_valid_after_utc == (now + LEAF_LIFETIME).replace(microsecond=0)
        new.verify_directly_issued_by(certificate(folder / "authority" / "ca.crt"))
    assert Renewal(folder, now=now).due() == []


def test_renewed_unit_and_hub_meet_at_the_renewed_broker(folder: Path) -> None:
    provision("renew", folder, UNIT, "--broker", "--hub")
    with (
        Broker(folder) as broker,
        MqttClient(broker.port, folder / "hub" / "tls", "hub", client_id="bd"),
        MqttClient(broker.port, folder / "units" / "benapole-1" / "tls", "unit", client_id=UNIT),
    ):
        pass


def test_device_that_has_its_key_alone_needs_only_the_new_certificate(folder: Path, tmp_path: Path) -> None:
    device = tmp_path / "device"
    shutil.move(folder / "units" / "benapole-1", device)
    provision("renew", folder, UNIT)
    assert [path.name for path in (folder / "units" / "benapole-1").rglob("*") if path.is_file()] == ["unit.crt"]
    shutil.copy(folder / UNIT_CERTIFICATE, device / "tls" / "unit.crt")
    tls = folder / "hub" / "tls"
    server = server_context(certificate=tls / "units.crt", key=tls / "units.key", authority=tls / "ca.crt")
    unit = client_context(
        authority=device / "tls" / "ca.crt", certificate=device / "tls" / "unit.crt", key=device / "tls" / "unit.key"
    )
    assert handshake(unit, server, "hub.example.org") == "TLSv1.3"


def test_expired_unit_is_refused_until_it_and_the_server_are_renewed(tmp_path: Path) -> None:
    folder, now = tmp_path / "mca", datetime.now(UTC)
    endpoints = (parse_endpoint("hub.example.org", port) for port in (8883, 8443, 8444))
    deployment = Deployment(HubId("bd"), (SliceName("bd/missing"),), *endpoints)
    create_installation(folder, deployment, now=now - timedelta(days=900))
    unit_folder = add_unit_at(folder, UNIT, site=SiteId("bd/benapole"), slices=(), now=now - timedelta(days=900))

    def meet() -> str:
        hub, unit = folder / "hub" / "tls", unit_folder / "tls"
        return handshake(
            client_context(authority=unit / "ca.crt", certificate=unit / "unit.crt", key=unit / "unit.key"),
            server_context(certificate=hub / "units.crt", key=hub / "units.key", authority=hub / "ca.crt"),
            "hub.example.org",
        )

    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        meet()
    renewed_names = [one.name for one in Renewal(folder, now=now).due()]
    assert renewed_names == ["broker", "bd", "console", "units", *WORKER_NAMES, UNIT]
    assert meet() == "TLSv1.3"


def test_wrong_clock_renews_nothing(folder: Path) -> None:
    for wrong in (datetime(1970, 1, 2, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)):
        with pytest.raises(ClockError):
            Renewal(folder, now=wrong)


def test_full_disk_leaves_the_old_certificate_and_the_next_run_renews(folder: Path) -> None:
    before = certificates(folder)
    with files_of_at_most(100), pytest.raises(DiskError):
        provision("renew", folder, UNIT)
    assert renewed(folder, before) == set()
    provision("renew", folder, UNIT)
    assert renewed(folder, before) == {UNIT_CERTIFICATE}


@pytest.mark.parametrize("gone", [True, False])
def test_renewal_that_was_cut_short_is_due_again(folder: Path, gone: bool) -> None:
    old = (folder / UNIT_CERTIFICATE).read_bytes()
    Renewal(folder, now=datetime.now(UTC) + timedelta(days=1)).unit(UNIT)
    # As a power cut leaves it between the ledger and the folder.
    if gone:
        (folder / UNIT_CERTIFICATE).unlink()
    else:
        (folder / UNIT_CERTIFICATE).write_bytes(old)
    assert [one.name for one in Renewal(folder, now=datetime.now(UTC)).due()] == [UNIT]
    shutil.rmtree(folder / "units" / "benapole-1")
    assert Renewal(folder, now=datetime.now(UTC)).due() == []


def test_hub_that_was_provisioned_before_there_were_workers_gets_their_certificates(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for place, name in zip(WORKERS, WORKER_NAMES, strict=True):
        (folder / place).unlink()
        Ledger(folder / "authority").remove_client(name)
    (folder / "broker" / "acl.conf").write_text("user bd\n")
    assert Renewal(folder, now=datetime.now(UTC)).due() == []
    provision("renew", folder, "--hub")
    said = capsys.readouterr().out
    for place, name in zip(WORKERS, WORKER_NAMES, strict=True):
        tls = (folder / place).parent
        ca, key = tls / "ca.crt", (folder / place).with_suffix(".key")
        client_context(authority=ca, certificate=folder / place, key=key)
        assert certificate(folder / place).subject.rfc4514_string() == f"CN={name}"
        assert str(key) in said
    assert "user bd.worker-4\n" in (folder / "broker" / "acl.conf").read_text()
    assert Renewal(folder, now=datetime.now(UTC)).due() == []


def test_unknown_unit_and_lost_ledger_are_refused(folder: Path) -> None:
    with pytest.raises(NoSuchUnitError, match="nothing to renew"):
        provision("renew", folder, "bd/benapole-9")
    shutil.rmtree(folder / "authority" / "issued")
    with pytest.raises(DamagedFolderError, match="backup"):
        provision("renew", folder, UNIT)
    with pytest.raises(DamagedFolderError, match="backup"):
        provision("list", folder)


def test_list_shows_units_sites_ends_and_revocations(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add_unit(folder, "benapole-2")
    provision("revoke", folder, "bd/benapole-2", "--reason", "stolen")
    capsys.readouterr()
    provision("list", folder)
    lines = capsys.readouterr().out.splitlines()
    until = f"{certificate(folder / UNIT_CERTIFICATE).not_valid_after_utc:%Y-%m-%d}"
    assert lines[0].split() == ["NAME", "PLACE", "UNTIL"]
    assert lines[1].split() == [UNIT, "bd/benapole", until]
    assert lines[2].split() == [
        "bd/benapole-2",
        "bd/benapole",
        until,
        "revoked",
        f"{datetime.now(UTC):%Y-%m-%d},",
        "stolen",
    ]
    own = ["bd", *WORKER_NAMES, "broker", "console", "units", "authority", "root"]
    assert [line.split()[0] for line in lines[3:]] == own


@pytest.mark.parametrize(("days", "noted"), [(764, False), (766, True), (826, True)])
def test_certificate_that_ends_within_sixty_days_is_noted(folder: Path, days: int, noted: bool) -> None:
    rows = {row.name: row.note for row in overview(folder, now=datetime.now(UTC) + timedelta(days=days))}
    assert (UNIT in rows[UNIT]) == ("--broker" in rows["broker"]) == ("--hub" in rows["console"]) == noted
    assert ("ENDED" in rows[UNIT]) == (days > 825)


def test_root_that_expires_is_noted(folder: Path) -> None:
    notes = [overview(folder, now=datetime.now(UTC) + timedelta(days=days))[-1].note for days in (300, 310, 366)]
    assert notes[0] == ""
    assert notes[1] == "ends in 54 days: mca provision root propose"
    assert notes[2] == "ENDED: mca provision root propose"
