"""What watches over the process asks without an account, and learns nothing but yes or no."""

from pathlib import Path

from hub.web import build_console
from tests.support.console import ConsoleServer
from tests.support.desk import Desk


def test_health_needs_no_sign_in_and_says_nothing(desk: Desk, tmp_path: Path) -> None:
    with ConsoleServer(build_console(desk.services), tmp_path) as console, console.person() as watcher:
        for path in ("/health/live", "/health/ready"):
            answer = watcher.get(path)
            assert (answer.status_code, answer.content, answer.cookies.get_dict()) == (204, b"", {})


def test_hub_whose_database_is_away_lives_and_is_not_ready(desk: Desk, tmp_path: Path) -> None:
    with ConsoleServer(build_console(desk.services), tmp_path) as console, console.person() as watcher:
        desk.database.close()
        for leftover in tmp_path.glob("hub.sqlite3*"):
            leftover.unlink()
        (tmp_path / "hub.sqlite3").mkdir()
        assert watcher.get("/health/live").status_code == 204
        answer = watcher.get("/health/ready")
        assert (answer.status_code, answer.content) == (503, b"")
