"""TLS 1.3 contexts with certificates on both sides. Who is on the other side is checked always and everywhere."""

import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cryptography.x509 import load_pem_x509_crl

from credentials.private_files import PrivateFileError, require_private
from faults import UnavailableError

_NO_CHECK_TIME: Final = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME, for which Python has no name."""


class CertificateEndedError(UnavailableError):
    """The other side's certificate has ended."""


def client_context(
    *, authority: Path, certificate: Path, key: Path | bytes, check_period: bool = True
) -> ssl.SSLContext:
    """For a client that proves who it is and trusts `authority` alone (all PEM; `key` a private file or its content).

    `check_period`: False for a machine whose own clock may be wrong: in 1970 no certificate has begun and in 2099 every
    one has ended, and it could never again ask what time it is. It calls `require_unexpired` instead.
    Raises PrivateFileError when a file is missing, open to others or not what it should be.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not check_period:
        context.verify_flags |= _NO_CHECK_TIME
    if isinstance(key, Path):
        return _configure(context, authority, certificate, require_private(key))
    with _in_memory(key) as path:
        return _configure(context, authority, certificate, path)


def server_context(
    *, certificate: Path, key: Path, authority: Path | None = None, revoked: Path | None = None
) -> ssl.SSLContext:
    """For a server; with `authority`, every client must show a certificate of it that is not on the list `revoked`.

    Raises PrivateFileError as `client_context` does.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if authority is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        # A resumed session is not verified again: it would outlive the revocation of its certificate.
        context.num_tickets = 0
    _configure(context, authority, certificate, require_private(key))
    if revoked is not None:
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
        read_revocations(context, revoked)
    return context


def require_unexpired(connection: ssl.SSLSocket | ssl.SSLObject, surely_after: Callable[[int], bool]) -> None:
    """Raises CertificateEndedError when the other side's certificate has surely ended.

    `surely_after` says so of a moment in milliseconds since 1970 UTC. That a certificate has not begun says that one's
    own clock is wrong, as the authority signed it in the past.
    """
    ends = str((connection.getpeercert() or {})["notAfter"])
    if surely_after(ssl.cert_time_to_seconds(ends) * 1000):
        raise CertificateEndedError(f"The other side's certificate ended on {ends}. Run `mca provision renew` for it.")


def read_revocations(context: ssl.SSLContext, revoked: Path) -> None:
    """Let a server that runs believe a newer list of revoked certificates (PEM) for every connection from now on.

    Raises PrivateFileError when the file is missing or not such a list; the list before it stays in force.
    """
    try:
        load_pem_x509_crl(revoked.read_bytes())  # The context takes certificates from such a file too.
        context.load_verify_locations(revoked)
    except (OSError, ValueError) as error:
        raise PrivateFileError(f"The list of revoked certificates {revoked} cannot be used: {error}.") from error


def read_certificate(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    """Let a server that runs show this certificate, such as a renewed one, on every connection from now on.

    Raises PrivateFileError as `client_context` does; the certificate before it stays in use.
    """
    # Tried apart first: OpenSSL puts a certificate into the context before it looks whether the key fits.
    _load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), certificate, require_private(key))
    _load(context, certificate, key)


@contextmanager
def _in_memory(data: bytes) -> Iterator[Path]:
    """A file that is on no disk: OpenSSL's Python binding takes a key from a path alone."""
    descriptor = os.memfd_create("key", os.MFD_CLOEXEC)
    try:
        with os.fdopen(descriptor, "wb", closefd=False) as file:
            file.write(data)
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


def _no_password() -> str:
    return ""


def _configure(context: ssl.SSLContext, authority: Path | None, certificate: Path, key: Path) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    _load(context, certificate, key)
    if authority is not None:
        try:
            context.load_verify_locations(authority)
        except (OSError, ssl.SSLError) as error:
            raise PrivateFileError(f"The certificate {authority} cannot be used: {error}.") from error
    return context


def _load(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    try:
        # An encrypted key is refused. Without this a daemon would ask a terminal for its password, and hang.
        context.load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ssl.SSLError) as error:
        raise PrivateFileError(f"The certificates {certificate} and {key} cannot be used: {error}.") from error
