"""Letters of the Indian scripts in Latin letters, as they are spoken in names.

Unicode lays the scripts that descend from ISCII out alike: a letter stands at the same place of each block. So one
table of places reads Devanagari, Bangla, Gurmukhi, Gujarati and the others. Vowel length and the difference of
dental and retroflex are dropped here, for no spelling in Latin letters keeps them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

_BLOCKS: Final = range(0x0900, 0x0D80)
_BLOCK_LENGTH: Final = 0x80
_BANGLA: Final = 0x0980

# Each a row of the chart, as one reads it: a string says it better than a list.
_CONSONANTS: Final = dict(
    enumerate("k kh g gh ng ch chh j jh ny t th d dh n t th d dh n n p ph b bh m y r r l l l v sh sh s h".split(), 0x15)  # noqa: SIM905
) | {0x4E: "t", 0x70: "r", 0x71: "v"}  # The last three are Bangla's final t, and Assamese r and w.
_VOWELS: Final = dict(enumerate("a a i i u u ri l e e e ai o o o au".split(), 0x05))  # noqa: SIM905
_SIGNS: Final = dict(enumerate("a i i u u ri ri e e e ai o o o au".split(), 0x3E))  # noqa: SIM905
_CANDRABINDU, _ANUSVARA, _NUKTA, _VIRAMA, _FINAL_T = 0x01, 0x02, 0x3C, 0x4D, 0x4E
# A dot below makes another sound of a letter.
_WITH_NUKTA: Final = {"k": "q", "j": "z", "d": "r", "dh": "r", "ph": "f"}


@dataclass(frozen=True, slots=True)
class _Syllable:
    """A consonant, or none, and its vowel: None is the inherent one, and `` is none at all."""

    consonant: str
    vowel: str | None
    nukta: bool = False
    nasal: int = 0  # the sign's place


def is_indic(letter: str) -> bool:
    """Whether a character belongs to one of the blocks."""
    return ord(letter) in _BLOCKS


def romanise(word: str) -> str:
    """A word of one Indian script, in Unicode's composed form, in lower-case Latin letters."""
    bangla = ord(word[0]) // _BLOCK_LENGTH * _BLOCK_LENGTH == _BANGLA
    syllables = _syllables(word)
    if bangla:
        syllables = _as_spoken_in_bangla(syllables)
    spoken = [_spoken(syllables, position) for position in range(len(syllables))]
    return "".join(spoken)


def _syllables(word: str) -> list[_Syllable]:
    found: list[_Syllable] = []
    for letter in word:
        place = ord(letter) % _BLOCK_LENGTH
        if place in _CONSONANTS:
            found.append(_Syllable(_CONSONANTS[place], "" if place == _FINAL_T else None))
        elif place in _VOWELS:
            found.append(_Syllable("", _VOWELS[place]))
        elif found:
            found[-1] = _marked(found[-1], place)
    return found


def _marked(last: _Syllable, place: int) -> _Syllable:
    if place in _SIGNS:
        return replace(last, vowel=_SIGNS[place])
    if place == _VIRAMA:
        return replace(last, vowel="")
    if place == _NUKTA:
        return replace(last, consonant=_WITH_NUKTA.get(last.consonant, last.consonant), nukta=True)
    return replace(last, nasal=place) if place in (_CANDRABINDU, _ANUSVARA) else last


def _as_spoken_in_bangla(syllables: Sequence[_Syllable]) -> list[_Syllable]:
    spoken: list[_Syllable] = []
    for syllable in syllables:
        last = spoken[-1] if spoken else _Syllable("", None)
        below = last.vowel == ""
        if syllable.consonant == "b" and below and last.consonant not in ("m", "l", "r", "b", "g"):
            # Below another letter it is the w of স্বপ্না, which is hardly heard.
            spoken.append(replace(syllable, consonant="w"))
        elif syllable.consonant == "y" and not syllable.nukta and not below:
            # Without a dot it is the j of যাদব.
            spoken.append(replace(syllable, consonant="j"))
        elif syllable.consonant == "y" and last.vowel == "o":
            # After o it is the w of other languages: ওয়াহিদ, আনোয়ার.
            spoken[-1] = last if last.consonant else replace(last, vowel="")
            spoken.append(replace(syllable, consonant="w"))
        else:
            spoken.append(syllable)
    return spoken


def _spoken(syllables: Sequence[_Syllable], position: int) -> str:
    syllable = syllables[position]
    following = syllables[position + 1] if position + 1 < len(syllables) else None
    after_conjunct = position > 0 and syllables[position - 1].vowel == "" and bool(syllables[position - 1].consonant)
    vowel = syllable.vowel
    if vowel is None:
        vowel = "a" if _is_heard(syllables, position, after_conjunct=after_conjunct) else ""
    consonant = syllable.consonant
    if vowel == "" and following is not None:
        if consonant in ("ng", "ny"):
            consonant = "n"
        if (consonant, following.consonant) == ("j", "ny"):
            return "g"  # The letter of Gyan, which others write Jnan.
    if consonant == "ny" and after_conjunct and syllables[position - 1].consonant == "j":
        consonant = "y"
    # A nasal sign is a consonant before another one; at the end, the candrabindu but colours the vowel, save in जहाँ.
    if following is None:
        heard = syllable.nasal == _ANUSVARA or (syllable.nasal == _CANDRABINDU and consonant == "h")
    else:
        heard = bool(syllable.nasal and following.consonant)
    return consonant + (vowel or ("a" if heard else "")) + ("n" if heard else "")


def _is_heard(syllables: Sequence[_Syllable], position: int, *, after_conjunct: bool) -> bool:
    """Whether a syllable's inherent vowel is spoken."""
    if position + 1 == len(syllables):
        return after_conjunct  # Krishna, but Rahim.
    # Within a word it is lost between two vowels, which is told only where it matters: before h, and after y.
    following = syllables[position + 1]
    before_h = following.consonant == "h" and (following.vowel or position + 2 < len(syllables))
    after_y = syllables[position].consonant == "y" and following.consonant
    if not (before_h or after_y) or position == 0 or after_conjunct:
        return True
    return position > 1 and not syllables[position - 1].vowel  # Farhana, but Nurjahan, whose r has lost it.
