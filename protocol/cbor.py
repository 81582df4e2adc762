"""CBOR in its one deterministic form (RFC 8949, section 4.2.1), so that equal data has equal bytes.

Only what the protocol needs exists here: unsigned and negative integers, byte and text strings, arrays,
maps with text keys, true, false, null and 64-bit floats. Everything else, and every second way of
writing the same thing, is rejected: a signature then covers meaning as well as bytes.
"""

import io
import math
from typing import TypeAlias

import cbor2

from protocol.errors import MalformedError, OversizedError, TrailingBytesError

Value: TypeAlias = "int | float | bytes | str | bool | list[Value] | dict[str, Value] | None"

_MAX_DEPTH = 8


def encode(value: Value) -> bytes:
    """The deterministic encoding of a value. Raises MalformedError for what the protocol has no form for."""
    _require_supported(value, depth=0)
    return _encode_supported(value)


def decode(data: bytes, *, limit: int) -> Value:
    """The value that `data` encodes, if `encode` would have written exactly these bytes.

    `limit` is the greatest length in bytes; it is checked before anything is read.
    Raises OversizedError, TrailingBytesError or MalformedError.
    """
    if len(data) > limit:
        raise OversizedError(f"A message of {len(data)} bytes; at most {limit} are allowed for its kind.")
    stream = io.BytesIO(data)
    try:
        value = cbor2.CBORDecoder(
            stream,
            max_depth=_MAX_DEPTH + 1,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            strict_hashable_types=True,
        ).decode()
    except (cbor2.CBORError, ValueError, RecursionError, OverflowError, MemoryError) as error:
        raise MalformedError("Not well-formed CBOR.") from error
    if stream.tell() != len(data):
        raise TrailingBytesError(f"{len(data) - stream.tell()} bytes follow the end of a message.")
    supported = _require_supported(value, depth=0)
    if _encode_supported(supported) != data:
        raise MalformedError("CBOR that is not in its deterministic form.")
    return supported


def _encode_supported(value: Value) -> bytes:
    return cbor2.dumps(value, canonical=True)


def _require_supported(value: object, depth: int) -> Value:
    if depth > _MAX_DEPTH:
        raise MalformedError(f"CBOR nested deeper than {_MAX_DEPTH} levels.")
    match value:
        case None | bool() | bytes() | str():
            return value
        case int() if -(2**63) <= value < 2**63:
            return value
        case float() if math.isfinite(value):
            return value
        case list():
            return [_require_supported(item, depth + 1) for item in value]
        case dict():
            if not all(isinstance(key, str) for key in value):
                raise MalformedError("CBOR map with a key that is not text.")
            return {key: _require_supported(item, depth + 1) for key, item in value.items()}
        case _:
            raise MalformedError(f"CBOR of a kind that the protocol does not use: {type(value).__name__}.")
