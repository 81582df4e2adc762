"""The private file of recipients."""

from pathlib import Path

import pytest

from credentials.private_files import PrivateFileError, write_private
from hub.dispatch.addresses import parse_address
from hub.dispatch.errors import AddressError, RecipientsError
from hub.dispatch.recipients import Witness, load_witnesses

# Apprise's e-mail service brings a library that warns of its own age when it is first loaded.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

MAIL = "mailtos://hub:{password}@smtp.example.org/?from=hub@desk.example&to={to}"


def load(folder: Path, *lines: str) -> list[Witness]:
    path = folder / "recipients"
    write_private(path, "\n".join(lines).encode())
    return load_witnesses(path)


def test_no_file_means_no_recipients() -> None:
    assert load_witnesses(None) == []


def test_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "recipients"
    path.write_text(MAIL.format(password="x", to="desk@police.example"))
    path.chmod(0o644)
    with pytest.raises(PrivateFileError):
        load_witnesses(path)


def test_comments_and_empty_lines_are_passed_over(tmp_path: Path) -> None:
    assert len(load(tmp_path, "# the desk", "", f"  {MAIL.format(password='x', to='desk@police.example')}  ")) == 1


def test_line_that_is_no_address_is_named_by_number_and_never_quoted(tmp_path: Path) -> None:
    with pytest.raises(RecipientsError) as refused:
        load(tmp_path, "# first", "hunter2-secret://nobody:hunter2@nowhere")
    assert "Line 2" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_same_recipient_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipientsError, match="Line 2"):
        load(tmp_path, *(MAIL.format(password=password, to="desk@police.example") for password in ("a", "b")))


def test_changed_password_keeps_waiting_deliveries(tmp_path: Path) -> None:
    (before,) = load(tmp_path, MAIL.format(password="wrong", to="desk@police.example"))
    (after,) = load(tmp_path, MAIL.format(password="right", to="desk@police.example"))
    (other,) = load(tmp_path, MAIL.format(password="right", to="board@welfare.example"))
    assert before.key == after.key != other.key


@pytest.mark.parametrize(
    "line",
    [
        "mailto://hub:secret@smtp.example.org/?from=hub@desk.example&to=desk@police.example",
        "mailtos://hub:secret@smtp.example.org/?from=hub@desk.example&to=desk@police.example&mode=insecure",
        "mailtos://hub:secret@smtp.example.org/?from=hub@desk.example&to=desk@police.example&verify=no",
        "json://gateway.example.org/alerts",
        "jsons://gateway.example.org/alerts?verify=no",
    ],
)
def test_address_that_would_send_without_checked_encryption_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(RecipientsError, match="encryption") as refused:
        load(tmp_path, line)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "line",
    [
        "mailto://127.0.0.1:2525/?from=hub@desk.example&to=desk@police.example",
        "mailto://localhost:2525/?from=hub@desk.example&to=desk@police.example",
        "jsons://gateway.example.org/alerts",
        "tgram://123456789:abcdefg_hijklmnop/12315544",
    ],
)
def test_encrypted_address_or_relay_on_this_machine_is_taken(tmp_path: Path, line: str) -> None:
    assert len(load(tmp_path, line)) == 1


def test_label_and_identity_hold_no_secret() -> None:
    one = parse_address("tgram://123456789:abcdefg_hijklmnop/12315544")
    assert one.label == "Telegram"
    assert "abcdefg" not in one.identity + one.label


@pytest.mark.parametrize(
    "line",
    ["syslog://", "dbus://", "discord://4174216298/abcdefghijklmnop", "mastodons://token@example.org", "file:///x"],
)
def test_address_that_publishes_or_shows_an_alert_is_refused(line: str) -> None:
    with pytest.raises(AddressError):
        parse_address(line)
