from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.watchlist.state import EncryptedStep, SegmentOrderError, apply_segments, empty_slice
from protocol.ids import CaseId, SliceName
from protocol.segment import Segment
from protocol.watchlist import WatchlistEntry
from tests.edge_agent.lists import entry

SLICE = SliceName("bd/missing")
OTHER = SliceName("bd/shelters")


def case(number: int, year: int = 2030) -> WatchlistEntry:
    return entry(CaseId(f"bd/c-{number}"), [bytes(4)], "00" * 32, expires=date(year, 1, 1))


def step(
    sequence: int,
    *,
    snapshot: bool = False,
    upserts: list[WatchlistEntry] | None = None,
    removals: list[int] | None = None,
    epoch: int = 1,
    name: SliceName = SLICE,
    listed_as: int | None = None,
    listed_in: SliceName = SLICE,
) -> tuple[EncryptedStep, Segment]:
    cases = tuple(CaseId(f"bd/c-{number}") for number in removals or [])
    segment = Segment(name, sequence, snapshot, tuple(upserts or []), cases)
    return EncryptedStep(listed_in, sequence if listed_as is None else listed_as, epoch), segment


def cases_after(*steps: tuple[EncryptedStep, Segment]) -> set[str]:
    return set(apply_segments(empty_slice(SLICE), steps).entries)


def test_snapshot_then_deltas() -> None:
    done = cases_after(step(5, snapshot=True, upserts=[case(1), case(2)]), step(6, upserts=[case(3)], removals=[1]))
    assert done == {"bd/c-2", "bd/c-3"}


def test_later_entry_of_a_case_replaces_the_earlier() -> None:
    first, second = step(1, snapshot=True, upserts=[case(1, 2030)]), step(2, upserts=[case(1, 2031)])
    state = apply_segments(empty_slice(SLICE), [first, second])
    assert state.entries[CaseId("bd/c-1")].expires == date(2031, 1, 1)
    assert (state.sequence, state.epoch) == (2, 1)


def test_later_snapshot_forgets_what_went_before() -> None:
    assert cases_after(step(1, snapshot=True, upserts=[case(1)]), step(2, snapshot=True, upserts=[case(2)])) == {
        "bd/c-2"
    }


def test_list_that_begins_with_a_delta_is_refused() -> None:
    with pytest.raises(SegmentOrderError, match="not a whole list"):
        cases_after(step(1, upserts=[case(1)]))


@pytest.mark.parametrize("second", [1, 3, 0])
def test_missing_or_repeated_segment_is_refused(second: int) -> None:
    with pytest.raises(SegmentOrderError, match="missing"):
        cases_after(step(1, snapshot=True), step(second))


def test_segment_served_under_another_number_is_refused() -> None:
    with pytest.raises(SegmentOrderError, match="calls itself"):
        cases_after(step(1, snapshot=True), step(3, listed_as=2))


def test_segment_of_another_slice_is_refused() -> None:
    for wrong in (step(1, snapshot=True, name=OTHER), step(1, snapshot=True, listed_in=OTHER)):
        with pytest.raises(SegmentOrderError, match="published as"):
            cases_after(wrong)


def test_segment_under_a_key_that_a_revoked_unit_knows_is_refused() -> None:
    with pytest.raises(SegmentOrderError, match="epoch that has ended"):
        cases_after(step(1, snapshot=True, epoch=2), step(2, epoch=1))


def test_refused_segment_leaves_the_state_as_it_was() -> None:
    before = apply_segments(empty_slice(SLICE), [step(1, snapshot=True, upserts=[case(1)])])
    with pytest.raises(SegmentOrderError):
        apply_segments(before, [step(2, upserts=[case(2)]), step(4)])
    assert set(before.entries) == {"bd/c-1"}


@given(
    st.lists(st.tuples(st.booleans(), st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9))), max_size=12),
    st.integers(0, 12),
)
def test_applying_in_two_parts_gives_what_applying_at_once_gives(
    changes: list[tuple[bool, set[int], set[int]]], cut: int
) -> None:
    # A segment names each case once: what it removes is drawn from what it does not add.
    changes = [(snapshot, upserts, removals - upserts) for snapshot, upserts, removals in changes]
    steps = [step(1, snapshot=True)]
    for number, (snapshot, upserts, removals) in enumerate(changes, 2):
        steps.append(
            step(number, snapshot=snapshot, upserts=[case(i) for i in sorted(upserts)], removals=sorted(removals))
        )
    expected: set[str] = set()
    for snapshot, upserts, removals in changes:
        expected = (set() if snapshot else expected) | {f"bd/c-{i}" for i in upserts}
        expected -= {f"bd/c-{i}" for i in removals}
    first = apply_segments(empty_slice(SLICE), steps[:cut])
    assert set(apply_segments(first, steps[cut:]).entries) == expected == cases_after(*steps)
