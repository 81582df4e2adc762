"""`mca consent verify`, as whoever is shown a receipt runs it: without a network, from text, a file or a picture."""

import base64
import json
import secrets
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
import segno
from typer.testing import CliRunner, Result

from credentials.endorsement import AuthorityKey, NotEndorsedError
from credentials.identity import create_identity
from credentials.private_files import PrivateFileError
from edge_agent.consent.page import receipt_page, write_page
from edge_agent.consent.recorder import TakeAway
from edge_agent.consent.texts import texts
from mca.consent.cli import RecordsUnreadableError, app
from models.images import encode_jpeg
from models.images.receipt_code import ReceiptUnreadableError, receipt_text
from protocol.basis import Language
from protocol.consent_receipt import ConsentReceipt, read_receipt, write_receipt
from protocol.erasure import ErasureRecord, sign_erasure
from protocol.errors import BadSignatureError
from protocol.ids import HubId, SiteId, UnitId
from protocol.keys import SigningKey
from protocol.moment import Moment
from protocol.sighting import LegalBasis
from protocol.withdrawal import withdrawal_code
from provisioning.authority import Authority
from tests.support.consents import consent_record, receipt_of

UNIT, SITE = UnitId("bd/benapole-1"), SiteId("bd/benapole")
NOW = 1_795_000_000_000


@dataclass(frozen=True, slots=True)
class Given:
    """A receipt, and the certificate of the authority that knows its unit."""

    receipt: ConsentReceipt
    text: str
    authority: Path


@pytest.fixture
def given(tmp_path: Path) -> Given:
    authority = Authority.create(HubId("bd"), now=datetime.now(UTC))
    key = SigningKey(secrets.token_bytes(32))
    (tmp_path / "ca.crt").write_bytes(authority.certificate)
    record = consent_record(UNIT, SITE, "7Q2M-FX4K", LegalBasis.GUARDIAN_CONSENT, Moment(NOW, NOW - 9, NOW + 9))
    receipt = receipt_of(record, secrets.token_bytes(100))
    text = write_receipt(receipt, key, authority.endorse(UNIT, key.public.raw))
    return Given(receipt, text, tmp_path / "ca.crt")


def verify(receipt: Path | str, authority: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    arguments = ("consent", "verify", str(receipt), "--authority", str(authority), *more)
    command = [sys.executable, "-W", "error", "-m", "mca", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def photographed(text: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The printed code on a desk, a little turned, greyish and soft."""
    code = np.array([[not dark for dark in row] for row in segno.make_qr(text, error="m").matrix], np.uint8) * 200 + 30
    page = np.pad(np.kron(code, np.ones((7, 7), np.uint8)), 60, constant_values=235)
    side = page.shape[0]
    turned = cv2.warpAffine(
        page, cv2.getRotationMatrix2D((side / 2, side / 2), 4, 0.93), (side, side), borderValue=(235,)
    )
    return cv2.cvtColor(cv2.GaussianBlur(turned, (3, 3), 0), cv2.COLOR_GRAY2RGB).astype(np.uint8)


def test_genuine_receipt_is_verified_from_text_file_and_photograph_without_telling_its_token(
    given: Given, tmp_path: Path
) -> None:
    (tmp_path / "receipt.txt").write_text(given.text + "\n")
    (tmp_path / "receipt.jpg").write_bytes(encode_jpeg(photographed(given.text), 85))
    for source in (given.text, tmp_path / "receipt.txt", tmp_path / "receipt.jpg"):
        done = verify(source, given.authority, "--json")
        assert done.returncode == 0, done.stderr
        facts = json.loads(done.stdout)
        assert (facts["reference"], facts["unit"], facts["legal_basis"]) == ("7Q2M-FX4K", UNIT, "guardian-consent")
        assert facts["record_sha256"] == given.receipt.record.hex()
        assert facts["recorded_not_before"] == "2026-11-18T11:06:39+00:00"
        assert facts["recorded_not_after"] == "2026-11-18T11:06:40+00:00"
        assert given.receipt.token.hex() not in done.stdout
    assert verify(given.text, given.authority).stdout.startswith("This receipt is genuine.\n")


def test_receipt_of_another_authority_is_refused_in_a_sentence(given: Given, tmp_path: Path) -> None:
    other = tmp_path / "other.crt"
    other.write_bytes(Authority.create(HubId("bd"), now=datetime.now(UTC)).certificate)
    done = verify(given.text, other)
    assert (done.returncode, done.stdout) == (1, "")
    assert "forged, or of another authority" in done.stderr


@pytest.mark.parametrize(
    ("hub", "certificate", "said"),
    [
        ("in", "ca.crt", "is that of the hub in, and bd/benapole-1 is another's"),
        ("bd", "server.crt", "not that of an authority"),
    ],
)
def test_authority_of_another_country_or_a_certificate_of_anybody_vouches_for_a_unit(
    given: Given, tmp_path: Path, hub: str, certificate: str, said: str
) -> None:
    now, key = datetime.now(UTC), SigningKey(secrets.token_bytes(32))
    forger = Authority.create(HubId(hub), now=now)
    (tmp_path / "ca.crt").write_bytes(forger.certificate)
    (tmp_path / "server.crt").write_bytes(forger.issue_server("console", "localhost", now=now).certificate)
    text = write_receipt(given.receipt, key, forger.endorse(UNIT, key.public.raw))
    with pytest.raises((NotEndorsedError, PrivateFileError), match=said):
        read_receipt(text, AuthorityKey.read(tmp_path / certificate).require_endorsed)


def test_receipt_dies_with_the_certificate_of_its_authority(given: Given, tmp_path: Path) -> None:
    authority, key = Authority.create(HubId("bd"), now=datetime(2010, 1, 1, tzinfo=UTC)), SigningKey(bytes(32))
    (tmp_path / "ended.crt").write_bytes(authority.certificate)
    text = write_receipt(given.receipt, key, authority.endorse(UNIT, key.public.raw))
    assert read_receipt(text, AuthorityKey.read(tmp_path / "ended.crt").require_endorsed) == given.receipt


def test_altered_receipt_is_refused(given: Given) -> None:
    letter = "A" if given.text[200] != "A" else "B"
    done = verify(given.text[:200] + letter + given.text[201:], given.authority)
    assert (done.returncode, done.stdout) == (1, "")


def test_picture_without_a_code_says_how_to_photograph_it(tmp_path: Path) -> None:
    (tmp_path / "desk.jpg").write_bytes(encode_jpeg(np.full((200, 200, 3), 128, np.uint8), 85))
    with pytest.raises(ReceiptUnreadableError, match="flat, sharp"):
        receipt_text(str(tmp_path / "desk.jpg"))


def test_file_that_is_not_there_says_what_to_give() -> None:
    with pytest.raises(ReceiptUnreadableError, match="begins with MCA1:"):
        receipt_text("nowhere.png")


@pytest.mark.parametrize("language", Language)
def test_page_says_all_in_the_person_s_language_and_its_code_can_be_read(
    given: Given, tmp_path: Path, language: Language
) -> None:
    receipt = replace(given.receipt, language=language)
    page = receipt_page(TakeAway(receipt, given.text))
    words = texts(language)
    for told in (*words.told(receipt.periods), words.basis[receipt.basis], words.receipt["care"], receipt.reference):
        assert told in page
    assert f'lang="{language}"' in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    write_page(tmp_path / "receipt.html", TakeAway(receipt, given.text))
    assert (tmp_path / "receipt.html").stat().st_mode & 0o777 == 0o600


def test_time_that_the_unit_was_not_sure_of_is_said_to_be_uncertain(given: Given) -> None:
    doubt = texts(Language.ENGLISH).receipt["uncertain"]
    sure = replace(given.receipt, language=Language.ENGLISH)
    assert doubt not in receipt_page(TakeAway(sure, given.text))
    for recorded in (Moment(NOW, NOW - 9, None), Moment(NOW, NOW - 86_400_000, NOW)):
        assert doubt in receipt_page(TakeAway(replace(sure, recorded=recorded), given.text))


def test_record_of_an_erasure_is_forged_or_another_consent_s(given: Given, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("hub", "unit")]
    for folder in folders:
        folder.mkdir()
    hub, unit = create_identity(folders[0], "bd"), create_identity(folders[1], UNIT)
    withdrawal, moment = given.receipt.withdrawal, Moment(NOW, NOW - 9, None)
    words = {
        "hub": sign_erasure(ErasureRecord(withdrawal, "bd", moment, {"intakes": 1}), hub.signing_key),
        "unit": sign_erasure(ErasureRecord(withdrawal, UNIT, moment, kept=True), unit.signing_key),
        "forged": sign_erasure(ErasureRecord(withdrawal, "bd", moment), unit.signing_key),
        "other": sign_erasure(ErasureRecord(bytes(32), "bd", moment), hub.signing_key),
    }
    cards = [f"--card={folder / 'card.json'}" for folder in folders]

    def said(*names: str) -> Result:
        lines = [base64.b64encode(words[name]).decode() for name in names]
        (tmp_path / "records.txt").write_text("\n".join(lines))
        code = withdrawal_code(given.receipt.token)
        return CliRunner().invoke(app, ["erased", str(tmp_path / "records.txt"), *cards, f"--receipt={code}"])

    sound = said("hub", "unit")
    assert "bd, 2026-11-18T11:06:40+00:00 (the clock was not certain): intakes 1" in sound.stdout
    assert f"{UNIT}, " in sound.stdout
    assert "held nothing; holds back" in sound.stdout
    for wrong, error in (("forged", BadSignatureError), ("other", RecordsUnreadableError)):
        assert isinstance(said("hub", wrong).exception, error)
    assert isinstance(said().exception, RecordsUnreadableError)
