"""The sealed file: whoever has it without the key reads nothing, and nothing of it can be cut, moved or changed."""

import io
import secrets

import pytest

from hub.backup.container import CHUNK, Sealer, open_sealed
from hub.backup.errors import BackupDamagedError
from protocol.keys import OpeningKey, PrivateIdentity, SigningKey

HUB = PrivateIdentity("bd", SigningKey(bytes(32)), OpeningKey(bytes(range(96))))
OTHER_HUB = PrivateIdentity("bd", SigningKey(bytes(range(32))), OpeningKey(bytes(range(96))))
KEY = OpeningKey(bytes(range(1, 97)))
SEALED_CHUNK = CHUNK + 16


def sealed(content: bytes) -> bytes:
    file = io.BytesIO()
    sealer = Sealer(file, HUB, KEY.public, 1_795_341_600_000)
    sealer.write_all([content[:700], content[700:]])
    sealer.check(file)
    return file.getvalue()


def opened(data: bytes, key: OpeningKey = KEY, hub: PrivateIdentity = HUB) -> bytes:
    return b"".join(open_sealed(io.BytesIO(data), key, hub.public))


CONTENT = secrets.token_bytes(2 * CHUNK + 5000)
SEALED = sealed(CONTENT)
START = len(SEALED) - (len(CONTENT) + 3 * 16)  # where the first chunk begins


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_content_of_any_length_comes_back(size: int) -> None:
    content = CONTENT[:size]
    assert opened(sealed(content)) == content


@pytest.mark.parametrize("length", [0, 5, 20, START - 1, START, START + 7, START + SEALED_CHUNK, len(SEALED) - 1])
def test_backup_that_is_cut_off_anywhere_is_refused(length: int) -> None:
    with pytest.raises(BackupDamagedError):
        opened(SEALED[:length])


def test_backup_cut_off_between_two_parts_is_refused() -> None:
    whole = START + 2 * SEALED_CHUNK
    with pytest.raises(BackupDamagedError, match="part 2"):
        opened(SEALED[:whole])


def test_parts_that_change_places_are_refused() -> None:
    first, second = SEALED[START : START + SEALED_CHUNK], SEALED[START + SEALED_CHUNK : START + 2 * SEALED_CHUNK]
    with pytest.raises(BackupDamagedError, match="part 1"):
        opened(SEALED[:START] + second + first + SEALED[START + 2 * SEALED_CHUNK :])


def test_part_that_comes_twice_or_not_at_all_is_refused() -> None:
    first = SEALED[START : START + SEALED_CHUNK]
    for altered in (SEALED[:START] + first + SEALED[START:], SEALED[:START] + SEALED[START + SEALED_CHUNK :]):
        with pytest.raises(BackupDamagedError):
            opened(altered)


@pytest.mark.parametrize("appended", [b"x", bytes(SEALED_CHUNK)])
def test_something_behind_the_end_is_refused(appended: bytes) -> None:
    with pytest.raises(BackupDamagedError):
        opened(SEALED + appended)


@pytest.mark.parametrize("place", [0, 14, 30, 200, START - 1, START, START + SEALED_CHUNK + 3, len(SEALED) - 1])
def test_changed_byte_is_refused(place: int) -> None:
    altered = bytearray(SEALED)
    altered[place] ^= 1
    with pytest.raises(BackupDamagedError):
        opened(bytes(altered))


def test_parts_of_another_backup_are_refused() -> None:
    other = sealed(CONTENT)
    with pytest.raises(BackupDamagedError, match="part 1"):
        opened(SEALED[:START] + other[START:])


def test_backup_of_somebody_who_has_the_public_key_alone_is_refused() -> None:
    with pytest.raises(BackupDamagedError, match="not made by the hub bd"):
        opened(SEALED, hub=OTHER_HUB)


def test_another_backup_key_is_named_as_the_reason() -> None:
    with pytest.raises(BackupDamagedError, match="another backup key"):
        opened(SEALED, key=OpeningKey(bytes(96)))


def test_disk_that_does_not_keep_what_was_written_is_noticed() -> None:
    file = io.BytesIO()
    sealer = Sealer(file, HUB, KEY.public, 1)
    sealer.write_all([b"content"])
    file.seek(-1, io.SEEK_END)
    file.write(bytes([file.getvalue()[-1] ^ 1]))
    with pytest.raises(BackupDamagedError):
        sealer.check(file)


def test_nothing_of_the_content_can_be_read_from_the_file() -> None:
    assert CONTENT[:64] not in SEALED
    assert CONTENT[-64:] not in SEALED
