"""One form for each value: whatever else decodes to the same is refused."""

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import cbor
from protocol.errors import MalformedError, OversizedError, TrailingBytesError

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=30)
    | st.binary(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=30), inner, max_size=4),
    max_leaves=12,
)


@given(value=VALUES)
def test_value_survives_the_wire_unchanged(value: cbor.Value) -> None:
    try:
        data = cbor.encode(value)
    except MalformedError:
        return  # Nested deeper than the protocol allows.
    assert cbor.decode(data, limit=len(data)) == value


@given(data=st.binary(max_size=60))
def test_whatever_is_accepted_has_no_second_form(data: bytes) -> None:
    try:
        value = cbor.decode(data, limit=100)
    except MalformedError:
        return
    assert cbor.encode(value) == data


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x18\x01", id="integer written longer than need be"),
        pytest.param(b"\xa2\x61b\x01\x61a\x02", id="keys out of order"),
        pytest.param(b"\xa2\x61a\x01\x61a\x02", id="key twice"),
        pytest.param(b"\x9f\x01\xff", id="indefinite length"),
        pytest.param(b"\xc2\x41\x01", id="bignum"),
        pytest.param(b"\xc1\x00", id="tag"),
        pytest.param(b"\xf7", id="undefined"),
        pytest.param(b"\xf9\x7e\x00", id="not a number"),
        pytest.param(b"\xa1\x01\x02", id="key that is not text"),
        pytest.param(b"\x61\xff", id="text that is not UTF-8"),
        pytest.param(b"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff", id="array that claims to be enormous"),
        pytest.param(b"\x81" * 5000 + b"\x00", id="nested without end"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_malformed_cbor_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        cbor.decode(data, limit=10_000)


def test_trailing_bytes_are_refused() -> None:
    with pytest.raises(TrailingBytesError):
        cbor.decode(b"\x01\x02", limit=10)


def test_oversized_data_is_refused() -> None:
    with pytest.raises(OversizedError):
        cbor.decode(bytes(11), limit=10)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**63, {1: 2}, cbor2.undefined, (1, 2), {3}])
def test_value_without_a_form_cannot_be_written(value: cbor.Value) -> None:
    with pytest.raises(MalformedError):
        cbor.encode(value)
