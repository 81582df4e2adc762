"""Errors of bytes and names that come from a peer.

RejectedError
├── MalformedError               not the canonical form that the protocol defines
│   ├── OversizedError           longer than the protocol allows
│   ├── TrailingBytesError       something follows the message
│   └── FieldError               a field is missing, of the wrong type or out of range
├── UnknownVersionError          a version or type that this program does not speak
├── UnknownSenderError           no key of that sender is known here
├── BadSignatureError            the signature does not fit the bytes and the sender's key
├── WrongRecipientError          sealed to somebody else
├── UnsealError                  does not open with the right key: altered on the way
├── ReplayedError                this sequence number was used before
├── WrongTopicError              a topic that no message of ours has
└── InvalidIdError               not an identifier of the project's grammar
MisconfiguredError
└── BadKeyError                  key material on this machine is not what it should be
"""

from faults import MisconfiguredError, RejectedError


class MalformedError(RejectedError):
    """The bytes are not the canonical form that the protocol defines."""


class OversizedError(MalformedError):
    """The bytes are longer than the protocol allows for their kind."""


class TrailingBytesError(MalformedError):
    """The message is complete and something follows it."""


class FieldError(MalformedError):
    """A field is missing, has the wrong type or lies outside its range."""


class UnknownVersionError(RejectedError):
    """The message has a version or type that this program does not speak."""


class UnknownSenderError(RejectedError):
    """No key of the named sender is known here."""


class BadSignatureError(RejectedError):
    """The signature does not fit the bytes as received and the sender's key."""


class WrongRecipientError(RejectedError):
    """The message is sealed to another recipient."""


class UnsealError(RejectedError):
    """The sealed part does not open with the right key: it was altered on the way."""


class ReplayedError(RejectedError):
    """The sender's sequence number was used before, or is too old to tell."""


class WrongTopicError(RejectedError):
    """The topic is not one of the protocol's."""


class InvalidIdError(RejectedError):
    """The text is not an identifier of the project's grammar."""


class BadKeyError(MisconfiguredError):
    """Key material on this machine is not what it should be."""
