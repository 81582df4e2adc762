"""A key in the TPM's own memory: neither the disk nor the TPM alone gives it, and destroying it leaves nothing.

The key lies in a TPM's non-volatile index under 32 random bytes of authorisation, which lie in a file; with `pcrs`
it is given only after the same boot as when it was sealed. It is not a sealed blob on the disk, because flash keeps
old blocks: an index that the TPM has overwritten and given up opens from no copy of the disk, however old.

What goes to and from the chip is encrypted (a salted session), so that it cannot be read on the board's wires.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from credentials.keystore.erasure import erase, read_existing, write_new
from credentials.keystore.protocol import KEY_BYTES, KeyStoreError, destroyed, require_key
from credentials.private_files import PrivateFileError

# In the range that the TCG leaves to a machine's owner (0x01800000 to 0x01bfffff).
DEFAULT_INDEX: Final = 0x0180_4D43
_POLICY_FAILED: Final = 0x99D  # TPM_RC_POLICY_FAIL in session 1
_AUTH_FAILED: Final = 0x9A2  # TPM_RC_BAD_AUTH in session 1


class TpmKeyStore:
    """One index of the machine's TPM 2.0."""

    def __init__(
        self, path: Path, *, tcti: str | None = None, pcrs: str | None = None, index: int = DEFAULT_INDEX
    ) -> None:
        """`path`: the file of the authorisation. `tcti`: how the TPM is reached; None tries the usual ways.

        `pcrs`: registers of the measured boot such as "sha256:7"; None on boards that measure nothing.
        Raises KeyStoreError when the package tpm2-pytss or its libraries are not installed.
        """
        self._path = path
        self._tcti = tcti
        self._pcrs = pcrs
        self._index = index
        self._tpm = _load()

    @property
    def weakness(self) -> str | None:
        if self._pcrs is not None:
            return None
        return "The TPM gives the vault's key to any system that starts here: set `pcrs` where the boot is measured."

    def seal(self, key: bytes) -> None:
        require_key(key)
        with self._connect() as (context, session):
            self._clear_unfinished(context, session)
            authorisation = secrets.token_bytes(KEY_BYTES)
            write_new(self._path, authorisation.hex().encode())
            public = self._tpm.TPM2B_NV_PUBLIC(nvPublic=self._describe(context))
            handle = context.nv_define_space(authorisation, public, session1=session)
            context.nv_write(handle, key, session1=session)

    def unseal(self) -> bytes:
        authorisation = self._authorisation()
        with self._connect() as (context, session):
            if not self._exists(context):
                raise destroyed(f"The TPM's index {self._index:#x}")
            handle = context.tr_from_tpmpublic(self._index)
            context.tr_set_auth(handle, authorisation)
            if self._pcrs is None:
                return require_key(bytes(context.nv_read(handle, KEY_BYTES, session1=session)))
            with self._policy(context, self._tpm.TPM2_SE.POLICY) as policy:
                return require_key(bytes(context.nv_read(handle, KEY_BYTES, session1=policy)))

    def zeroise(self) -> None:
        """The TPM first: without it the file opens nothing."""
        with self._connect() as (context, session):
            if self._exists(context):
                handle = context.tr_from_tpmpublic(self._index)
                # Without the file, or with a wrong one, the owner's right to give the index up is enough.
                with suppress(KeyStoreError, PrivateFileError, self._tpm.TSS2_Exception):
                    context.tr_set_auth(handle, self._authorisation())
                    context.nv_write(handle, bytes(KEY_BYTES), session1=session)
                context.nv_undefine_space(handle, session1=session)
        erase(self._path)

    def _clear_unfinished(self, context: Any, session: Any) -> None:
        """Take away what a power cut left of an earlier `seal`. Raises KeyStoreError when that one was finished."""
        if self._exists(context):
            handle = context.tr_from_tpmpublic(self._index)
            public, _ = context.nv_read_public(handle)
            if public.nvPublic.attributes & self._tpm.TPMA_NV.WRITTEN:
                raise KeyStoreError(f"The TPM holds a key already at index {self._index:#x}: it is not overwritten.")
            context.nv_undefine_space(handle, session1=session)
        erase(self._path)

    def _authorisation(self) -> bytes:
        try:
            return require_key(bytes.fromhex(read_existing(self._path).decode("ascii")))
        except ValueError:
            raise KeyStoreError(f"{self._path} is damaged. Provision this unit anew.") from None

    def _describe(self, context: Any) -> Any:
        tpm = self._tpm
        reading, policy = tpm.TPMA_NV.AUTHREAD, b""
        if self._pcrs is not None:
            reading = tpm.TPMA_NV.POLICYREAD
            with self._policy(context, tpm.TPM2_SE.TRIAL) as trial:
                policy = bytes(context.policy_get_digest(trial))
        return tpm.TPMS_NV_PUBLIC(
            nvIndex=self._index,
            nameAlg=tpm.TPM2_ALG.SHA256,
            # Nobody guesses 256 bits: wrong tries must not lock the machine's TPM for others (NO_DA).
            attributes=reading | tpm.TPMA_NV.AUTHWRITE | tpm.TPMA_NV.NO_DA,
            authPolicy=policy,
            dataSize=KEY_BYTES,
        )

    def _exists(self, context: Any) -> bool:
        _, found = context.get_capability(self._tpm.TPM2_CAP.HANDLES, self._index, 1)
        return self._index in list(found.data.handles)

    @contextmanager
    def _connect(self) -> Iterator[tuple[Any, Any]]:
        """A connection and a salted session for one operation. Turns the TPM's errors into KeyStoreError."""
        try:
            with self._tpm.ESAPI(self._tcti) as context:
                primary = context.create_primary(None, "ecc")[0]
                try:
                    with self._session(context, primary, self._tpm.TPM2_SE.HMAC) as session:
                        yield context, session
                finally:
                    context.flush_context(primary)
        except self._tpm.TSS2_Exception as error:
            raise _explain(error.rc, str(error)) from None

    @contextmanager
    def _policy(self, context: Any, kind: Any) -> Iterator[Any]:
        """A session that is allowed what the index asks for: this boot, and the authorisation."""
        primary = context.create_primary(None, "ecc")[0]
        try:
            with self._session(context, primary, kind) as session:
                context.policy_pcr(session, b"", self._pcrs)
                context.policy_auth_value(session)
                yield session
        finally:
            context.flush_context(primary)

    @contextmanager
    def _session(self, context: Any, primary: Any, kind: Any) -> Iterator[Any]:
        tpm = self._tpm
        session = context.start_auth_session(
            tpm_key=primary,
            bind=tpm.ESYS_TR.NONE,
            session_type=kind,
            symmetric="aes128cfb",
            auth_hash=tpm.TPM2_ALG.SHA256,
        )
        try:
            both_ways = tpm.TPMA_SESSION.DECRYPT | tpm.TPMA_SESSION.ENCRYPT
            context.trsess_set_attributes(session, both_ways | tpm.TPMA_SESSION.CONTINUESESSION)
            yield session
        finally:
            context.flush_context(session)


def _load() -> ModuleType:
    try:
        return import_module("tpm2_pytss")
    except (ImportError, OSError, RuntimeError):
        raise KeyStoreError(
            "The TPM's libraries are not installed. Run: apt install libtss2-esys-3.0.2-0 libtss2-tctildr0 - "
            "and install this project with its extra `tpm`."
        ) from None


def _explain(code: int, reason: str) -> KeyStoreError:
    if code == _POLICY_FAILED:
        return KeyStoreError(
            "The TPM does not give the key: this machine started with other firmware or another system than when the "
            "key was sealed. Start the one before, or provision this unit anew."
        )
    if code == _AUTH_FAILED:
        return KeyStoreError("The TPM does not give the key: this disk belongs to another machine. Provision it anew.")
    return KeyStoreError(f"The TPM cannot be used: {reason}. Look whether it is there and free.")
