"""Who sits at the screen. In memory alone: after a restart everybody signs in again."""

import hmac
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from edge_agent.kiosk.intake import Intake
from edge_agent.kiosk.receipt_reader import ReceiptReader
from edge_agent.staff.desk import Member
from protocol.basis import Language

_VISITORS: Final = 32
"""Cookies remembered of whoever has not signed in: programs of this machine may ask for more and get no harm done."""


@dataclass(slots=True, eq=False)
class Session:
    """One browser's. `member`: None before sign-in; `language`: of the staff's own pages."""

    language: Language
    member: Member | None = None
    used: float = 0.0  # monotonic seconds
    intake: Intake | None = None
    reader: ReceiptReader | None = None
    token: str = field(default_factory=lambda: secrets.token_hex(32))
    form_token: str = field(default_factory=lambda: secrets.token_hex(32))

    def read_receipt(self, reader: ReceiptReader) -> None:
        """Hold a receipt before the camera, in the place of the one before."""
        self.stop_reading()
        self.reader = reader
        reader.open()

    def stop_reading(self) -> None:
        """Close the camera, and forget what was read."""
        if self.reader is not None:
            self.reader.close()
        self.reader = None

    def begin_intake(self, intake: Intake) -> None:
        """In the place of the one before: a page that is still open of that one can send nothing to this one."""
        self.stop_reading()
        self.end_intake()
        self.intake = intake
        self.form_token = secrets.token_hex(32)

    def end_intake(self) -> None:
        """Let go of the intake, and of every picture of it that was not sent."""
        if self.intake is not None:
            self.intake.end()
        self.intake = None

    def owns(self, form_token: str) -> bool:
        """Whether a form with this token came from one of this session's pages."""
        return hmac.compare_digest(self.form_token.encode(), form_token.encode())


class Sessions:
    """All of them, of which one at most is signed in: there is one screen. For one thread."""

    def __init__(self, monotonic: Callable[[], float], *, lock_after: float, language: Language) -> None:
        """`lock_after`: seconds without a touch."""
        self._monotonic = monotonic
        self._lock_after = lock_after
        self._language = language
        self._sessions: dict[str, Session] = {}

    @property
    def active(self) -> Session | None:
        """Of whoever is signed in. May be asked from any thread."""
        return next((one for one in list(self._sessions.values()) if one.member is not None), None)

    def press_shutter(self) -> None:
        """The unit's own button was pressed: as a touch of the screen's. May be called from any thread."""
        session = self.active
        intake = None if session is None else session.intake
        studio = None if intake is None else intake.studio
        if session is not None and studio is not None:
            self.touch(session)
            studio.shoot()

    def find(self, token: str) -> Session | None:
        """The session of a cookie."""
        self.lock_if_idle()
        return self._sessions.get(token)

    def welcome(self) -> Session:
        """A session for somebody who has not signed in, in the language that was used last."""
        visitors = [one for one in self._sessions.values() if one.member is None]
        for oldest in visitors[: max(len(visitors) - _VISITORS + 1, 0)]:
            del self._sessions[oldest.token]
        return self._add(Session(self._language))

    def sign_in(self, visitor: Session, member: Member) -> Session:
        """A new session in the place of the visitor's and of whoever was signed in before."""
        self._sessions.pop(visitor.token, None)
        self._end(one for one in list(self._sessions.values()) if one.member is not None)
        return self._add(Session(visitor.language, member, self._monotonic()))

    def sign_out(self, session: Session) -> None:
        """End it."""
        self._end([session])

    def touch(self, session: Session) -> None:
        """Somebody did something at the screen."""
        session.used = self._monotonic()

    def speak(self, session: Session, language: Language) -> None:
        """Show this session's pages, and the next ones', in this language."""
        session.language = self._language = language

    def seconds_left(self, session: Session) -> float:
        """Until the screen is locked."""
        return max(session.used + self._lock_after - self._monotonic(), 0.0)

    def lock_if_idle(self) -> None:
        """End the signed-in session that nobody has used for too long."""
        self._end(
            one for one in list(self._sessions.values()) if one.member is not None and self.seconds_left(one) == 0.0
        )

    def close(self) -> None:
        """End all."""
        self._end(list(self._sessions.values()))

    def _add(self, session: Session) -> Session:
        self._sessions[session.token] = session
        return session

    def _end(self, sessions: Iterable[Session]) -> None:
        for session in sessions:
            self._sessions.pop(session.token, None)
            session.stop_reading()
            session.end_intake()
