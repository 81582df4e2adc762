"""The console's certificate before a real browser, which trusts the authority and is told to ignore nothing."""

import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from credentials.tls import server_context
from tests.provisioning.commands import init

PAGE = b"<p>The console answers.</p>"


class Page(http.server.BaseHTTPRequestHandler):
    """One page, and silence on the terminal."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name)
        """Say nothing."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return init(tmp_path / "mca", "--hub-host", "localhost")


@pytest.fixture
def console(folder: Path) -> Iterator[int]:
    """The port of an HTTPS server with the console's certificate."""
    tls = folder / "hub" / "tls"
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        context = server_context(certificate=tls / "console.crt", key=tls / "console.key")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def page_in_chromium(url: str, home: Path) -> str:
    """What the browser of a user with this home folder shows."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert chromium is not None, "Chromium is not installed: run scripts/test, which installs it"
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    return subprocess.run(
        [chromium, *options, f"--user-data-dir={home / 'profile'}", "--dump-dom", url],
        env={**os.environ, "HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    ).stdout


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_chromium_that_trusts_the_authority_opens_the_console(
    folder: Path, console: int, host: str, tmp_path: Path
) -> None:
    database, authority = tmp_path / "home" / ".pki" / "nssdb", folder / "authority" / "ca.crt"
    subprocess.run([sys.executable, "-m", "tests.support.browser_trust", database, authority], check=True)
    assert PAGE.decode() in page_in_chromium(f"https://{host}:{console}/", tmp_path / "home")


def test_chromium_of_a_stranger_does_not_open_the_console(console: int, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    assert PAGE.decode() not in page_in_chromium(f"https://localhost:{console}/", tmp_path / "home")
