"""A TLS handshake in memory: what two contexts say of each other, without a socket."""

import ssl


def handshake(client: ssl.SSLContext, server: ssl.SSLContext, host: str) -> str:
    """The version that a client and a server agree on. Raises ssl.SSLError of whoever refuses."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [
        client.wrap_bio(to_client, to_server, server_hostname=host),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    while sides:
        for side in list(sides):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            sides.remove(side)
            version = side.version()
    assert version is not None
    return version
