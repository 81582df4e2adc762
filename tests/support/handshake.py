"""A TLS handshake in memory: what two contexts say of each other, without a socket."""

import ssl


def meet(client: ssl.SSLContext, server: ssl.SSLContext, host: str) -> ssl.SSLObject:
    """The client's side of a finished handshake. Raises ssl.SSLError of whoever refuses."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    mine = client.wrap_bio(to_client, to_server, server_hostname=host)
    sides = [mine, server.wrap_bio(to_server, to_client, server_side=True)]
    while sides:
        for side in list(sides):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            sides.remove(side)
    return mine


def handshake(client: ssl.SSLContext, server: ssl.SSLContext, host: str) -> str:
    """The version that a client and a server agree on. Raises as `meet` does."""
    version = meet(client, server, host).version()
    assert version is not None
    return version
