"""A sentence of the console that some of its readers could not read, or would read wrongly."""

import re
from collections import Counter
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog, Message

from hub.audit.service import AuditAction
from hub.trail_words import TRAIL
from tests.hub.locale.catalogues import TRANSLATED, extract, known, translated

_BRACES = re.compile(r"\{\w+\}")
_PERCENT = re.compile(r"%\(\w+\)s|%%")
_TAG = re.compile(r"<[^>]+>")
_NATIVE_DIGIT = re.compile(r"[\u09e6-\u09ef\u0966-\u096f]")


@pytest.fixture(scope="module")
def sentences() -> Catalog:
    return extract()


def messages(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def forms(text: object) -> list[str]:
    return [str(one) for one in text] if isinstance(text, list | tuple) else [str(text)]


@pytest.mark.parametrize("code", TRANSLATED)
def test_sentence_is_missing_in_a_catalogue_or_nobody_says_it_any_more(code: str, sentences: Catalog) -> None:
    there = {(message.context, message.id) for message in messages(known(code))}
    said = {(message.context, message.id) for message in messages(sentences)}
    assert there == said, "run scripts/locale, and translate what is new"


@pytest.mark.parametrize("code", TRANSLATED)
def test_sentence_is_not_translated_or_only_guessed(code: str) -> None:
    assert [message.id for message in messages(known(code)) if not translated(message.string) or message.fuzzy] == []


@pytest.mark.parametrize("code", TRANSLATED)
def test_translation_loses_or_invents_a_value_or_a_link(code: str) -> None:
    for message in messages(known(code)):
        english = forms(message.id)[-1]
        for form in forms(message.string):
            # A plural form may spell out its number.
            least = forms(message.id)[0] if isinstance(message.id, list | tuple) else english
            for pattern in (_BRACES, _PERCENT, _TAG):
                found = Counter(pattern.findall(form))
                assert found in (Counter(pattern.findall(english)), Counter(pattern.findall(least))), form


@pytest.mark.parametrize("code", TRANSLATED)
def test_catalogue_has_another_number_of_plural_forms_than_its_language(code: str) -> None:
    catalogue = known(code)
    for message in messages(catalogue):
        if isinstance(message.id, list | tuple):
            assert len(forms(message.string)) == catalogue.num_plurals, message.id


@pytest.mark.parametrize("code", TRANSLATED)
def test_number_is_written_in_digits_that_a_colleague_abroad_cannot_read(code: str) -> None:
    assert [message.string for message in messages(known(code)) if _NATIVE_DIGIT.search(str(message.string))] == []


def test_auditor_reads_a_code_instead_of_what_was_done() -> None:
    assert set(TRAIL) == set(AuditAction)
