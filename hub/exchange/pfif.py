"""Cases as People Finder Interchange Format 1.4, the XML that missing-person services exchange, both ways.

http://zesty.ca/pfif/1.4/ is the specification. What comes in is read with defusedxml: no entity is expanded and no
address followed. A photograph's address is never fetched: who reads it there would learn whom we look for.
"""

import re
from datetime import UTC, date, datetime
from typing import Final
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from faults import RejectedError
from hub.cases.service import (
    Basis,
    CaseFile,
    Contact,
    Description,
    NewCase,
    Purpose,
    Register,
)
from hub.clock import moment, utc_day
from hub.exchange.model import Draft, FileRejectedError, Problem, SharingError
from protocol.ids import SliceName, local_part
from protocol.person import BirthBand, Month, Sex

NAMESPACE: Final = "http://zesty.ca/pfif/1.4"
MAX_BYTES: Final = 20_000_000
MAX_RECORDS: Final = 5_000

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_RECORD_ID: Final = re.compile(r"[A-Za-z0-9.-]+/\S{1,100}")
_BIRTH: Final = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")
_AGE: Final = re.compile(r"(\d{1,3})(?:-(\d{1,3}))?")
_SEEN: Final = re.compile(r"(?:Last seen|Found) on (\d{4}-\d\d-\d\d)\.")
_NAMELESS: Final = "unknown"  # Without a full_name a record counts as deleted.
_NOT_OF_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SEXES: Final = {"female": Sex.FEMALE, "male": Sex.MALE, "other": Sex.UNKNOWN, "": Sex.UNKNOWN}
_FOUND: Final = frozenset({"believed_alive", "is_note_author"})
_STATUSES: Final = _FOUND | {"information_sought", "believed_missing", "believed_dead"}


def write(files: list[CaseFile], domain: str, now: int) -> bytes:
    """Cases as one document; `domain` names this hub in their identifiers. Raises SharingError."""
    root = Element("pfif:pfif", {"xmlns:pfif": NAMESPACE})
    for file in files:
        if Purpose.SHARING not in file.basis.purposes:
            raise SharingError(
                "The legal basis of the case {id} does not cover sharing with other services.", id=file.summary.id
            )
        _write_person(root, file, domain, now)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _write_person(root: Element, file: CaseFile, domain: str, now: int) -> None:
    case, words = file.summary, file.description
    record = f"{domain}/{local_part(case.id)}"
    person = SubElement(root, "pfif:person")
    ends = file.basis.until
    fields = (
        ("person_record_id", record),
        ("entry_date", _moment(now)),
        ("expiry_date", f"{ends.isoformat()}T23:59:59Z" if ends else ""),
        ("author_name", domain),
        ("source_name", domain),
        ("source_date", _moment(case.registered_at)),
        ("full_name", _in_one_line(words.names[0]) if words.names else _NAMELESS),
        ("alternate_names", "\n".join(map(_in_one_line, words.names[1:]))),
        ("description", _in_words(words)),
        ("sex", "" if case.sex is Sex.UNKNOWN else str(case.sex)),
        *_birth_fields(words.born_on, case.birth, case.registered_at),
    )
    _add(person, fields)
    note = SubElement(person, "pfif:note")
    what = "Last seen" if case.register is Register.MISSING else "Found"
    seen = what if case.last_seen is None else f"{what} on {case.last_seen.isoformat()}"
    _add(
        note,
        (
            ("note_record_id", f"{record}.1"),
            ("person_record_id", record),
            ("entry_date", _moment(now)),
            ("author_name", domain),
            ("source_date", _moment(case.registered_at)),
            ("status", "believed_missing" if case.register is Register.MISSING else "believed_alive"),
            ("last_known_location", words.place),
            ("text", f"{seen}. {words.circumstances}".strip()),
        ),
    )


def _add(parent: Element, fields: tuple[tuple[str, str], ...]) -> None:
    for name, text in fields:
        if text:
            SubElement(parent, f"pfif:{name}").text = _NOT_OF_XML.sub("", text)


def read(data: bytes, basis: Basis, slice_name: SliceName, now: int) -> tuple[list[Draft], list[Problem], int]:
    """The persons of a document as drafts, everything that cannot be taken, and how many photographs it points to.

    `basis`: what permits to keep them here, which no file from elsewhere can say. Raises FileRejectedError.
    """
    root = _root(data)
    drafts: list[Draft] = []
    problems: list[Problem] = []
    photographs = 0
    people = root.findall(_tag("person"))
    if not people or len(people) > MAX_RECORDS:
        raise FileRejectedError(
            "The file has {count} persons; it takes 1 to {max_records}.", count=len(people), max_records=MAX_RECORDS
        )
    apart: dict[str, list[Element]] = {}
    for note in root.findall(_tag("note")):
        apart.setdefault(_text(note, "person_record_id"), []).append(note)
    for number, person in enumerate(people, 1):
        notes = [*person.findall(_tag("note")), *apart.get(_text(person, "person_record_id"), ())]
        photographs += sum(bool(_text(one, "photo_url")) for one in (person, *notes))
        try:
            drafts.append(Draft(number, _person(person, sorted(notes, key=_written_at), basis, slice_name, now)))
        except RejectedError as error:
            problems.append(Problem(number, "", error.sentence))
    return drafts, problems, photographs


def _root(data: bytes) -> Element:
    if len(data) > MAX_BYTES:
        raise FileRejectedError("The file has more than {number} MB. Divide it.", number=MAX_BYTES // 1000000)
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, LookupError, ValueError):
        raise FileRejectedError("The file is no well-formed XML of persons.") from None
    if root.tag != _tag("pfif"):
        raise FileRejectedError("The file is not PFIF 1.4.")
    return root


def _written_at(note: Element) -> str:
    # Moments of this form sort as texts do. What has none is older than what has one.
    return _text(note, "source_date") or _text(note, "entry_date")


def _person(person: Element, notes: list[Element], basis: Basis, slice_name: SliceName, now: int) -> NewCase:
    """`notes`: what was said of the person, the latest last."""
    record, name = _text(person, "person_record_id"), _text(person, "full_name")
    if not _RECORD_ID.fullmatch(record):
        raise FileRejectedError("The person_record_id is missing or not of the form DOMAIN/IDENTIFIER.")
    if not name:
        raise FileRejectedError("The full_name is missing, as in a record that was deleted at its source.")
    ends = _day_of(person, "expiry_date")
    if ends is not None and ends < utc_day(now):
        raise FileRejectedError("The record has expired: its source asks everyone to delete it.")
    statuses = [status for note in notes if (status := _text(note, "status"))]
    if not set(statuses) <= _STATUSES:
        raise FileRejectedError("The status of a note is none of PFIF's.")
    register = Register.FOUND if statuses and statuses[-1] in _FOUND else Register.MISSING
    said = [_text(person, "description"), *(_text(one, "text") for one in notes)]
    until = min((day for day in (basis.until, ends) if day is not None), default=None)
    birth, born_on = _birth(person, now)
    return NewCase(
        reference=record[:80],
        slice=slice_name if register is Register.MISSING else None,
        sex=_sex(_text(person, "sex")),
        birth=birth,
        last_seen=_last_seen(said),
        register=register,
        basis=Basis(basis.ground, basis.reference, basis.purposes, until),
        description=Description(
            names=(
                *(() if name == _NAMELESS else (name,)),
                *filter(None, map(str.strip, _text(person, "alternate_names").splitlines())),
            ),
            born_on=born_on,
            place=next((text for note in reversed(notes) if (text := _text(note, "last_known_location"))), ""),
            circumstances="\n".join(filter(None, said)),
            station=_text(person, "source_name"),
            reporter=_author(person),
        ),
    )


def _last_seen(said: list[str]) -> date | None:
    """The day that a document of a hub has in its note; others may say it in any words."""
    days = [match[1] for text in said if (match := _SEEN.match(text))]
    try:
        return date.fromisoformat(days[-1]) if days else None
    except ValueError:
        return None


def _author(person: Element) -> Contact | None:
    name, telephone = _text(person, "author_name"), _text(person, "author_phone")
    return Contact(name, "", telephone) if name or telephone else None


def _sex(text: str) -> Sex:
    if text not in _SEXES:
        raise FileRejectedError("The sex is none of PFIF's: female, male, other.")
    return _SEXES[text]


def _birth(person: Element, now: int) -> tuple[BirthBand, date | None]:
    born, age = _text(person, "date_of_birth"), _text(person, "age")
    if match := _BIRTH.fullmatch(born):
        year, month, day = (int(part) if part else None for part in match.groups())
        first, last = Month(year or 0, month or 1), Month(year or 0, month or 12)
        try:
            return BirthBand(first, last), date(first.year, first.month, day) if day else None
        except ValueError:
            raise FileRejectedError("The date_of_birth is no day of the calendar.") from None
    if match := _AGE.fullmatch(age):
        low, high = int(match[1]), int(match[2] or match[1])
        # The age was true when the record was written, up to a whole year before the next birthday.
        written = _day_of(person, "source_date") or utc_day(now)
        this_month = Month(written.year, written.month).ordinal
        return BirthBand(
            Month.from_ordinal(this_month - 12 * (high + 1)), Month.from_ordinal(this_month - 12 * low)
        ), None
    raise FileRejectedError("Neither date_of_birth nor age can be read: nobody could be compared with this child.")


def _day_of(parent: Element, name: str) -> date | None:
    text = _text(parent, name)
    if not text:
        return None
    if not _MOMENT.fullmatch(text):
        raise FileRejectedError("The {name} is no moment in UTC, such as 2026-09-01T10:00:00Z.", name=name)
    try:
        return datetime.fromisoformat(text).astimezone(UTC).date()
    except ValueError:
        raise FileRejectedError("The {name} is no moment of the calendar.", name=name) from None


def _text(parent: Element, name: str) -> str:
    return (parent.findtext(_tag(name)) or "").strip()


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _moment(at: int) -> str:
    return moment(at).strftime("%Y-%m-%dT%H:%M:%SZ")


def _in_one_line(name: str) -> str:
    return " ".join(name.split())


def _birth_fields(born_on: date | None, birth: BirthBand, at: int) -> tuple[tuple[str, str], ...]:
    """`at`: the source_date, as of which an age is meant."""
    if born_on is not None:
        return (("date_of_birth", born_on.isoformat()),)
    if birth.earliest == birth.latest:
        return (("date_of_birth", str(birth.earliest)),)
    if birth.earliest.year == birth.latest.year:
        return (("date_of_birth", str(birth.earliest.year)),)
    day = utc_day(at)
    this_month = Month(day.year, day.month).ordinal
    oldest, youngest = (max(this_month - one.ordinal, 0) // 12 for one in (birth.earliest, birth.latest))
    return (("age", f"{youngest}-{oldest}"),)


def _in_words(words: Description) -> str:
    parts = [f"{mark.where}: {mark.what}" for mark in words.marks]
    parts += [f"languages: {', '.join(words.languages)}"] if words.languages else []
    parts += [f"height: {words.height_cm} cm"] if words.height_cm else []
    parts += [f"{name}: {text}" for name, text in (("build", words.build), ("complexion", words.complexion)) if text]
    return "; ".join([*parts, *([f"clothing: {words.clothing}"] if words.clothing else [])])
