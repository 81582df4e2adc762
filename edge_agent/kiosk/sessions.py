"""Who sits at the screen. In memory alone: after a restart everybody signs in again."""

import hmac
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from edge_agent.kiosk.staff import Member
from protocol.basis import Language

_VISITORS: Final = 32
"""Cookies remembered of whoever has not signed in: programs of this machine may ask for more and get no harm done."""


@dataclass(slots=True, eq=False)
class Session:
    """One browser's. `member`: None before sign-in; `language`: of the staff's own pages."""

    language: Language
    member: Member | None = None
    used: float = 0.0  # monotonic seconds
    token: str = field(default_factory=lambda: secrets.token_hex(32))
    form_token: str = field(default_factory=lambda: secrets.token_hex(32))

    def owns(self, form_token: str) -> bool:
        """Whether a form with this token came from one of this session's pages."""
        return hmac.compare_digest(self.form_token.encode(), form_token.encode())


class Sessions:
    """All of them, of which one at most is signed in: there is one screen. For one thread."""

    def __init__(
        self, monotonic: Callable[[], float], *, lock_after: float, ended: Callable[[Session], None], language: Language
    ) -> None:
        """`lock_after`: seconds without a touch. `ended` is told of each signed-in session that is over."""
        self._monotonic = monotonic
        self._lock_after = lock_after
        self._ended = ended
        self._language = language
        self._sessions: dict[str, Session] = {}

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
            if self._sessions.pop(session.token, None) is not None and session.member is not None:
                self._ended(session)
