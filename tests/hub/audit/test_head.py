"""Signed heads: what leaves the hub so that others can hold its trail against it."""

import base64
import hashlib

import pytest
from nacl.signing import VerifyKey as OtherVerifyKey

from hub.audit.head import Head, HeadError, read_heads, sign_head
from protocol.ids import HubId
from protocol.keys import SigningKey

KEY = SigningKey(bytes(range(32)))
HUB = HubId("bd")
HEAD = Head(HUB, 1203, bytes(range(32)), 1_795_341_600_007)
NOTE = sign_head(HEAD, KEY)


def test_head_survives_a_mail_around_it() -> None:
    mail = f"Dear witness,\r\n\r\n{NOTE}\nbest wishes\n{sign_head(HEAD, KEY)}".replace("\n", "\r\n")
    assert read_heads(mail, HUB, KEY.public) == [HEAD, HEAD]


def test_head_is_a_signed_note_that_another_library_verifies() -> None:
    text, _, line = NOTE.partition("\n— ")
    name, _, signature = line.strip().partition(" ")
    raw = base64.b64decode(signature)
    assert text.splitlines() == [
        "missing-child-alert/audit/bd",
        "1203",
        base64.b64encode(HEAD.root).decode(),
        "time 2026-11-22T10:00:00.007Z",
    ]
    assert name == "missing-child-alert/audit/bd"
    assert raw[:4] == hashlib.sha256(name.encode() + b"\n\x01" + KEY.public.raw).digest()[:4]
    OtherVerifyKey(KEY.public.raw).verify(text.encode(), raw[4:])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1203", "1204"),
        ("time 2026", "time 2025"),
        ("AAEC", "AAED"),
        ("audit/bd\n", "audit/np\n"),
        ("— missing-child-alert/audit/bd", "— missing-child-alert/audit/np"),
        ("\n\n", "\n"),
        ("1203", "01203"),
        ("— ", "- "),
    ],
)
def test_head_that_was_altered_is_refused(old: str, new: str) -> None:
    assert old in NOTE
    with pytest.raises(HeadError):
        read_heads(NOTE.replace(old, new), HUB, KEY.public)


def test_damaged_head_does_not_vanish_among_others() -> None:
    with pytest.raises(HeadError):
        read_heads(NOTE + "\n" + NOTE.replace("time", "tim"), HUB, KEY.public)


def test_head_of_another_key_or_hub_is_refused() -> None:
    with pytest.raises(HeadError, match="another key"):
        read_heads(NOTE, HUB, SigningKey(bytes(32)).public)
    with pytest.raises(HeadError, match="another hub than np"):
        read_heads(NOTE, HubId("np"), KEY.public)


def test_text_without_a_head_is_not_taken_for_a_good_one() -> None:
    with pytest.raises(HeadError, match="no signed head"):
        read_heads("nothing", HUB, KEY.public)


def test_signature_of_a_message_is_no_signature_of_a_head() -> None:
    text = NOTE.partition("\n— ")[0]
    signature = KEY.sign(b"mca/envelope/1\0" + text.encode())
    raw = base64.b64decode(NOTE.split()[-1])
    forged = NOTE.replace(NOTE.split()[-1], base64.b64encode(raw[:4] + signature).decode())
    with pytest.raises(HeadError):
        read_heads(forged, HUB, KEY.public)
