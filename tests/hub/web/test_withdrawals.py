"""The page of withdrawals: a receipt that is not taken, one person who is enough, or something that is not shown."""

from sqlalchemy import insert

from hub.access.service import Role
from hub.ingest.service import TakenBack
from hub.ingest.store import sightings
from protocol.consent_receipt import withdrawal_of
from protocol.erasure import ErasureRecord
from protocol.ids import UnitId
from protocol.moment import Moment
from protocol.staff import StaffRole
from protocol.withdrawal import withdrawal_code
from tests.hub.web.conftest import MakePerson
from tests.support.desk import SITE, UNIT, Desk

TOKEN = bytes(range(16))
REFERENCE = "7Q2M-FX4K"


def officers(desk: Desk) -> None:
    """Two people who may, and one who may not."""
    for name in ("farida", "tarek"):
        desk.add_operator(name, Role.CASE_OFFICER)
    desk.add_operator("dilip", Role.TECHNICIAN)


def add_sighting(desk: Desk, basis: str = "court-order") -> None:
    """As the intake of messages would have kept it."""
    empty = dict.fromkeys(("envelope_digest", "sealed_basis_reference", "pack_digest"), b"")
    with desk.database.begin() as connection:
        connection.execute(
            insert(sightings).values(
                id="0" * 32,
                unit=UnitId("bd/benapole-1"),
                sequence=1,
                reference=REFERENCE,
                site="bd/benapole",
                captured_at=1,
                received_at=desk.clock(),
                legal_basis=basis,
                age_band="9-12",
                sex="male",
                list_version=1,
                comparable=1,
                frames=1,
                quality={"measures": {}, "warning": None},
                withdrawal=withdrawal_of(TOKEN).hex(),
                **empty,
            )
        )


def test_receipt_is_not_taken_or_its_code_is_shown_again(desk: Desk, person: MakePerson) -> None:
    officers(desk)
    farida = person("farida")
    before = farida.get("/withdrawals").text
    assert "Nobody has taken consent back yet" in before
    code = withdrawal_code(TOKEN)
    wrong = farida.post("/withdrawals", csrf=farida.token("/withdrawals"), receipt=code[:-1])
    assert wrong.status_code == 400
    assert "eight groups of four" in wrong.text
    page = farida.post("/withdrawals", csrf=farida.token("/withdrawals"), receipt=code).text
    for words in ("not known here", "Unit bd/benapole-1", "Database files", "Backups", "Ledger of erasures"):
        assert words in page
    assert code not in page
    assert withdrawal_of(TOKEN).hex() not in page


def test_page_does_not_say_who_took_a_receipt_at_a_unit_or_lets_the_name_be_markup(
    desk: Desk, person: MakePerson
) -> None:
    officers(desk)
    signed = ErasureRecord(withdrawal_of(TOKEN), UNIT, Moment(1, 1, 1), {})
    with desk.database.begin() as connection:
        given = desk.sites.staff.add(connection, SITE, "<b>Ruma</b>", [StaffRole.WITHDRAWAL], actor="tariq")
        taken_back = TakenBack(signed, b"as signed", TOKEN, given.person)
        desk.services.register.intakes.withdrawals.hear(connection, UNIT, 1, taken_back, desk.clock())
    page = person("farida").get("/withdrawals").text
    assert "Receipt taken by: &lt;b&gt;Ruma&lt;/b&gt;" in page
    assert given.person not in page
    assert [entry for entry in desk.audited() if given.person in repr(entry.detail)] == []


def test_page_is_open_to_somebody_who_has_nothing_to_do_with_it(desk: Desk, person: MakePerson) -> None:
    officers(desk)
    assert person("dilip").get("/withdrawals").status_code == 403


def test_one_person_is_enough_to_erase_without_a_receipt(desk: Desk, person: MakePerson) -> None:
    officers(desk)
    add_sighting(desk)
    farida, tarek = person("farida"), person("tarek")
    held = farida.post("/withdrawals", csrf=farida.token("/withdrawals"), receipt=withdrawal_code(TOKEN)).text
    assert "No consent permitted it: two people of the desk decide" in held
    assert REFERENCE in held
    fields = {"csrf": farida.token("/withdrawals"), "reason": "receipt-lost"}
    nobody = farida.post("/withdrawals/requests", reference="0000-0000", **fields)
    assert (nobody.status_code, "No intake with this reference" in nobody.text) == (400, True)
    asked = farida.post("/withdrawals/requests", reference=REFERENCE.lower(), **fields).text
    assert "You have asked for it yourself" in asked
    page = tarek.get("/withdrawals").text
    request = page.partition("/withdrawals/requests/")[2].partition('"')[0]
    own = farida.post(f"/withdrawals/requests/{request}", csrf=farida.token("/withdrawals"), approve="true")
    assert (own.status_code, "another person decides it" in own.text) == (400, True)
    done = tarek.post(f"/withdrawals/requests/{request}", csrf=tarek.token("/withdrawals"), approve="true")
    assert done.ok
    assert "No consent permitted it" not in done.text
    assert "Hub:" in done.text
