"""The register leaves the console with other sites' cases, or unproven; saving a case's form loses what it had."""

from hub.access.service import Role
from hub.audit.service import AuditAction
from hub.cases.service import Contact, Description
from hub.sites import Sites
from protocol.ids import CaseId, SiteId
from tests.hub.web.conftest import MakePerson
from tests.support.cases import add_case, new_case
from tests.support.desk import MINUTE, SITE, Desk

OTHER = SiteId("bd/other")


def contacts(desk: Desk, case: CaseId) -> tuple[Contact, ...]:
    with desk.database.read() as connection:
        return desk.registers.cases.reader.file(connection, case).description.guardians


def test_register_is_exported_for_other_sites_or_without_a_new_proof(desk: Desk, person: MakePerson) -> None:
    desk.add_operator("rekha", Role.CASE_OFFICER, sites=Sites(frozenset({SITE})))
    own = add_case(desk, new_case("GD 1", site=SITE))
    add_case(desk, new_case("GD 2", site=OTHER))
    rekha = person("rekha")
    token = rekha.token("/cases")
    assert "Export these as CSV" in rekha.get("/cases").text
    sent = rekha.post("/export-cases", csrf=token, state="open", kind="", text="", site="")
    assert sent.headers["content-type"].startswith("text/csv")
    assert ("GD 1" in sent.text, "GD 2" in sent.text) == (True, False)
    (noted,) = [entry for entry in desk.audited() if entry.action is AuditAction.CASE_EXPORTED]
    assert (noted.subject, noted.actor) == (own, "rekha")
    desk.clock.now += 6 * MINUTE
    later = rekha.post("/export-cases", csrf=token, state="open")
    assert "GD 1" not in later.text
    assert desk.actions().count(AuditAction.CASE_EXPORTED) == 1


def test_reviewer_exports_the_register(desk: Desk, person: MakePerson) -> None:
    amina = person("amina")
    assert amina.post("/export-cases", csrf=amina.token("/account")).status_code == 403


def test_form_of_a_case_keeps_one_guardian_of_several(desk: Desk, person: MakePerson) -> None:
    desk.add_operator("rekha", Role.CASE_OFFICER)
    both = (Contact("Amina Begum", "mother"), Contact("Karim", "uncle", "+880 1711"))
    case = add_case(desk, new_case(site=SITE, description=Description(guardians=both)))
    rekha = person("rekha")
    page = rekha.get(f"/cases/{case}/change").text
    assert all(f'name="guardian{which}_name"' in page for which in ("", "_2", "_3"))
    with desk.database.read() as connection:
        exchange = desk.registers.exchange
        cells = exchange.as_form(desk.registers.cases.reader.file(connection, case))
    token = rekha.token(f"/cases/{case}/change")
    saved = rekha.post(f"/cases/{case}/change", **cells | {"csrf": token, "guardian_3_name": "Salma"})
    assert saved.ok
    assert contacts(desk, case) == (*both, Contact("Salma"))
