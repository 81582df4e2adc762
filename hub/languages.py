"""The languages that the console speaks: which of them somebody reads, and the catalogue of each.

English is the source and stands in the code. The others are catalogues of gettext (hub/locale), read as text: there is
nothing to compile before the program runs.
"""

from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

from babel import Locale
from babel.core import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations

from faults import Sentence

ENGLISH: Final = "en"
LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "bn": "বাংলা", "hi": "हिन्दी", "ne": "नेपाली"}
"""The codes of ISO 639, and each language's name in itself."""

DOMAIN: Final = "console"
_LOCALE: Final = Path(__file__).parent / "locale"
# Dates as `21 Nov 2026` in each language: the day first, as all three countries write it.
_LOCALES: Final = {"en": "en_GB", "bn": "bn_BD", "hi": "hi_IN", "ne": "ne_NP"}


class Language:
    """One language. Safe to share between threads."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.locale = Locale.parse(_LOCALES[code])
        self.translations = _catalogue(code)

    def number(self, value: int) -> str:
        """With the language's grouping, in Latin digits (docs/adr/0166-digits-dates-and-zone.md): `1,00,000`."""
        return str(format_decimal(value, locale=self.locale))

    def tongue(self, code: str) -> str:
        """A language by its code of ISO 639, as this one calls it; the code, where it has no word for it."""
        return str(self.locale.languages.get(code, code))

    def pattern(self, text: Sentence) -> str:
        """A sentence in this language, with `{name}` for each of its values."""
        if text.plural:
            count = text.values["count"]
            return str(self.translations.ngettext(text.pattern, text.plural, count if isinstance(count, int) else 2))
        if text.context:
            return str(self.translations.pgettext(text.context, text.pattern))
        return str(self.translations.gettext(text.pattern))


@cache
def language(code: str) -> Language:
    """One of LANGUAGES."""
    return Language(code)


def chosen(account: str | None, cookie: str | None, accepted: str) -> str:
    """Which language somebody reads: their account's, else the browser's choice here, else what it asks for."""
    for wish in (account, cookie):
        if wish in LANGUAGES:
            return str(wish)
    return negotiate_locale(_by_preference(accepted), list(LANGUAGES), sep="-") or ENGLISH


def _by_preference(accepted: str) -> list[str]:
    """The tags of an Accept-Language header, what is preferred first; what cannot be read is left out."""
    weighed = []
    for part in accepted.split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            weighed.append((-float(weight or 1), tag.strip()))
        except ValueError:
            continue
    return [tag for weight, tag in sorted(weighed, key=lambda one: one[0]) if weight < 0]


@cache
def _catalogue(code: str) -> Translations:
    if code == ENGLISH:
        return Translations()
    with (_LOCALE / code / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        catalogue = read_po(file, locale=code)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled, domain=DOMAIN)
