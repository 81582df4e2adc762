"""A sentence for people that keeps its values apart, so that whoever shows it can say it in another language."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Self


class Sentence(str):
    """English text, which is what it is as a `str`, and what it was made of.

    `pattern`: the English with `{name}` for each value; the catalogues of translations know it by this. `plural`: the
    pattern for any number but one, where the words depend on `count`, which is among the values. `context`: tells
    apart what is one word in English and two elsewhere. A value can be a sentence or an error itself, a member of an
    enumeration, which pages write in words, or a tuple of such.
    """

    pattern: str
    plural: str
    context: str
    values: Mapping[str, object]

    def __new__(cls, pattern: str, /, *, plural: str = "", context: str = "", **values: object) -> Self:
        """`values` by name; a pattern without values may hold braces."""
        english = plural if plural and values["count"] != 1 else pattern
        shown = {name: _in_english(value) for name, value in values.items()}
        made = super().__new__(cls, english.format(**shown) if shown else english)
        made.pattern, made.plural, made.context, made.values = pattern, plural, context, values
        return made


def _in_english(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_in_english, value))
    if isinstance(value, int):
        return f"{value:,}"
    return value.replace("-", " ") if isinstance(value, StrEnum) else str(value)
