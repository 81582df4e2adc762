"""What recipients read on any channel: a reference and a link, and more only where the recipient's grade allows it.

No grade holds a name or a face. On a telephone, the same in some lines.
"""

from dataclasses import dataclass
from typing import Final

from hub.dispatch.cap import alert_page, historical, place
from hub.dispatch.model import AlertMessage, AlertSettings, AlertStatus, MessageKind
from hub.dispatch.recipient import Channel, Grade, Recipient
from hub.dispatch.texts import Text, say

_TITLES: Final = {
    MessageKind.ALERT: Text.TITLE,
    MessageKind.FOLLOW_UP: Text.TITLE_FOLLOW_UP,
    MessageKind.RECALL: Text.TITLE_RECALL,
}
_UNREAL: Final = {AlertStatus.EXERCISE: Text.EXERCISE, AlertStatus.TEST: Text.TEST}


@dataclass(frozen=True, slots=True)
class Letter:
    """A title of one line, empty where the channel has none, and a text."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """How this recipient alone says that this message was read."""

    link: str
    code: str


def letter(
    message: AlertMessage,
    recipient: Recipient,
    settings: AlertSettings,
    confirmation: Confirmation,
    *,
    may_repeat: bool = False,
) -> Letter:
    """A message as one recipient gets it. An exercise says so first. `may_repeat`: it may have come before."""
    language = recipient.entered.language
    title = _title(message, language)
    warnings = _warnings(message, language, may_repeat=may_repeat)
    said = [*historical(message.alert, settings, language), *_graded(message, recipient, settings)]
    confirm = [say(language, Text.CONFIRM_LINK, {"link": confirmation.link})]
    if settings.takes_replies:
        confirm.append(say(language, Text.CONFIRM_REPLY, {"code": confirmation.code}))
    if recipient.channel is Channel.SHORT:
        return Letter("", "\n".join([title, *warnings, *said, *confirm]))
    opening = say(language, Text.OPEN, {"link": alert_page(message.alert, settings)})
    core = say(language, _core(message), {"reference": message.alert.reference})
    discretion = say(language, Text.DISCRETION)
    return Letter(title, "\n\n".join([*warnings, core, *said, *confirm, opening, discretion]))


def _title(message: AlertMessage, language: str) -> str:
    title = say(language, _TITLES[message.kind], {"reference": message.alert.reference})
    unreal = _UNREAL.get(message.alert.status)
    return title if unreal is None else f"{say(language, unreal)}: {title}"


def _core(message: AlertMessage) -> Text:
    if message.kind is MessageKind.RECALL:
        return Text.RECALL
    if message.kind is MessageKind.FOLLOW_UP:
        return Text.FOLLOW_UP
    return Text.BROADCAST if message.alert.broadcast_id else Text.MATCH


def _warnings(message: AlertMessage, language: str, *, may_repeat: bool) -> list[str]:
    unreal = message.alert.status is not AlertStatus.ACTUAL
    return [say(language, text) for text, said in ((Text.NOT_REAL, unreal), (Text.MAYBE_TWICE, may_repeat)) if said]


def _graded(message: AlertMessage, recipient: Recipient, settings: AlertSettings) -> list[str]:
    alert, grade, language = message.alert, recipient.entered.grade, recipient.entered.language
    said = []
    if grade in (Grade.PLACE, Grade.CASE):
        said.append(say(language, Text.SITE, {"site": place(alert, settings)}))
    if grade is Grade.CASE:
        said.append(say(language, Text.CASE, {"case": alert.case}))
    return said
