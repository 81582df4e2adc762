"""The next step of a slice: nothing when nothing changed, and of who was removed no trace for long."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.watchlist.difference import FEW_DELTAS, MOST_DELTAS, SHORT_LIST, next_step
from hub.watchlist.model import Live, Step
from protocol.ids import CaseId

Digests = dict[CaseId, bytes]
ONE = Live(segments=1, changes=0, superseded=False)


def case(number: int) -> CaseId:
    return CaseId(f"bd/c-{number:08}")


def digests(numbers: Any, version: bytes = b"1") -> Digests:
    return {case(number): version for number in numbers}


def step(
    published: Digests, listed: Digests, live: Live = ONE, *, anew: bool = False, fold: bool = False
) -> Step | None:
    return next_step(published, listed, live=live, start_anew=anew, fold_superseded=fold)


def snapshot(listed: Digests, *changed: int) -> Step:
    return Step(True, tuple(listed), (), frozenset(map(case, changed)), supersedes=False)


LONG = digests(range(SHORT_LIST + 10))


def test_first_publication_is_a_snapshot_even_of_nobody() -> None:
    assert step({}, {}, Live(0, 0, False)) == snapshot({})


def test_nothing_is_published_when_nothing_changed() -> None:
    assert step(digests([1]), digests([1])) is None
    assert step(LONG, LONG, Live(FEW_DELTAS, 30, False)) is None


def test_new_child_is_added_by_a_segment_that_holds_that_child_alone() -> None:
    added = frozenset({case(2)})
    assert step(digests([1]), digests([1, 2])) == Step(False, (case(2),), (), added, supersedes=False)


def test_child_removed_from_a_short_list_leaves_all_bytes_at_once() -> None:
    assert step(digests([1, 2]), digests([2])) == snapshot(digests([2]))


def test_child_removed_from_a_long_list_is_forgotten_by_a_small_segment() -> None:
    listed = digests(range(1, SHORT_LIST + 10))
    assert step(LONG, listed) == Step(False, (), (case(0),), frozenset(), supersedes=True)


def test_removed_child_leaves_all_bytes_of_a_long_list_when_it_is_time() -> None:
    assert step(LONG, LONG, Live(2, 1, True)) is None
    assert step(LONG, LONG, Live(2, 1, True), fold=True) == snapshot(LONG)


def test_replaced_entry_is_history_too() -> None:
    listed = LONG | digests([3], b"2")
    assert step(LONG, listed) == Step(False, (case(3),), (), frozenset({case(3)}), supersedes=True)


def test_new_key_starts_anew_though_nobody_changed() -> None:
    assert step(LONG, LONG, Live(3, 2, False), anew=True) == snapshot(LONG)


def test_chain_of_deltas_is_ended_by_a_snapshot() -> None:
    before, after = digests([1]), digests([1, 2])
    last = step(before, after, Live(FEW_DELTAS, 1, False))
    folded = step(before, after, Live(FEW_DELTAS + 1, 1, False))
    assert last is not None
    assert (last.snapshot, folded) == (False, snapshot(after, 2))


@pytest.mark.parametrize(
    ("segments", "changes", "folded"),
    [
        (FEW_DELTAS + 1, 10, False),
        (FEW_DELTAS + 1, SHORT_LIST, True),
        (MOST_DELTAS, 10, False),
        (MOST_DELTAS + 1, 10, True),
    ],
)
def test_long_list_is_not_sent_whole_for_a_few_small_segments(segments: int, changes: int, folded: bool) -> None:
    found = step(LONG, LONG | digests([5000]), Live(segments, changes, False))
    assert found is not None
    assert found.snapshot == folded


@given(st.lists(st.tuples(st.sets(st.integers(0, 40)), st.booleans(), st.booleans()), min_size=1, max_size=12))
def test_unit_that_applies_every_live_segment_has_exactly_who_is_listed(
    history: list[tuple[set[int], bool, bool]],
) -> None:
    others = range(1000, 1000 + SHORT_LIST)
    known: Digests = {}
    live, segments = Live(0, 0, False), list[Step]()
    for names, long, fold in history:
        listed = digests([*sorted(names), *(others if long else ())])
        found = step(known, listed, live, fold=fold)
        if found is not None:
            segments = [found] if found.snapshot else [*segments, found]
            changes = 0 if found.snapshot else live.changes + len(found.changed) + len(found.removals)
            live = Live(len(segments), changes, not found.snapshot and (live.superseded or found.supersedes))
            known = listed
        held: set[CaseId] = set()
        for each in segments:
            held = (held | set(each.upserts)) - set(each.removals)
        assert held == set(listed)
        if not live.superseded:
            assert {named for each in segments for named in each.upserts} == set(listed)
