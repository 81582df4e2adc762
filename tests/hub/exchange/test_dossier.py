"""The copy for a family opens without its passphrase, lacks something, or leaves no trace."""

import json
from io import BytesIO

import pytest
import pyzipper

from hub.audit.service import AuditAction
from hub.cases.service import Contact, Description
from hub.exchange.service import FileRejectedError, Recipient
from tests.support.cases import add_case, new_case, sample
from tests.support.desk import Desk


def test_copy_lacks_something_or_opens_without_its_passphrase(desk: Desk) -> None:
    case = add_case(desk, new_case("GD 1", "রহিমা"), "obama.jpg")
    exchange = desk.registers.exchange
    passphrase = exchange.new_passphrase()
    with desk.database.begin() as connection:
        file = desk.registers.cases.reader.file(connection, case)
        made = exchange.dossier(connection, file, Recipient.COURT, passphrase, "amina")
    with pyzipper.AESZipFile(BytesIO(made.content)) as archive:
        with pytest.raises(RuntimeError):
            archive.read("case.json")
        archive.setpassword(passphrase.encode())
        assert set(archive.namelist()) == {"case.json", "trail.txt", "photograph-1.jpg"}
        assert json.loads(archive.read("case.json"))["description"]["names"] == ["রহিমা"]
        assert archive.read("photograph-1.jpg") == sample("obama.jpg")
        assert b"case.registered by amina" in archive.read("trail.txt")
    assert "রহিমা".encode() not in made.content
    exported = desk.audited()[-1]
    assert (exported.action, exported.subject, exported.detail["format"]) == (AuditAction.CASE_EXPORTED, case, "court")
    assert passphrase not in str(desk.audited())


@pytest.mark.parametrize(("recipient", "told"), [(Recipient.FAMILY, False), (Recipient.COURT, True)])
def test_family_is_told_who_reported_it(desk: Desk, recipient: Recipient, *, told: bool) -> None:
    description = Description(
        reporter=Contact("A. Neighbour", "", "+8801"), guardians=(Contact("Salma", "mother", ""),)
    )
    case = add_case(desk, new_case(description=description))
    exchange = desk.registers.exchange
    passphrase = exchange.new_passphrase()
    with desk.database.begin() as connection:
        file = desk.registers.cases.reader.file(connection, case)
        made = exchange.dossier(connection, file, recipient, passphrase, "amina")
    with pyzipper.AESZipFile(BytesIO(made.content)) as archive:
        archive.setpassword(passphrase.encode())
        written = archive.read("case.json").decode()
    assert ("A. Neighbour" in written) is ("+8801" in written) is told
    assert "Salma" in written


@pytest.mark.parametrize("passphrase", ["", "1234", "abcde-abcde-abcde-abcde"])
def test_weak_passphrase_is_taken(desk: Desk, passphrase: str) -> None:
    case = add_case(desk, new_case())
    with desk.database.begin() as connection:
        file = desk.registers.cases.reader.file(connection, case)
        with pytest.raises(FileRejectedError):
            desk.registers.exchange.dossier(connection, file, Recipient.FAMILY, passphrase, "amina")


def test_passphrases_repeat(desk: Desk) -> None:
    assert len({desk.registers.exchange.new_passphrase() for _ in range(20)}) == 20
