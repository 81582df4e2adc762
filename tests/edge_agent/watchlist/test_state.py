"""Segments follow one another as the hub published them, or not at all."""

import pytest

from edge_agent.watchlist.state import START, EncryptedStep, Position, SegmentOrderError, follow
from protocol.columns import entry_columns
from protocol.ids import SliceName
from protocol.segment import Segment

SLICE = SliceName("bd/missing")
OTHER = SliceName("bd/shelters")


def after(
    position: Position,
    sequence: int,
    *,
    snapshot: bool = False,
    epoch: int = 1,
    name: SliceName = SLICE,
    listed_as: int | None = None,
    listed_in: SliceName = SLICE,
) -> Position:
    segment = Segment(name, sequence, snapshot, entry_columns([], []), removals=())
    return follow(position, EncryptedStep(listed_in, sequence if listed_as is None else listed_as, epoch), segment)


def test_snapshot_then_deltas() -> None:
    first = after(START, 5, snapshot=True)
    assert (first, after(first, 6, epoch=2)) == (Position(5, 1), Position(6, 2))


def test_snapshot_among_deltas_goes_on_from_there() -> None:
    assert after(Position(5, 1), 6, snapshot=True) == Position(6, 1)


def test_list_that_begins_with_a_delta_is_refused() -> None:
    with pytest.raises(SegmentOrderError, match="not a whole list"):
        after(START, 1)


@pytest.mark.parametrize("second", [1, 3, 0])
def test_missing_or_repeated_segment_is_refused(second: int) -> None:
    with pytest.raises(SegmentOrderError, match="missing"):
        after(Position(1, 1), second)


def test_segment_served_under_another_number_is_refused() -> None:
    with pytest.raises(SegmentOrderError, match="calls itself"):
        after(Position(1, 1), 3, listed_as=2)


@pytest.mark.parametrize("wrong", [{"name": OTHER}, {"listed_in": OTHER}])
def test_segment_of_another_slice_is_refused(wrong: dict[str, SliceName]) -> None:
    with pytest.raises(SegmentOrderError, match="published as"):
        after(START, 1, snapshot=True, **wrong)  # type: ignore[arg-type]


def test_segment_under_a_key_that_a_revoked_unit_knows_is_refused() -> None:
    with pytest.raises(SegmentOrderError, match="epoch that has ended"):
        after(Position(1, 2), 2, epoch=1)
