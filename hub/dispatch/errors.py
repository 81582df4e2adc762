"""What can go wrong around alerts, and what to do then."""

from faults import MisconfiguredError, RejectedError, UnavailableError


class UnknownAlertError(RejectedError):
    """There is no such alert."""


class AlertStageError(RejectedError):
    """The alert has come further than whoever acts on it knows."""


class AddressError(RejectedError):
    """An address cannot be sent to as it stands. The message never quotes it: it may hold a password."""


class RecipientError(RejectedError):
    """A recipient cannot be added or found like this."""


class UnknownTokenError(RejectedError):
    """A link or a reply belongs to no message."""


class PartnerAckError(RejectedError):
    """What a partner sent acknowledges nothing. The message says what an acknowledgement is."""


class ReplySecretError(RejectedError):
    """Whoever hands on replies does not know the gateway's secret."""


class BroadcastError(RejectedError):
    """A broadcast alert is not screened, or its screening is not complete."""


class RecipientsError(MisconfiguredError):
    """The file of recipients cannot be used. The message names the line, never its content."""


class FeedUnavailableError(UnavailableError):
    """The folder of the feed cannot be written now. The alert stays in the database and is tried again."""
