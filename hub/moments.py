"""How the hub writes moments and days in one language: in the desk's zone, on pages and in what is sent."""

from datetime import UTC, date, timedelta, tzinfo

from babel.dates import format_date

from faults import Sentence
from hub.clock import moment
from hub.ingest.capture_time import CaptureTime
from hub.languages import ENGLISH, Language


class Moments:
    """One language, and the desk's time zone."""

    def __init__(self, spoken: Language, zone: tzinfo = UTC) -> None:
        self._language = spoken
        self._zone = zone
        # English months are short, as in `21 Nov 2026`; the short ones of the others are not in use.
        self._month = "MMM" if spoken.code == ENGLISH else "MMMM"

    def when(self, at: int) -> str:
        """A moment in milliseconds, in the desk's zone: `21 Nov 2026, 14:05 UTC`."""
        time = moment(at).astimezone(self._zone)
        return f"{self.day(time.date())}, {time:%H:%M} {_zone_name(time.utcoffset())}"

    def day(self, date_: date) -> str:
        """A day: `21 Nov 2026`."""
        return format_date(date_, f"d {self._month} y", locale=self._language.locale)

    def captured(self, time: CaptureTime) -> str:
        """When a photograph was taken: the moment, or what it lies between where the unit's clock was uncertain."""
        if not time.uncertain:
            return self.when(time.at)
        between = Sentence("between {earliest} and {latest} (time uncertain)")
        return self._language.pattern(between).format(earliest=self.when(time.earliest), latest=self.when(time.latest))


def _zone_name(offset: timedelta | None) -> str:
    """`UTC`, `UTC+6`, `UTC+5:45`: abbreviations such as BST mean other zones to other desks."""
    minutes = round((offset or timedelta()).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    if minutes == 0:
        return "UTC"
    return f"UTC{'+' if minutes > 0 else '−'}{hours}{f':{rest:02}' if rest else ''}"
