"""The console over real HTTPS on a free port, and people who use it with an ordinary HTTP client."""

import re
import ssl
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

import requests
import trustme
from starlette.types import ASGIApp
from uvicorn import Config, Server

from hub.review.checklist import Feature
from tests.support.desk import PASSWORD

CHECKLIST = {feature.name.lower(): "similar" for feature in Feature}
_CSRF = re.compile(r'name="csrf" value="([0-9a-f]{64})"')


class ConsoleServer:
    """Serves an application until the block ends."""

    def __init__(self, app: ASGIApp, folder: Path, port: int = 0) -> None:
        authority = trustme.CA()
        self.authority = folder / "console-ca.pem"
        authority.cert_pem.write_to_path(str(self.authority))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        config = Config(
            app,
            host="127.0.0.1",
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=2,
            ssl_context_factory=lambda _config, _default: context,
        )
        self._socket = config.bind_socket()
        self._server = Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],))
        self.url = f"https://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        # The socket listens already: a client that comes before the server has started waits in its queue.
        self._socket.listen(64)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def person(self) -> "Person":
        """Someone who has opened the console and not signed in."""
        return Person(self.url, self.authority)


class Person:
    """One browser's worth of cookies."""

    def __init__(self, url: str, authority: Path) -> None:
        self.url = url
        self.session = requests.Session()
        # The environment of a machine may name an authority or a proxy of its own.
        self.session.trust_env = False
        self.session.verify = str(authority)
        # A connection that is kept open would have to be waited for when the server ends.
        self.session.headers["Connection"] = "close"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def get(self, path: str) -> requests.Response:
        """A page, after any redirects."""
        return self.session.get(self.url + path, timeout=60)

    def post(self, path: str, **fields: str) -> requests.Response:
        """A form as it stands, after any redirects."""
        return self.session.post(self.url + path, data=fields, timeout=60)

    def token(self, path: str) -> str:
        """The token of the forms on a page."""
        found = _CSRF.search(self.get(path).text)
        assert found, f"no form on {path}"
        return found.group(1)

    def sign_in(self, name: str, password: str = PASSWORD) -> requests.Response:
        """Through the sign-in page."""
        return self.post("/sign-in", csrf=self.token("/sign-in"), name=name, password=password)

    def take(self, review: str) -> requests.Response:
        """Begin with a review, through its page."""
        page = f"/reviews/{review}"
        return self.post(f"{page}/claim", csrf=self.token("/account"))

    def first_event(self) -> bytes:
        """What the live queue says first."""
        with self.session.get(self.url + "/queue/events", stream=True, timeout=60) as stream:
            received = b""
            for chunk in stream.iter_content(None):
                received += chunk
                if b"event:" in received:
                    break
            return str(sorted(stream.headers.items())).encode() + received

    def answer(self, review: str, answer: str, comment: str = "", **fields: str) -> requests.Response:
        """Take the review and answer with a complete checklist."""
        token = re.findall(_CSRF, self.take(review).text)[0]
        said = {**CHECKLIST, "comment": comment, **fields}
        return self.post(f"/reviews/{review}/answer", csrf=token, answer=answer, **said)
