"""What may become of a case: a state machine, as a table. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from faults import RejectedError
from hub.cases.model import CaseState, Reason


class TransitionError(RejectedError):
    """A case cannot become what was asked, from where it stands."""


_S, _R = CaseState, Reason

_CLOSING: Final = frozenset({_R.REUNITED, _R.IN_CARE, _R.OF_AGE, _R.DECEASED, _R.WITHDRAWN, _R.MISTAKE})
_ERASING: Final = frozenset({_R.FAMILY_ASKED, _R.COURT_ORDER, _R.MISTAKE, _R.RECORD_EXPIRED})
_EXPIRING: Final = frozenset({_R.NOT_RENEWED, _R.CONSENT_ENDED})

TRANSITIONS: Final[Mapping[tuple[CaseState, CaseState], frozenset[Reason]]] = MappingProxyType(
    {
        (_S.OPEN, _S.LOCATED): frozenset({_R.MATCH_CONFIRMED}),
        (_S.LOCATED, _S.OPEN): frozenset({_R.MATCH_RECALLED}),
        (_S.OPEN, _S.CLOSED): _CLOSING,
        (_S.LOCATED, _S.CLOSED): _CLOSING,
        (_S.OPEN, _S.EXPIRED): _EXPIRING,
        (_S.LOCATED, _S.EXPIRED): _EXPIRING,
        (_S.OPEN, _S.MERGED): frozenset({_R.DUPLICATE}),
        (_S.OPEN, _S.ERASED): _ERASING,
        (_S.LOCATED, _S.ERASED): _ERASING,
        (_S.CLOSED, _S.ERASED): _ERASING,
        (_S.EXPIRED, _S.ERASED): _ERASING,
        (_S.MERGED, _S.ERASED): _ERASING,
    }
)
"""Every step there is, and the reasons that may be given for it.

What is closed is not opened again: its faces are gone."""

SEARCHED: Final = frozenset({_S.OPEN})
WITH_FACES: Final = frozenset({_S.OPEN, _S.LOCATED})


def require_transition(old: CaseState, new: CaseState, reason: Reason) -> None:
    """Raises TransitionError."""
    if reason not in TRANSITIONS.get((old, new), frozenset()):
        raise TransitionError(
            "A case that is {old} cannot become {new} because of: {reason}. Look at the case again; somebody may"
            " have changed it meanwhile.",
            old=old,
            new=new,
            reason=reason,
        )


def reasons(old: CaseState, new: CaseState) -> list[Reason]:
    """The reasons that may be given for a step, in the order of `Reason`; none where there is no such step."""
    allowed = TRANSITIONS.get((old, new), frozenset())
    return [reason for reason in Reason if reason in allowed]
