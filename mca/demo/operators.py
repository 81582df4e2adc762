"""A scripted operator: signs in and answers through the console's pages, as a browser without JavaScript would."""

import base64
import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import requests
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from mca.demo.processes import DemoError

_PARTS: Final = ("face_shape", "hair_line", "brows", "eyes", "nose", "mouth", "ears", "marks")


class _Page(HTMLParser):
    """The hidden fields and the forms of a page, and the secret that it shows to set up a second factor."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.actions: list[str] = []
        self.secret = ""
        self._in_secret = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "input" and attributes.get("type") == "hidden":
            self.fields[attributes["name"]] = attributes.get("value", "")
        elif tag == "form":
            self.actions.append(attributes.get("action", ""))
        self._in_secret = attributes.get("id") == "secret"

    def handle_data(self, data: str) -> None:
        if self._in_secret:
            self.secret, self._in_secret = data, False


@dataclass
class Operator:
    """One person at the console, with a session of their own."""

    name: str
    console: str
    authority: Path
    _session: requests.Session = field(default_factory=requests.Session)

    def sign_in(self, password: str) -> None:
        """For the first time: set up a second factor as a person with a phone would. Raises DemoError."""
        page = self._post(self._get("/sign-in"), "/sign-in", {"name": self.name, "password": password})
        code = _authenticator(_Page(page.text).secret)
        self._post(page, "/sign-in/second-factor", {"code": code})

    def reviews(self) -> list[str]:
        """The paths of the reviews in the queue, as the queue shows them."""
        actions = _Page(self._get("/").text).actions
        return [action.removesuffix("/claim") for action in actions if action.endswith("/claim")]

    def answer(self, review: str, answer: str) -> None:
        """Take the review, look at both faces, find every part similar, and answer. Raises DemoError."""
        page = self._post(self._get(review), f"{review}/claim", {})
        for face in ("intake", "case"):
            self._get(f"{review}/faces/{face}.jpg")
        self._post(page, f"{review}/answer", {"answer": answer, **dict.fromkeys(_PARTS, "similar")})

    def _get(self, path: str) -> requests.Response:
        return self._checked(self._session.get(self.console + path, verify=str(self.authority), timeout=30))

    def _post(self, page: requests.Response, action: str, values: dict[str, str]) -> requests.Response:
        hidden = _Page(page.text).fields
        return self._checked(
            self._session.post(self.console + action, data=hidden | values, verify=str(self.authority), timeout=30)
        )

    def _checked(self, response: requests.Response) -> requests.Response:
        if not response.ok:
            raise DemoError(f"The console answered {response.status_code} to {self.name} at {response.url}.")
        return response


def _authenticator(secret: str) -> str:
    """What the person's phone would show now for the secret of the set-up page."""
    key = base64.b32decode(secret.replace(" ", ""))
    return TOTP(key, 6, SHA1(), 30).generate(int(time.time())).decode("ascii")  # noqa: S303 - as RFC 6238 has it
