"""Let Chromium trust an authority: `python -m tests.support.browser_trust DATABASE CERTIFICATE`.

Chromium on Linux asks the user's NSS database, ~/.pki/nssdb. NSS keeps one database per process and is
never quite shut down, so that this runs as a process of its own. Debian's certutil does the same.
"""

import ctypes
import sys
from pathlib import Path


class _Trust(ctypes.Structure):
    _fields_ = (("ssl", ctypes.c_uint), ("email", ctypes.c_uint), ("objects", ctypes.c_uint))


def trust(database: Path, certificate: Path) -> None:
    """Make an NSS database that trusts the PEM `certificate` to name servers. Raises OSError."""
    database.mkdir(parents=True)
    pem = certificate.read_bytes()
    nss, smime = ctypes.CDLL("libnss3.so"), ctypes.CDLL("libsmime3.so")
    for function in (nss.PK11_GetInternalKeySlot, nss.CERT_GetDefaultCertDB, smime.CERT_DecodeCertFromPackage):
        function.restype = ctypes.c_void_p
    _require(nss.NSS_InitReadWrite(f"sql:{database}".encode()))
    slot = ctypes.c_void_p(nss.PK11_GetInternalKeySlot())
    _require(nss.PK11_InitPin(slot, None, b""))
    authority = ctypes.c_void_p(smime.CERT_DecodeCertFromPackage(pem, len(pem)))
    _require(nss.PK11_ImportCert(slot, authority, ctypes.c_ulong(0), b"authority", 0))
    flags = _Trust()
    _require(nss.CERT_DecodeTrustString(ctypes.byref(flags), b"C,,"))
    _require(nss.CERT_ChangeCertTrust(ctypes.c_void_p(nss.CERT_GetDefaultCertDB()), authority, ctypes.byref(flags)))


def _require(status: int) -> None:
    if status != 0:
        raise OSError("NSS refused.")


if __name__ == "__main__":
    trust(Path(sys.argv[1]), Path(sys.argv[2]))
