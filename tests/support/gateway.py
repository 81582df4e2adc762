"""An SMS gateway on loopback that fails in every way a gateway fails."""

import json
import threading
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.serving import Serving


class Mood(Enum):
    """What the gateway does with a message."""

    TAKES = auto()
    GARBAGE = auto()  # It takes the message and answers nonsense.
    BUSY = auto()  # 429, with Retry-After where `asks` holds it
    BROKEN = auto()  # 500
    REFUSES = auto()  # 400: no such number
    SAYS_NO = auto()  # 200, and in the body that it has not
    MOVED = auto()  # 302 to somewhere else
    CLOSES = auto()  # It hangs up without a word.
    SILENT = auto()  # It takes the message and never answers.
    DRIPS = auto()  # It answers one byte at a time, without end, and never says whether it has taken the message.
    TAKES_AND_DRIPS = auto()  # The same after it has said so.


class Gateway(Serving):
    """Keeps the messages that it was given, whatever it answered."""

    def __init__(self, mood: Mood = Mood.TAKES) -> None:
        self.mood = mood
        self.bodies: list[dict[str, object]] = []
        self.taken: list[str] = []
        self.asks: dict[str, str] = {}  # Headers besides, of one that is busy.
        self.given = threading.Event()
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                gateway.handle(self)

            def do_GET(self) -> None:
                gateway.taken.append("followed a redirect")
                self.send_error(404)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        super().__init__(server)
        self.port = server.server_port
        self.url = f"json://127.0.0.1:{self.port}/sms"

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        """One message."""
        body = request.rfile.read(int(request.headers["Content-Length"]))
        self.bodies.append(json.loads(body))
        self.taken.append(str(self.bodies[-1]["message"]))
        self.given.set()
        answer = _ANSWERS.get(self.mood)
        if answer is not None:
            status, headers, text = answer
            request.send_response_only(status)
            for name, value in {**headers, **(self.asks if status == 429 else {})}.items():
                request.send_header(name, value)
            request.send_header("Content-Length", str(len(text)))
            request.end_headers()
            request.wfile.write(text)
        elif self.mood is Mood.CLOSES:
            request.connection.close()
        elif self.mood is Mood.SILENT:
            self.over.wait(120)
        else:
            self._drip(request)

    def _drip(self, request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "1000000")
        if self.mood is Mood.TAKES_AND_DRIPS:
            request.end_headers()
        else:
            request.flush_headers()
            request.wfile.write(b"X-More: ")
        try:
            while not self.over.wait(0.2):
                request.wfile.write(b".")
                request.wfile.flush()
        except OSError:
            return  # The hub has hung up.


_ANSWERS: dict[Mood, tuple[int, dict[str, str], bytes]] = {
    Mood.TAKES: (200, {}, b"{}"),
    Mood.GARBAGE: (200, {"Content-Type": "application/json"}, b"\xff\xfe<html>{"),
    Mood.BUSY: (429, {}, b""),
    Mood.BROKEN: (500, {}, b"oops"),
    Mood.REFUSES: (400, {}, b'{"error": "no such number"}'),
    Mood.SAYS_NO: (200, {"Content-Type": "application/json"}, b'{"status": "FAILED", "error": "no such number"}'),
    Mood.MOVED: (302, {"Location": "/elsewhere"}, b""),
}
