"""A mail server on this machine that keeps what it is given: the demonstration's police desk."""

import email
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from email.policy import default
from typing import Protocol

from faults import MisconfiguredError


class _Envelope(Protocol):
    content: bytes


class Mailbox:
    """Every message that arrived, oldest first."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: _Envelope) -> str:  # noqa: N802
        """Called by the server with each message; its name is the library's."""
        self.messages.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 Kept"


@contextmanager
def mail_server(port: int) -> Iterator[Mailbox]:
    """A mailbox reached by SMTP on a loopback port. Raises MisconfiguredError when its library is missing."""
    try:
        from aiosmtpd.controller import Controller
    except ImportError as error:
        raise MisconfiguredError("The demonstration's mail server is missing: install the extra `demo`.") from error
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
