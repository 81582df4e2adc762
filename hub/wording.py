"""How the console writes times, numbers and the fields' own values in one language, in the words of a police desk."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from babel.dates import format_date
from markupsafe import Markup

from faults import MissingChildAlertError, Sentence
from hub import terms
from hub.access.service import Role
from hub.clock import moment
from hub.moments import Moments
from hub.review import statements
from hub.sites import Sites
from protocol.person import AgeBand, BirthBand, Month


class Wording(Moments):
    """One language, and the desk's time zone. The public methods are the filters of the console's pages."""

    def said(self, text: str | MissingChildAlertError) -> str:
        """A sentence or an error in this language; what is no sentence stays as it is."""
        sentence = text.sentence if isinstance(text, MissingChildAlertError) else text
        if not isinstance(sentence, Sentence):
            return sentence
        pattern = self._language.pattern(sentence)
        values = {name: self._value(value) for name, value in sentence.values.items()}
        return pattern.format(**values) if values else pattern

    def words(self, value: StrEnum) -> str:
        """A value of a field as people read it."""
        return self.said(terms.term(value))

    def all_words(self, values: Iterable[StrEnum]) -> str:
        """Several: `Case officer, dispatcher`."""
        listed = ", ".join(self.words(value).lower() for value in values)
        return listed[:1].upper() + listed[1:]

    def roles(self, roles: frozenset[Role]) -> str:
        """Several roles, in their own order."""
        return self.all_words(role for role in Role if role in roles)

    def tongue(self, code: str) -> str:
        """A language that somebody speaks, by its code of ISO 639."""
        return self._language.tongue(code)

    def years(self, band: AgeBand) -> str:
        """An age band: `4 to 8 years`."""
        low, high = band.years
        if band is AgeBand.UNKNOWN:
            return self.said(Sentence("Not recorded"))
        if band is AgeBand.ADULT:
            return self.said(Sentence("18 years or more"))
        return self.said(Sentence("{low} to {high} years", low=low, high=high))

    def timed(self, at: int) -> Markup:
        """A moment as an element of a page."""
        return Markup('<time datetime="{}">{}</time>').format(self.iso(at), self.when(at))

    def iso(self, at: int) -> str:
        """A moment as the `datetime` attribute of HTML wants it."""
        return moment(at).strftime("%Y-%m-%dT%H:%M:%SZ")

    def born(self, birth: BirthBand) -> str:
        """When someone was born: `Aug 2019`, or `between Jan 2018 and Dec 2019`."""
        earliest, latest = self.month(birth.earliest), self.month(birth.latest)
        if birth.earliest == birth.latest:
            return earliest
        return self.said(Sentence("between {earliest} and {latest}", earliest=earliest, latest=latest))

    def month(self, month: Month) -> str:
        """A month: `Aug 2019`."""
        return format_date(date(month.year, month.month, 1), f"{self._month} y", locale=self._language.locale)

    def calendar_month(self, written: str) -> str:
        """A month that is given as `2019-08`."""
        year, month = written.split("-")
        return self.month(Month(int(year), int(month)))

    def doubt(self, measure: str) -> str:
        """Why a picture was taken with a doubt: `it is dark`."""
        return self.said(statements.doubt(measure))

    def lasting(self, minutes: int) -> str:
        """A time in minutes as people say it: `40 min`, `3 h`, `2 days`."""
        if minutes < 60:
            return self.said(Sentence("{count} min", count=minutes))
        if minutes < 48 * 60:
            return self.said(Sentence("{count} h", count=minutes // 60))
        return self.said(Sentence("{count} days", count=minutes // (24 * 60)))

    def percent(self, share: float) -> str:
        """A share from 0 to 1: `12 %`."""
        return f"{round(share * 100)} %"

    def number(self, value: int) -> str:
        """With the language's grouping: `1,204`."""
        return self._language.number(value)

    def score_text(self, score: float) -> str:
        """A similarity from −1 to 1 with two decimals and a true minus sign."""
        return f"{score:.2f}".replace("-", "−")

    def place(self, name: str) -> str:
        """Where something of a child was removed: `Database files`, or a unit by its name."""
        return self.said(terms.place(name))

    def field(self, name: str) -> str:
        """What a field of a form is called: `Day of birth`."""
        return self.said(terms.field(name))

    def reach(self, sites: Sites) -> str:
        """Where somebody works: `Whole hub`, or the sites by name."""
        return self.said(Sentence("Whole hub")) if sites.names is None else ", ".join(sorted(sites.names))

    def _value(self, value: object) -> str:
        """What stands inside a sentence: all but names and references in the language."""
        match value:
            case StrEnum():
                return self.words(value).lower()
            case str() | MissingChildAlertError():
                return self.said(value)
            case list() | tuple():
                return ", ".join(map(self._value, value))
            case int():
                return self.number(value)
            case date():
                return self.day(value)
            case _:
                return str(value)
