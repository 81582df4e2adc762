"""A list that segments were applied to one by one is the list that is opened from all of them at once."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.watchlist.index import Found, Probe, WatchlistIndex, empty_index
from edge_agent.watchlist.scoring import CosineScoring
from models.template import Template
from protocol.columns import entry_columns
from protocol.ids import CaseId, SliceName
from protocol.person import AgeBand, BirthBand, Month, Sex
from protocol.segment import Segment
from protocol.watchlist import WatchlistEntry
from tests.edge_agent.lists import entry

PACK, OTHER_PACK = "aa" * 32, "bb" * 32
D = 8
DAY = date(2026, 11, 22)
BORN = BirthBand(Month(2018, 1), Month(2018, 12))
SLICES = (SliceName("bd/missing"), SliceName("bd/shelters"))
SOURCE = np.random.default_rng(4)
# Close together, so that every search finds many of them; of four photographs for each of ten cases.
VECTORS = np.eye(D)[0] + 0.3 * SOURCE.standard_normal((10, 4, D))
VECTORS /= np.linalg.norm(VECTORS, axis=-1, keepdims=True)

Change = tuple[int, bool, dict[int, tuple[int, int, bool]], set[int]]
"""Slice, whether a snapshot, cases to add (with photographs, days to expiry, whether of another pack), to remove."""
CHANGES = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.integers(0, 4).map(lambda number: number == 0),
        st.dictionaries(st.integers(0, 9), st.tuples(st.integers(1, 4), st.integers(-1, 2), st.booleans()), max_size=6),
        st.sets(st.integers(0, 9), max_size=4),
    ),
    max_size=10,
)


def case(number: int) -> CaseId:
    return CaseId(f"bd/c-{number}")


def child(number: int, photographs: int, days: int, other: bool) -> WatchlistEntry:
    vectors = [VECTORS[number, photo].astype("<f4").tobytes() for photo in range(photographs)]
    pack = OTHER_PACK if other else PACK
    return entry(case(number), vectors, pack, sex=Sex.FEMALE, birth=BORN, expires=DAY + timedelta(days=days))


def segments(changes: Sequence[Change]) -> list[Segment]:
    """Changes as a hub would publish them: each slice begins with a snapshot."""
    made: list[Segment] = []
    for version, (which, snapshot, added, removed) in enumerate(changes, 1):
        earlier = [segment for segment in made if segment.slice == SLICES[which]]
        entries = [child(number, *facts) for number, facts in added.items()]
        made.append(
            Segment(
                SLICES[which],
                len(earlier) + 1,
                snapshot or not earlier,
                entry_columns(entries, [version] * len(entries)),
                tuple(case(number) for number in sorted(removed - added.keys())),
            )
        )
    return made


def opened(applied: Iterable[Segment], start: WatchlistIndex | None = None) -> WatchlistIndex:
    # Blocks so small that lists of a few photographs fill several.
    index = empty_index(CosineScoring(PACK), D, block=7) if start is None else start
    for segment in applied:
        index = index.applied(segment)
    return index


def live(applied: Sequence[Segment]) -> list[Segment]:
    """What a hub still publishes: of each slice, what follows its last snapshot."""
    kept: dict[SliceName, list[Segment]] = {}
    for segment in applied:
        kept[segment.slice] = [segment] if segment.snapshot else [*kept[segment.slice], segment]
    return [segment for name in sorted(kept) for segment in kept[name]]


def look(index: WatchlistIndex, newer_than: int = 0) -> Found:
    template = Template(np.eye(D, dtype=np.float32)[0], PACK)
    probe = Probe(template, Sex.FEMALE, AgeBand.CHILD, DAY)
    found = index.search(probe, limit=100, newer_than=newer_than)
    # Arrays of other shapes are summed in another order: the last bit of a score may differ.
    matches = sorted((replace(match, score=round(match.score, 5)) for match in found.matches), key=str)
    return Found(found.comparable, tuple(matches))


def state(index: WatchlistIndex) -> tuple[object, ...]:
    """All that anybody can see of a list."""
    looks = tuple(look(index, version) for version in range(11))
    return looks, index.cases_on(DAY), index.incomparable, index.newest


@given(CHANGES, st.integers(0, 10))
@settings(max_examples=150, deadline=None)
def test_segments_applied_one_by_one_give_what_a_fresh_load_gives(changes: list[Change], restart: int) -> None:
    applied = segments(changes)
    incremental = opened(applied)
    assert state(incremental) == state(opened(live(applied)))
    assert state(opened(applied[restart:], opened(live(applied[:restart])))) == state(incremental)


@given(CHANGES, CHANGES)
@settings(max_examples=60, deadline=None)
def test_list_stays_as_it_was_while_others_are_made_of_it(first: list[Change], second: list[Change]) -> None:
    both = segments([*first, *second])
    base = opened(both[: len(first)])
    before = state(base)
    # A list that was never put in use, because the disk was full, leaves nothing behind in the one that was.
    discarded = opened(both[len(first) :], base)
    used = opened(both[len(first) :], base)
    assert state(base) == before
    assert state(used) == state(discarded) == state(opened(live(both)))


def test_removed_case_is_found_no_more_and_nobody_else_is_lost() -> None:
    first, second = segments([(0, True, {1: (2, 1, False), 2: (1, 1, False)}, set()), (0, False, {}, {1})])
    index = opened([first])
    assert {match.case for match in look(index).matches} == {case(1), case(2)}
    assert {match.case for match in look(opened([second], index)).matches} == {case(2)}


def test_search_of_what_is_new_asks_for_as_much_as_one_of_the_whole_list() -> None:
    applied = segments([(0, True, {1: (2, 1, False), 2: (1, 1, False)}, set()), (0, False, {3: (1, 1, False)}, set())])
    index = opened(applied)
    found = look(index, newer_than=1)
    assert {match.case for match in found.matches} == {case(3)}
    assert found.comparable == look(index).comparable == 4
    assert look(index, newer_than=index.newest).matches == ()


def test_same_case_in_two_slices_stays_when_one_removes_it() -> None:
    applied = segments(
        [(0, True, {1: (1, 1, False)}, set()), (1, True, {1: (1, 1, False)}, set()), (0, False, {}, {1})]
    )
    assert [match.case for match in look(opened(applied)).matches] == [case(1)]


def test_search_while_a_segment_is_applied_sees_the_old_list_or_the_new() -> None:
    changes: list[Change] = [(0, True, dict.fromkeys(range(10), (4, 1, False)), set())]
    changes += [(0, False, {number % 10: (4, 1, False)}, {(number + 5) % 10}) for number in range(200)]
    applied = segments(changes)
    states: dict[int, Found] = {}
    index = opened(applied[:1])
    states[0] = look(index)
    for number, segment in enumerate(applied[1:], 1):
        index = index.applied(segment)
        states[number] = look(index)
    current = [(0, opened(applied[:1]))]
    wrong: list[int] = []
    stop = threading.Event()

    def search() -> None:
        while not stop.is_set():
            number, watched = current[-1]
            if look(watched) != states[number]:
                wrong.append(number)

    searching = threading.Thread(target=search)
    searching.start()
    for number, segment in enumerate(applied[1:], 1):
        current.append((number, current[-1][1].applied(segment)))
    stop.set()
    searching.join()
    assert wrong == []


def test_list_that_holds_mostly_what_was_replaced_says_so() -> None:
    entries = dict.fromkeys(range(10), (1, 1, False))
    first, replacement = segments([(0, True, entries, set()), (0, False, entries, set())])
    index = opened([first])
    wasteful = [index.is_mostly_waste]
    while not wasteful[-1]:
        index = index.applied(replacement)
        wasteful.append(index.is_mostly_waste)
    assert len(wasteful) > 100
    assert len(look(index).matches) == 10
