"""Codes: RFC 6238's own examples, and what people type."""

import pytest

from hub.access import totp

# RFC 6238, appendix B, SHA-1: the last six of the eight digits given there.
RFC_SECRET = b"12345678901234567890"
RFC_CODES = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]


@pytest.mark.parametrize(("seconds", "code"), RFC_CODES)
def test_codes_of_the_standard_are_not_recognised(seconds: int, code: str) -> None:
    assert totp.matching_step(RFC_SECRET, code, seconds * 1000) == seconds // 30


@pytest.mark.parametrize(
    ("late", "accepted"), [(-31, False), (-30, True), (0, True), (30, True), (59, True), (60, False)]
)
def test_code_lives_longer_than_a_step_on_either_side(late: int, accepted: bool) -> None:
    at = 1_234_567_890 // 30 * 30
    found = totp.matching_step(RFC_SECRET, "005924", (at + late) * 1000)
    assert (found is not None) == accepted


@pytest.mark.parametrize("typed", ["287082", " 287 082 ", "287-082", "২৮৭০৮২", "२८७०८२"])
def test_code_of_another_keyboard_is_refused(typed: str) -> None:
    assert totp.parse_digits(typed) == "287082"


@pytest.mark.parametrize("typed", ["", "28708", "2870822", "28708a", "²87082", "abcd-efgh-ijkl-mnop"])
def test_something_else_passes_for_a_code(typed: str) -> None:
    assert totp.parse_digits(typed) is None


def test_recovery_code_read_back_with_other_spaces_or_case_is_another_code() -> None:
    code = totp.new_paper_code(lambda size: bytes(range(size)))
    assert len(code) == 19
    for typed in (code.upper(), code.replace("-", ""), f" {code.replace('-', ' ')} "):
        assert totp.plain_paper_code(typed) == totp.plain_paper_code(code)


def test_address_says_something_an_app_would_misread() -> None:
    address = totp.provisioning_address(RFC_SECRET, "amina.rahman", "MCA-bd")
    assert address.startswith("otpauth://totp/MCA-bd:amina.rahman?")
    assert "secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" in address
    assert "issuer=MCA-bd" in address
    assert "+" not in address
