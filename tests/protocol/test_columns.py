"""Entries come out of a segment as they went in, and columns that do not fit together are refused."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.columns import MAX_PACKS, EntryColumns, column, entry_columns
from protocol.errors import FieldError
from protocol.fields import Fields
from protocol.ids import CaseId, PhotoId
from protocol.person import BirthBand, Month, Sex
from protocol.watchlist import EntryTemplate
from tests.protocol.examples import ENTRY, TEMPLATE, noise

GOOD = entry_columns([ENTRY, replace(ENTRY, case=CaseId("bd/c-2"), last_seen=None)], [7, 9])
(TEMPLATES,) = GOOD.templates


def read(columns: dict[str, Any]) -> EntryColumns:
    return EntryColumns.read(Fields(columns, kind="segment"))


def test_columns_say_what_the_entries_said() -> None:
    assert read(GOOD.to_value()) == GOOD  # type: ignore[arg-type]
    assert GOOD.cases == (ENTRY.case, "bd/c-2")
    assert column(GOOD.sexes, "sexes").tolist() == [1, 1]
    assert column(GOOD.born_from, "born_from").tolist() == [ENTRY.birth.earliest.ordinal] * 2
    assert column(GOOD.born_to, "born_to").tolist() == [ENTRY.birth.latest.ordinal] * 2
    assert ENTRY.last_seen is not None
    assert column(GOOD.last_seen, "last_seen").tolist() == [ENTRY.last_seen.toordinal(), 0]
    assert column(GOOD.expires, "expires").tolist() == [ENTRY.expires.toordinal()] * 2
    assert column(GOOD.listed, "listed").tolist() == [7, 9]
    assert TEMPLATES.photos.hex() == ENTRY.templates[0].photo * 2


def test_template_is_rounded_to_half_the_bytes_and_no_more() -> None:
    sent = np.frombuffer(TEMPLATES.vectors, "<f2").reshape(2, -1).astype(np.float32)
    template = np.frombuffer(TEMPLATE, "<f4")
    assert np.abs(sent - template).max() <= 2**-11
    assert len(TEMPLATES.vectors) == len(TEMPLATE)


def test_templates_of_two_packs_stand_apart_whatever_their_length() -> None:
    other = EntryTemplate(PhotoId("ffeeddccbbaa9988"), noise("other pack", 32), bytes(2048))
    mixed = entry_columns([replace(ENTRY, templates=(other, *ENTRY.templates))], [1])
    assert sorted(len(part.vectors) for part in mixed.templates) == [len(TEMPLATE) // 2, 1024]


def changed(name: str, values: bytes) -> EntryColumns:
    """Good columns but for one of them."""
    other: dict[str, Any] = {name: values}
    return replace(GOOD, **other)


@pytest.mark.parametrize("name", ["sexes", "born_from", "born_to", "last_seen", "expires", "listed"])
def test_column_of_another_length_is_refused(name: str) -> None:
    for wrong in (b"", getattr(GOOD, name)[:-1], getattr(GOOD, name) + b"\0"):
        with pytest.raises(FieldError, match=name):
            changed(name, wrong)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("sexes", b"\x01\x03"),
        ("born_from", b"\0\0\0\0"),
        ("born_to", b"\xff\xff\xff\xff"),
        ("born_to", GOOD.born_from[:2] + b"\1\0"),
        ("last_seen", b"\xff" * 8),
        ("expires", bytes(8)),
        ("expires", b"\xff" * 8),
    ],
)
def test_value_that_nobody_can_have_is_refused(name: str, values: bytes) -> None:
    with pytest.raises(FieldError, match="there is not"):
        changed(name, values)


def test_born_later_than_the_latest_month_is_refused() -> None:
    late = entry_columns([replace(ENTRY, birth=BirthBand(Month(2020, 1), Month(2020, 1)))], [1])
    with pytest.raises(FieldError, match="there is not"):
        replace(late, born_to=entry_columns([ENTRY], [1]).born_to)


@pytest.mark.parametrize("owners", [b"", b"\1\0\0\0\0\0\0\0", b"\0\0\0\0\2\0\0\0", bytes(8), bytes(7)])
def test_template_of_no_entry_and_entry_without_template_are_refused(owners: bytes) -> None:
    with pytest.raises(FieldError):
        replace(GOOD, templates=(replace(TEMPLATES, owners=owners),))


def test_more_templates_than_an_entry_may_have_are_refused() -> None:
    crowd = replace(TEMPLATES, owners=bytes(4 * 33), photos=bytes(8 * 33), vectors=bytes(2 * 33))
    with pytest.raises(FieldError, match="1 to 32"):
        replace(entry_columns([ENTRY], [1]), templates=(crowd,))


def test_packs_that_are_many_or_named_twice_are_refused() -> None:
    with pytest.raises(FieldError, match="one place"):
        replace(GOOD, templates=(TEMPLATES, TEMPLATES))
    value: Any = GOOD.to_value()
    with pytest.raises(FieldError, match="templates"):
        read(value | {"templates": value["templates"] * (MAX_PACKS + 1)})


@pytest.mark.parametrize("case", [5, "", "bd", "BD/c-1", "bd/" + "x" * 500])
def test_case_that_is_none_is_refused(case: object) -> None:
    value: Any = GOOD.to_value()
    with pytest.raises(FieldError):
        read(value | {"cases": ["bd/c-1", case]})


def test_number_that_does_not_fit_is_refused() -> None:
    with pytest.raises(FieldError, match="fit"):
        entry_columns([ENTRY], [2**32])


@given(st.sampled_from(Sex), st.integers(0, 200), st.integers(0, 2**32 - 1))
def test_columns_are_read_as_they_were_written(sex: Sex, months: int, listed: int) -> None:
    birth = BirthBand(Month(2010, 1), Month.from_ordinal(2010 * 12 + months))
    written = entry_columns([replace(ENTRY, sex=sex, birth=birth)], [listed])
    value: Any = written.to_value()
    assert read(value) == written
