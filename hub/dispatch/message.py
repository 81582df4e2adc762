"""What recipients read on any channel: a reference and a link. No name, face, place or case."""

from dataclasses import dataclass

from hub.dispatch.cap import alert_page
from hub.dispatch.model import Alert, AlertSettings, AlertStatus


@dataclass(frozen=True, slots=True)
class Message:
    """A title of one line and a text."""

    title: str
    body: str


def alert_message(alert: Alert, settings: AlertSettings) -> Message:
    """The message of an alert. An exercise says so first, in title and text."""
    prefix = "" if alert.status is AlertStatus.ACTUAL else f"{alert.status.upper()}: "
    warning = "" if alert.status is AlertStatus.ACTUAL else "This is not a real case.\n\n"
    late = "" if alert.historical is None else f"Historical: photographed {alert.historical}.\n\n"
    return Message(
        title=f"{prefix}Missing Child Alert, intake {alert.reference}",
        body=(
            f"{warning}Two reviewers have confirmed a match for the intake {alert.reference}.\n\n{late}"
            f"Open the alert (sign-in needed): {alert_page(alert, settings)}\n\n"
            "Or telephone the issuing desk and give the intake reference. Please do not forward this message, and do"
            " not write names or details of the child in a reply."
        ),
    )
