"""Where a service listens, and where its peers find it."""

import ipaddress
import re
from dataclasses import dataclass

from provisioning.errors import InvalidAddressError

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# A last label of digits alone would be a mistyped IPv4 address.
_DNS_NAME = re.compile(rf"(?:{_LABEL}\.)*(?![0-9]+$){_LABEL}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host as its peers write it, and a TCP port."""

    host: str
    port: int

    @property
    def listen_address(self) -> str:
        """The address to listen on.

        A loopback host stays on this machine. Any other may be a router's or a name that only peers
        resolve, so the service listens on all addresses of the host's family.
        """
        if self.host == "localhost":
            return "127.0.0.1"
        address = ip_address(self.host)
        if address is not None and address.is_loopback:
            return self.host
        return "::" if address is not None and address.version == 6 else "0.0.0.0"  # noqa: S104 (see above)

    @property
    def local_address(self) -> str:
        """Where a program on the same machine finds the service."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.listen_address, self.listen_address)  # noqa: S104

    @property
    def url(self) -> str:
        """`https://host:port`, as a browser types it."""
        address = ip_address(self.host)
        host = f"[{self.host}]" if address is not None and address.version == 6 else self.host
        return f"https://{host}:{self.port}"


def parse_endpoint(host: str, port: int) -> Endpoint:
    """An endpoint whose host is a DNS name or an IP address. Raises InvalidAddressError."""
    if not 1 <= port <= 65535:
        raise InvalidAddressError(f"{port} is not a port: use a number from 1 to 65535.")
    address = ip_address(host)
    if address is not None:
        return Endpoint(str(address), port)
    name = host.lower()
    if len(name) > 253 or not _DNS_NAME.fullmatch(name):
        raise InvalidAddressError(
            f"{host[:80]!r} is neither a host's name nor an IP address: write it without https:// and port, "
            "such as hub.example.org or 192.0.2.7."
        )
    return Endpoint(name, port)


def ip_address(host: str) -> IpAddress | None:
    """The host as an address, or None when it is a name. An IPv6 zone is not an address that a peer could share."""
    try:
        return ipaddress.ip_address(host) if "%" not in host else None
    except ValueError:
        return None
