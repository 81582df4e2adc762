"""A real SMTP server on loopback that can be shut, opened again, and told to refuse."""

import ssl
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.broker import free_port


@dataclass
class MailServer:
    """Keeps what it took. With `context` it takes mail only after STARTTLS."""

    context: ssl.SSLContext | None = None
    refuse: bool = False
    taken: list[EmailMessage] = field(default_factory=list)
    port: int = field(default_factory=free_port)
    _controller: Controller | None = None

    @property
    def url(self) -> str:
        """For the file of recipients, without the part that names the recipient."""
        return f"mailto://127.0.0.1:{self.port}/?from=hub@desk.example&to="

    def open(self) -> None:
        """Begin to listen."""
        self._controller = _Controller(self)
        self._controller.start()

    def shut(self) -> None:
        """Stop listening; what was taken stays."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shut()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        """Called by the server for each message."""
        if self.refuse:
            return "451 Try again later"
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.taken.append(message)
        return "250 OK"


class _Controller(Controller):
    def __init__(self, mail: MailServer) -> None:
        super().__init__(mail, hostname="127.0.0.1", port=mail.port)
        self._mail = mail

    def factory(self) -> SMTP:
        """One server for each connection."""
        context = self._mail.context
        return SMTP(self._mail, hostname="mail", tls_context=context, require_starttls=context is not None)
