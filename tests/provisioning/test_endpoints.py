"""Hosts and ports: what a peer could dial, and where a service listens for it."""

import pytest

from provisioning.endpoints import parse_endpoint
from provisioning.errors import InvalidAddressError


@pytest.mark.parametrize(
    ("host", "listen", "local", "url"),
    [
        ("127.0.0.1", "127.0.0.1", "127.0.0.1", "https://127.0.0.1:8443"),
        ("localhost", "127.0.0.1", "127.0.0.1", "https://localhost:8443"),
        ("::1", "::1", "::1", "https://[::1]:8443"),
        ("192.0.2.7", "0.0.0.0", "127.0.0.1", "https://192.0.2.7:8443"),
        ("2001:DB8:0::7", "::", "::1", "https://[2001:db8::7]:8443"),
        ("Hub.Example.org", "0.0.0.0", "127.0.0.1", "https://hub.example.org:8443"),
    ],
)
def test_loopback_stays_on_the_machine_and_others_can_be_dialled(host: str, listen: str, local: str, url: str) -> None:
    endpoint = parse_endpoint(host, 8443)
    assert (endpoint.listen_address, endpoint.local_address, endpoint.url) == (listen, local, url)


@pytest.mark.parametrize(
    "host",
    [
        *("", " ", "a b", "https://hub", "hub/", "hub:8443", "hub.", ".hub", "-hub", "hub_1", "192.0.2", "192.0.2.300"),
        *("fe80::1%eth0", 'hub"', "hub\n", "hub\nlistener 1", "$hub", "é.example.org", "a." * 127 + "aa"),
    ],
)
def test_host_that_could_not_be_dialled_or_would_break_a_settings_file_is_refused(host: str) -> None:
    with pytest.raises(InvalidAddressError, match="neither a host's name nor an IP address"):
        parse_endpoint(host, 8443)


@pytest.mark.parametrize("port", [-1, 0, 65536])
def test_port_out_of_range_is_refused(port: int) -> None:
    with pytest.raises(InvalidAddressError, match="65535"):
        parse_endpoint("localhost", port)
