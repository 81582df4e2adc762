"""An administrator who drops the triggers: what is found with what the hub keeps, and what from outside alone."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hub.audit.head import Head, sign_head
from hub.audit.model import AuditAction, AuditEntry
from hub.audit.service import AuditLog, HeadError, TrailBrokenError, entries
from protocol.ids import HubId
from tests.hub.audit.trail import IDENTITY, OTHER_IDENTITY, Administrator, Trail

INVENTED = AuditEntry(AuditAction.CASE_LOCATED, "bimal", "bd/c-3", 1_795_341_600_000)


# An attack whose statements differ, or whose finding could, between the two kinds of database.
on_both = pytest.mark.usefixtures("database_url")


@pytest.fixture
def trail(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Trail]:
    """Seven entries under one head, five more under a second, and two that no head covers yet."""
    url = request.getfixturevalue("database_url") if "database_url" in request.fixturenames else None
    trail = Trail(tmp_path, url)
    trail.write(7)
    trail.sign()
    trail.write(5)
    trail.sign()
    trail.write(2)
    yield trail
    trail.database.close()


@pytest.fixture
def administrator(trail: Trail) -> Administrator:
    return Administrator(trail.url)


def written(trail: Trail) -> list[AuditEntry]:
    with trail.database.read() as connection:
        return entries(connection)


def newest_note(administrator: Administrator) -> str:
    return str(administrator.ask("SELECT note FROM audit_heads ORDER BY size DESC LIMIT 1")[0][0])


@on_both
def test_untouched_trail_is_not_suspected(trail: Trail) -> None:
    found = trail.verify(trail.sign())
    assert (found.size, found.signed, found.findings) == (14, 14, ())


def test_empty_trail_is_not_suspected(tmp_path: Path) -> None:
    trail = Trail(tmp_path)
    found = trail.verify(trail.sign())
    assert (found.size, found.signed, found.findings) == (0, 0, ())


@on_both
def test_edited_entry_is_named(trail: Trail, administrator: Administrator) -> None:
    data = replace(written(trail)[4], actor="nobody").to_bytes()
    administrator.do("UPDATE audit_entries SET entry = :data WHERE position = 5", data=data)
    assert trail.verify().findings == ("Entry 5 was changed after it was written.",)


@on_both
def test_entry_hidden_under_another_subject_is_named(trail: Trail, administrator: Administrator) -> None:
    administrator.do("UPDATE audit_entries SET subject = 'bd/c-9' WHERE position = 5")
    assert trail.verify().findings == ("Entry 5 is listed under another subject than its own.",)


@on_both
@pytest.mark.parametrize("position", [1, 14])
def test_removed_entry_is_named(trail: Trail, administrator: Administrator, position: int) -> None:
    administrator.do(f"DELETE FROM audit_entries WHERE position = {position}")
    assert trail.verify().findings == (f"Entry {position} was removed.",)


@on_both
def test_entries_that_change_places_are_named(trail: Trail, administrator: Administrator) -> None:
    administrator.do(
        "UPDATE audit_entries SET position = 99 WHERE position = 2",
        "UPDATE audit_entries SET position = 2 WHERE position = 3",
        "UPDATE audit_entries SET position = 3 WHERE position = 99",
    )
    assert trail.verify().findings == tuple(f"Entry {number} was changed after it was written." for number in (2, 3))


@pytest.mark.parametrize("position", [-1, 0, 15, 1000])
def test_inserted_entry_is_named(trail: Trail, administrator: Administrator, position: int) -> None:
    row = {"position": position, "data": INVENTED.to_bytes()}
    administrator.do("INSERT INTO audit_entries VALUES (:position, 'bd/c-3', :data)", **row)
    assert f"Entry {position} " in trail.findings()
    assert "inserted" in trail.findings()


@pytest.mark.parametrize("rubbish", ["'text'", "x'00'", "7"])
def test_entry_that_is_no_entry_is_named(trail: Trail, administrator: Administrator, rubbish: str) -> None:
    administrator.do(f"UPDATE audit_entries SET entry = {rubbish} WHERE position = 5")
    administrator.do(f"UPDATE audit_heads SET note = {rubbish} WHERE size = 12")
    assert "Entry 5 cannot be read." in trail.verify().findings
    assert "The head that is kept for 12 entries" in trail.findings()


@on_both
def test_cut_off_end_leaves_nodes_behind(trail: Trail, administrator: Administrator) -> None:
    administrator.do("DELETE FROM audit_entries WHERE position > 12", "DELETE FROM audit_nodes WHERE level = 0")
    assert "belongs to no entry" in trail.findings()


def test_changed_node_is_found_before_it_spoils_a_proof(trail: Trail, administrator: Administrator) -> None:
    administrator.do("UPDATE audit_nodes SET hash = zeroblob(32) WHERE level = 2 AND number = 0")
    assert trail.verify().findings == ("The tree's node 0 of level 2 was changed or removed.",)


def test_edit_with_the_tree_computed_anew_is_found_by_the_kept_heads(
    trail: Trail, administrator: Administrator
) -> None:
    forged = written(trail)
    forged[8] = replace(forged[8], actor="nobody")
    administrator.rewrite(forged)
    (finding,) = trail.verify().findings
    assert "first 12 entries" in finding
    assert "kept here" in finding
    assert "from entry 8 on" in finding


def test_removal_with_the_tree_computed_anew_is_found_by_the_kept_heads(
    trail: Trail, administrator: Administrator
) -> None:
    administrator.rewrite([entry for entry in written(trail) if entry.subject != "bd/c-3"])
    assert "first 7 entries" in trail.findings()
    assert "first 12 entries" in trail.findings()


@on_both
def test_insertion_with_the_tree_computed_anew_is_found_by_the_kept_heads(
    trail: Trail, administrator: Administrator
) -> None:
    forged = written(trail)
    administrator.rewrite([*forged[:3], INVENTED, *forged[3:]])
    assert "first 7 entries" in trail.findings()


def test_truncation_with_the_tree_computed_anew_is_found_by_the_kept_heads(
    trail: Trail, administrator: Administrator
) -> None:
    administrator.rewrite(written(trail)[:9])
    (finding,) = trail.verify().findings
    assert "speaks of 12 entries and there are 9" in finding


def test_head_that_the_administrator_writes_is_not_the_hubs(trail: Trail, administrator: Administrator) -> None:
    forged = written(trail)[:9]
    administrator.rewrite(forged)
    note = sign_head(Head(HubId("bd"), 9, bytes(32), 1), OTHER_IDENTITY.signing_key)
    administrator.do("DELETE FROM audit_heads WHERE size = 12")
    administrator.do("INSERT INTO audit_heads VALUES (9, :note)", note=note)
    trail.head_file.unlink()
    assert trail.verify().findings == ("The head that is kept for 9 entries is not one that this hub's key signed.",)


@on_both
def test_rewriting_without_the_databases_heads_is_found_by_the_disks_and_without_both_from_outside_alone(
    trail: Trail, administrator: Administrator
) -> None:
    outside = newest_note(administrator)
    forged = written(trail)
    forged[8] = replace(forged[8], actor="nobody")
    administrator.rewrite(forged)
    administrator.do("DELETE FROM audit_heads WHERE size = 12")
    with pytest.raises(TrailBrokenError):
        trail.sign()
    (finding,) = trail.verify().findings
    assert "kept outside the database" in finding
    trail.head_file.unlink()
    assert trail.verify().findings == (), "this is what a head elsewhere is for"
    assert trail.verify(outside).findings == (finding,)


@on_both
def test_truncation_without_the_databases_heads_is_found_by_the_disks_and_without_both_from_outside_alone(
    trail: Trail, administrator: Administrator
) -> None:
    outside = newest_note(administrator)
    administrator.rewrite(written(trail)[:7])
    administrator.do("DELETE FROM audit_heads WHERE size = 12")
    assert "speaks of 12 entries and there are 7" in trail.findings()
    trail.head_file.unlink()
    assert trail.verify().findings == ()
    assert "speaks of 12 entries and there are 7" in trail.findings(outside)


def test_edit_of_entries_under_no_head_shows_in_the_tree_but_not_once_that_is_rewritten(
    trail: Trail, administrator: Administrator
) -> None:
    forged = written(trail)
    forged[13] = replace(forged[13], actor="nobody")
    administrator.rewrite(forged)
    found = trail.verify()
    assert found.findings == ()
    assert (found.signed, found.size) == (12, 14), "it says how many entries no head covers yet"


def test_whoever_has_the_signing_key_too_is_found_from_outside_alone(
    trail: Trail, administrator: Administrator
) -> None:
    outside = newest_note(administrator)
    forged = written(trail)
    forged[2] = replace(forged[2], actor="nobody")
    administrator.rewrite(forged)
    administrator.do("DELETE FROM audit_heads")
    trail.head_file.unlink()
    trail.sign()
    assert trail.verify().findings == ()
    assert "kept outside" in trail.findings(outside)


def test_exchanged_key_of_the_hub_does_not_fit_the_outside_head(trail: Trail) -> None:
    outside = trail.sign()
    with pytest.raises(HeadError, match="another key"):
        AuditLog(trail.database, OTHER_IDENTITY, lambda: 1, trail.head_file).read_heads(outside)


def test_outsider_with_the_old_card_sees_that_the_key_was_exchanged(trail: Trail) -> None:
    trail.sign()
    exchanged = AuditLog(trail.database, OTHER_IDENTITY, lambda: 1, trail.head_file)
    with trail.database.read() as connection:
        now = exchanged.verify(connection)
        as_kept = exchanged.verify(connection, key=IDENTITY.public.verify_key)
    assert len(now.findings) == 3
    assert as_kept.findings == ()


def test_running_hub_signs_nothing_over_a_rewritten_trail(trail: Trail, administrator: Administrator) -> None:
    forged = written(trail)
    forged[8] = replace(forged[8], actor="nobody")
    administrator.rewrite(forged)
    trail.write(1)
    with pytest.raises(TrailBrokenError, match="mca hub audit verify"):
        trail.sign()
    assert len(administrator.ask("SELECT size FROM audit_heads")) == 2


def test_head_is_signed_once_for_the_same_entries(trail: Trail) -> None:
    first = trail.sign()
    trail.now += 60_000
    assert trail.sign() == first


def test_hub_goes_on_recording_after_entries_were_removed_and_the_gap_stays(
    trail: Trail, administrator: Administrator
) -> None:
    administrator.do("DELETE FROM audit_entries WHERE position > 12")
    trail.write(1)
    assert trail.verify().findings == ("Entry 13 was removed.", "Entry 14 was removed.")
