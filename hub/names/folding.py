"""What is left of a name when everything is dropped in which its spellings differ.

A name is one, and its spellings are many: Rahima, Raheema, Rohima, রহিমা, रहीमा. Every word is written in Latin
letters first, then one list of rules folds what English spellings of the region do not tell apart: aspirates, v and w
and b, s and sh, j and z, vowel length, doubled letters, letters that are written and not spoken. ADR 0100 has the
reasons; tests/hub/names has the list of names that the rules are held to.
"""

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from anyascii import anyascii

from hub.names.indic import is_indic, romanise

# Abbreviations as they stand on papers, once they are in Latin letters.
_WRITTEN_OUT: Final = {
    "md": "mohammad",
    "mohd": "mohammad",
    "muhd": "mohammad",
    "moh": "mohammad",
    "mhd": "mohammad",
    "mo": "mohammad",
    "mst": "mosammat",
    "most": "mosammat",
    "mosa": "mosammat",
    "mosta": "mosammat",
    "mochha": "mosammat",
    "sk": "sheikh",
    "kr": "kumar",
    "abd": "abdul",
    "smt": "shrimati",
    "othman": "osman",
    "uthman": "osman",
    "lokkhi": "lakshmi",
    "lokhi": "lakshmi",
    "lakkhi": "lakshmi",
}

# Words that stand before so many names, and are left out so often, that nobody is found or missed by them.
_COMMON: Final = re.compile(
    "m[ou]hamm?[aeou]d|mahamm?[ae]d|m[aou]s+h?amm?[aeou]t|s+h?r(?:i|ee)|s+h?rima?ti|mrs?|ms|miss|mises|janab|dr|da|late"
)

_DOUBLED: Final = re.compile(r"(.)\1+")
_V: Final = "aeiou"
_RULES: Final = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"([bdfgk-np-tvxz])\1+|(?<!c)(h)h+", r"\1\2"),
        # Consonants that are written with several letters. C is the sound of `ch`.
        ("tsh|^ts|c?chh", "s"),  # Tshering; the Bangla letter chh is spoken, and often written, s
        ("tch|chch|cch|ch", "C"),
        ("sch|sh", "s"),
        ("jny?", "gy"),
        ("ck|q", "k"),
        ("c(?=[eiy])", "s"),
        ("c", "k"),
        ("ph", "f"),
        ("z", "j"),
        ("x", "ks"),
        ("ngh", "n"),
        ("(?<=[kgtdbjlnrC])h", ""),  # aspirates
        ("h$", ""),  # Abdullah
        # Nasals before other consonants.
        (f"ng(?![{_V}y])", "n"),
        ("m(?=[pbf])", "n"),
        # v, w and b.
        (f"(?<=[std])[vw](?=[{_V}y])|(?<=^j)w|(?<=jj)[vw]", ""),  # Swapna, Ishwar, Ujjwal
        ("oa", "owa"),  # Monoara
        (f"w(?![{_V}y])", ""),  # Chowdhury
        ("[vw]", "b"),
        # y as a consonant, as a vowel and as neither.
        (f"^(?:[ie]?y|[ie](?=u)|i(?=[ao])|e(?=a))(?=[{_V}])", "j"),  # Yasmin, ইয়াসমিন, Eakub
        (f"ey(?=a)|(?<=[^{_V}])y(?![{_V}])", "i"),  # Rabeya, Chowdhury
        (f"(?<=[^{_V}])y|(?<=[ie])y|y(?![aou])", ""),  # Shyam, Priya, Ayesha
        # Vowels: I, and A for all others, which spellings mix freely.
        (f"(?<=[^{_V}])e$", ""),  # Jasmine
        (f"(?<=[{_V}])i$", ""),  # Rai, Ray
        ("ee+|ea(?=.)|ie(?=.)|ii+", "I"),
        ("i", "I"),
        ("[aeou]+I|[aeou]+", "A"),
        ("A+", "A"),
        (r"(.)\1+", r"\1"),  # doubled letters
        ("(?<!^)A(?!$)", ""),  # Kamala, Kamla
    )
)


@dataclass(frozen=True, slots=True)
class Sound:
    """A word of a name as it sounds. Words with equal `close` are spellings of one name; those with equal `far` may be.

    `close` keeps the first and the last vowel and every i between; `far` nearly the consonants alone.
    """

    close: str
    far: str
    common: bool = False

    @property
    def slips(self) -> frozenset[str]:
        """What `far` is where two neighbouring consonants have changed places, or a faint one was added or left out.

        Nothing for words with hardly any. The first sound stays: it is the one that people get right, and by it names
        differ most.
        """
        if len(self.far) < _ENOUGH_TO_SLIP or not self.far[1:].islower():
            return frozenset()
        slipped = {*_swapped(self.far), *_without_faint(self.far), *_with_faint(self.far)} - {self.far}
        return frozenset(one for one in slipped if len(one) >= _ENOUGH_TO_SLIP)


_ENOUGH_TO_SLIP: Final = 3
_FAINT: Final = "hbn"
"""Tamina for Tahmina, Patoari for Patwari, Chadni for Chandni: b stands for w as well, and n for a nasal vowel."""


def sounds(name: str) -> tuple[Sound, ...]:
    """Each word of a name, in any script, in the order of the name; what is no letter is left out."""
    return tuple(sound for sound in map(_sound, _latin_words(name)) if sound.close)


def joined_sounds(name: str) -> tuple[Sound, ...]:
    """Each two neighbouring words as one, in their order: Raj Kumar is Rajkumar. Without words such as Md."""
    heard = [(word, sound) for word in _latin_words(name) if (sound := _sound(word)).close]
    return tuple(
        _sound(f"{first}{second}") for first, second in pairwise(word for word, one in heard if not one.common)
    )


def _latin_words(name: str) -> list[str]:
    return [_romanised(word) for word in _words(unicodedata.normalize("NFKC", name))]


def _words(text: str) -> list[str]:
    # Vowel signs of Indian scripts are marks, and what joins letters is neither seen nor heard.
    heard = text.replace("\u200c", "").replace("\u200d", "")
    return "".join(letter if unicodedata.category(letter)[0] in "LM" else " " for letter in heard).split()


def _romanised(word: str) -> str:
    latin = romanise(word) if is_indic(word[0]) else anyascii(word)
    return re.sub("[^a-z]", "", latin.lower())


def _swapped(far: str) -> list[str]:
    return [_single(far[:at] + far[at + 1] + far[at] + far[at + 2 :]) for at in range(1, len(far) - 1)]


def _without_faint(far: str) -> list[str]:
    # At the end an n or a b is a syllable of its own: Rahim is not Rahman.
    return [
        _single(far[:at] + far[at + 1 :])
        for at in range(1, len(far))
        if far[at] == "h" or (far[at] in _FAINT and at < len(far) - 1)
    ]


def _with_faint(far: str) -> list[str]:
    within = [far[:at] + faint + far[at:] for at in range(1, len(far)) for faint in _FAINT]
    return [_single(one) for one in (*within, f"{far}h")]


def _single(far: str) -> str:
    return _DOUBLED.sub(r"\1", far)


def _sound(word: str) -> Sound:
    written_out = _WRITTEN_OUT.get(word, word)
    close = written_out
    for pattern, sound in _RULES:
        close = pattern.sub(sound, close)
    if _COMMON.fullmatch(written_out):
        # A sound of its own: who looks for Mahmud does not look for every Mohammad.
        return Sound(f"*{close}", f"*{close}", common=True)
    consonants = re.sub("[AIy]", "", close[1:]).replace("C", "s")
    first = re.sub("[AI]", "V", close[:1]).replace("C", "s")
    far = _single(first + consonants)
    # Where hardly a consonant is left, vowels are all there is to tell names apart by.
    return Sound(close, far if len(far) > 1 else close.replace("C", "s"))
