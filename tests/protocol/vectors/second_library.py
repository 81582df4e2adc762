"""The cryptography of docs/protocol.md written a second time, on other libraries than protocol/ uses.

PyNaCl for Ed25519 and X25519, kyber-py for ML-KEM, PyCryptodome for AES-GCM; the key schedule of HPKE from
RFC 9180 and the KEM from draft-connolly-cfrg-xwing-kem, which is HPKE's MLKEM768-X25519 (0x647a).
"""

import hashlib
import hmac

from Crypto.Cipher import AES
from kyber_py.ml_kem import ML_KEM_768
from nacl.bindings import crypto_scalarmult, crypto_scalarmult_base
from nacl.signing import VerifyKey

_KEM_ID, _KDF_ID, _AEAD_ID = 0x647A, 0x0001, 0x0002
_SUITE = b"HPKE" + b"".join(number.to_bytes(2) for number in (_KEM_ID, _KDF_ID, _AEAD_ID))
_XWING_LABEL = rb"\.//^" + b"\\"


def verify(verify_key: bytes, data: bytes, signature: bytes) -> None:
    """Raises nacl's BadSignatureError."""
    VerifyKey(verify_key).verify(data, signature)


def hpke_open(secret: bytes, sealed: bytes, info: bytes) -> bytes:
    """HPKE base mode. `secret`: ML-KEM seed of 64 bytes, X25519 scalar of 32."""
    encapsulated, ciphertext = sealed[:1120], sealed[1120:]
    shared = _decapsulate(secret, encapsulated)
    context = b"\0" + _extract(b"", b"psk_id_hash", b"") + _extract(b"", b"info_hash", info)
    root = _extract(shared, b"secret", b"")
    return aes_gcm_open(_expand(root, b"key", context, 32), _expand(root, b"base_nonce", context, 12), ciphertext, b"")


def aes_gcm_open(key: bytes, nonce: bytes, ciphertext: bytes, associated: bytes) -> bytes:
    """Raises ValueError when the tag does not fit."""
    cipher = AES.new(key, AES.MODE_GCM, nonce=nonce)
    cipher.update(associated)
    return bytes(cipher.decrypt_and_verify(ciphertext[:-16], ciphertext[-16:]))


def seal_key(secret: bytes) -> bytes:
    """The public half of an opening key."""
    encapsulation_key, _ = ML_KEM_768.key_derive(secret[:64])
    return bytes(encapsulation_key) + crypto_scalarmult_base(secret[64:])


def _decapsulate(secret: bytes, encapsulated: bytes) -> bytes:
    _, decapsulation_key = ML_KEM_768.key_derive(secret[:64])
    mlkem_ciphertext, x25519_ciphertext = encapsulated[:1088], encapsulated[1088:]
    parts = (
        ML_KEM_768.decaps(decapsulation_key, mlkem_ciphertext),
        crypto_scalarmult(secret[64:], x25519_ciphertext),
        x25519_ciphertext,
        crypto_scalarmult_base(secret[64:]),
        _XWING_LABEL,
    )
    return hashlib.sha3_256(b"".join(parts)).digest()


def _extract(salt: bytes, label: bytes, material: bytes) -> bytes:
    return hmac.digest(salt, b"HPKE-v1" + _SUITE + label + material, "sha256")


def _expand(key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    data = length.to_bytes(2) + b"HPKE-v1" + _SUITE + label + info
    # Lengths up to one SHA-256 block are all that HPKE's key and nonce need.
    return hmac.digest(key, data + b"\x01", "sha256")[:length]
