"""Forms that were sent after their session had ended."""

import pytest

from hub.access.kept import KeptForm, KeptForms
from hub.atrest import Vault

FORM = KeptForm("/reviews/0123456789abcdef/answer", (("answer", "same"), ("comment", "a scar")))


def test_colleague_at_the_same_screen_cannot_open_the_answer() -> None:
    kept = KeptForms(Vault(bytes(32)))
    sealed = kept.seal(FORM, "amina")
    assert sealed is not None
    assert "scar" not in sealed
    assert kept.open(sealed, "bimal") is None
    assert kept.open(sealed, "amina") == FORM


@pytest.mark.parametrize("text", ["", "x", "!!", "A" * 400, "é"])
def test_damaged_text_is_no_form(text: str) -> None:
    assert KeptForms(Vault(bytes(32))).open(text, "amina") is None


def test_form_of_another_process_is_no_form() -> None:
    sealed = KeptForms(Vault(bytes(32))).seal(FORM, "amina")
    assert sealed is not None
    assert KeptForms(Vault(b"\1" * 32)).open(sealed, "amina") is None


def test_form_too_large_to_keep_is_not_kept() -> None:
    assert KeptForms(Vault(bytes(32))).seal(KeptForm("/", (("comment", "x" * 20_000),)), "amina") is None
