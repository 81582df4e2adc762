"""Padding, so that the length of a ciphertext does not tell what is inside.

padded = length of data (4 bytes, big-endian) ‖ data ‖ zeros
"""

from protocol.errors import MalformedError, OversizedError


def pad(data: bytes, size: int) -> bytes:
    """Exactly `size` bytes. Raises OversizedError when `data` does not fit."""
    if len(data) + 4 > size:
        raise OversizedError(f"{len(data)} bytes do not fit into a message padded to {size}.")
    return len(data).to_bytes(4) + data + bytes(size - 4 - len(data))


def pad_to_multiple(data: bytes, block: int) -> bytes:
    """The shortest padding whose length is a multiple of `block`."""
    return pad(data, -(-(len(data) + 4) // block) * block)


def unpad(padded: bytes) -> bytes:
    """What was padded. Raises MalformedError when the padding is not all zeros."""
    end = 4 + int.from_bytes(padded[:4])
    if len(padded) < 4 or end > len(padded) or padded[end:] != bytes(len(padded) - end):
        raise MalformedError("A padded message whose padding is not as the protocol has it.")
    return padded[4:end]
