"""The next step of a slice: nothing when nothing changed, and never a trace of who was removed."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from hub.watchlist.difference import MAX_DELTAS, entry_digest, next_step
from hub.watchlist.model import Step
from protocol.ids import CaseId
from protocol.watchlist import WatchlistEntry
from tests.protocol.examples import ENTRY

NAMES = st.sets(st.integers(0, 40))


def entry(number: int) -> WatchlistEntry:
    return replace(ENTRY, case=CaseId(f"bd/c-{number:08}"))


def published(*entries: WatchlistEntry) -> dict[CaseId, bytes]:
    return {each.case: entry_digest(each) for each in entries}


def test_first_publication_is_a_snapshot_even_of_nobody() -> None:
    assert next_step({}, [], segments=0, start_anew=False) == Step(snapshot=True, upserts=())


def test_nothing_is_published_when_nothing_changed() -> None:
    assert next_step(published(entry(1)), [entry(1)], segments=1, start_anew=False) is None


def test_new_child_is_added_by_a_segment_that_holds_that_child_alone() -> None:
    step = next_step(published(entry(1)), [entry(1), entry(2)], segments=1, start_anew=False)
    assert step == Step(snapshot=False, upserts=(entry(2),))


def test_renewed_listing_is_sent_again() -> None:
    renewed = replace(entry(1), expires=date(2028, 1, 1))
    step = next_step(published(entry(1)), [renewed], segments=1, start_anew=False)
    assert step == Step(snapshot=False, upserts=(renewed,))


def test_new_key_starts_anew_though_nobody_changed() -> None:
    step = next_step(published(entry(1)), [entry(1)], segments=3, start_anew=True)
    assert step == Step(snapshot=True, upserts=(entry(1),))


def test_chain_of_deltas_is_ended_by_a_snapshot() -> None:
    before, after = published(entry(1)), [entry(1), entry(2)]
    last = next_step(before, after, segments=MAX_DELTAS, start_anew=False)
    folded = next_step(before, after, segments=MAX_DELTAS + 1, start_anew=False)
    assert last is not None
    assert folded is not None
    assert (last.snapshot, folded.snapshot) == (False, True)


@given(st.lists(NAMES, min_size=1, max_size=12))
def test_unit_that_applies_every_live_segment_has_exactly_who_is_listed(history: list[set[int]]) -> None:
    known: dict[CaseId, bytes] = {}
    live: list[Step] = []
    for names in history:
        listed = [entry(name) for name in sorted(names)]
        step = next_step(known, listed, segments=len(live), start_anew=False)
        if step is not None:
            live = [step] if step.snapshot else [*live, step]
            known = published(*listed)
        assert {each.case for step in live for each in step.upserts} == {each.case for each in listed}
