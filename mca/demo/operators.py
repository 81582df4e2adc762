"""A scripted operator: signs in and answers through the console's pages, as a browser without JavaScript would."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import requests

from mca.demo.processes import DemoError


class _Page(HTMLParser):
    """The hidden fields and the links of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "input" and attributes.get("type") == "hidden":
            self.fields[attributes["name"]] = attributes.get("value", "")
        elif tag == "a":
            self.links.append(attributes.get("href", ""))


@dataclass
class Operator:
    """One person at the console, with a session of their own."""

    name: str
    console: str
    authority: Path
    _session: requests.Session = field(default_factory=requests.Session)

    def sign_in(self, password: str) -> None:
        """Raises DemoError."""
        self._post("/sign-in", "/sign-in", {"name": self.name, "password": password})

    def reviews(self) -> list[str]:
        """The paths of the reviews in the queue, as the queue shows them."""
        links = _Page(self._get("/").text).links
        return list(dict.fromkeys(link for link in links if link.startswith("/reviews/")))

    def answer(self, review: str, answer: str) -> None:
        """Look at both faces and answer. Raises DemoError."""
        for face in ("intake", "case"):
            self._get(f"{review}/faces/{face}.jpg")
        self._post(review, f"{review}/answer", {"answer": answer})

    def _get(self, path: str) -> requests.Response:
        return self._checked(self._session.get(self.console + path, verify=str(self.authority), timeout=30))

    def _post(self, form: str, action: str, values: dict[str, str]) -> None:
        hidden = _Page(self._get(form).text).fields
        self._checked(
            self._session.post(self.console + action, data=hidden | values, verify=str(self.authority), timeout=30)
        )

    def _checked(self, response: requests.Response) -> requests.Response:
        if not response.ok:
            raise DemoError(f"The console answered {response.status_code} to {self.name} at {response.url}.")
        return response
