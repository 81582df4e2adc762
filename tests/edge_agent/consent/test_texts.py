"""What people are told, in four languages: complete, and with the same periods in each."""

import string
import tomllib
from importlib.resources import files

import pytest

from edge_agent.consent.texts import FOUND, NOTICE, RECEIPT, notice_digest, texts
from protocol.basis import Language
from protocol.consent import Category, StoragePeriods
from protocol.sighting import LegalBasis

SCRIPTS = {
    Language.BANGLA: range(0x0980, 0x0A00),
    Language.HINDI: range(0x0900, 0x0980),
    Language.NEPALI: range(0x0900, 0x0980),
}

KEPT = {
    Category.FACE_IMAGE: "picture of the face",
    Category.FACE_TEMPLATE: "numbers that are computed",
    Category.AGE_BAND: "age",
    Category.SEX: "sex",
    Category.NAME: "name",
    Category.LANGUAGES: "language",
    Category.CIRCUMSTANCES: " how ",
    Category.MARKS: "marks of the body",
    Category.CLOTHING: "clothing",
}


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", Language)
def test_sentence_or_period_that_a_translation_lacks(language: Language) -> None:
    own, english = texts(language), texts(Language.ENGLISH)
    for mine, theirs in ((own.notice, english.notice), (own.found, english.found), (own.receipt, english.receipt)):
        assert {name: fields(text) for name, text in mine.items()} == {n: fields(t) for n, t in theirs.items()}
    assert set(own.basis) == set(LegalBasis)


@pytest.mark.parametrize("language", Language)
def test_sentence_in_a_catalogue_that_nothing_shows(language: Language) -> None:
    source = files("edge_agent.consent").joinpath("catalogues", f"{language}.toml").read_text("utf-8")
    catalogue = tomllib.loads(source)
    assert {part: set(sentences) for part, sentences in catalogue.items()} == {
        "notice": set(NOTICE),
        "found": set(FOUND),
        "receipt": set(RECEIPT),
        "basis": set(LegalBasis),
    }


@pytest.mark.parametrize(("language", "script"), SCRIPTS.items())
def test_sentence_that_was_left_untranslated(language: Language, script: range) -> None:
    own = texts(language)
    for sentence in (*own.notice.values(), *own.found.values(), *own.receipt.values(), *own.basis.values()):
        assert any(ord(letter) in script for letter in sentence), sentence


def test_notice_speaks_of_later_searches_only_where_a_template_is_kept() -> None:
    words = texts(Language.ENGLISH)
    assert not any("search again" in line for line in words.told(StoragePeriods(30, 0, 365)))
    assert any("90 days" in line and "search again" in line for line in words.told(StoragePeriods(30, 90, 365)))


def test_records_tell_in_which_words_the_person_was_told() -> None:
    told = {notice_digest(language, found=found) for language in Language for found in (False, True)}
    assert len(told) == 2 * len(Language)


def test_more_of_a_child_is_kept_than_people_were_told() -> None:
    words = texts(Language.ENGLISH)
    of_found_children_alone = {Category.MARKS, Category.CLOTHING}
    for category in Category:
        assert KEPT[category] in words.found["kept"]
        assert (KEPT[category] in words.notice["kept"]) is (category not in of_found_children_alone)
