"""Made-up cases with everything that a desk may enter."""

from datetime import date

from hypothesis import strategies as st

from hub.cases.service import (
    Basis,
    BodyPart,
    Build,
    Complexion,
    Contact,
    Description,
    Mark,
    NewCase,
    Purpose,
    Register,
    Risk,
)
from protocol.ids import SliceName
from protocol.person import BirthBand, Month, Sex
from protocol.sighting import LegalBasis

EVERYTHING = st.characters(codec="utf-8")
VISIBLE = st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"], exclude_characters="\ufffe\uffff")
DAYS = st.dates(date(2001, 1, 1), date(2026, 1, 1))


def descriptions(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Description]:
    """A child in words; `texts` without spaces around."""
    words = texts.filter(bool)
    items = st.lists(words, max_size=3).map(tuple)
    contacts = st.builds(Contact, words, texts, texts)
    return st.builds(
        Description,
        names=items,
        born_on=st.none() | DAYS,
        languages=items,
        height_cm=st.none() | st.integers(20, 250),
        build=st.none() | st.sampled_from(Build),
        complexion=st.none() | st.sampled_from(Complexion),
        marks=st.lists(st.builds(Mark, st.sampled_from(BodyPart), words), max_size=3).map(tuple),
        clothing=texts,
        place=texts,
        circumstances=texts,
        station=texts,
        reporter=st.none() | contacts,
        guardians=st.lists(contacts, max_size=3).map(tuple),
    )


@st.composite
def new_cases(draw: st.DrawFn, letters: st.SearchStrategy[str] = EVERYTHING) -> NewCase:
    """A case of either register."""
    texts = st.text(letters, max_size=40).map(str.strip)
    description, first, last = draw(descriptions(texts)), draw(DAYS), draw(DAYS)
    born = sorted((first, last)) if description.born_on is None else [description.born_on] * 2
    register = draw(st.sampled_from(Register))
    return NewCase(
        reference=draw(texts.filter(bool)),
        slice=SliceName("bd/missing") if register is Register.MISSING else None,
        sex=draw(st.sampled_from(Sex)),
        birth=BirthBand(*(Month(day.year, day.month) for day in born)),
        last_seen=draw(st.none() | DAYS),
        register=register,
        site=draw(st.sampled_from(["", "bd/benapole"])),
        risk=draw(st.sampled_from(Risk)),
        basis=Basis(
            draw(st.sampled_from(LegalBasis)),
            draw(texts),
            frozenset({Purpose.SEARCH}) | draw(st.frozensets(st.sampled_from(Purpose))),
            draw(st.none() | DAYS),
        ),
        description=description,
    )
