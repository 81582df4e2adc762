"""The hub's own signed word on what it has removed, for every place that cannot sign for itself."""

from collections.abc import Mapping

from sqlalchemy import Connection

from hub.erasure import record_store
from hub.erasure.model import HUB, ErasureId
from protocol.envelope import digest
from protocol.erasure import WITHDRAWAL_BYTES, ErasureRecord, sign_erasure
from protocol.keys import PrivateIdentity
from protocol.moment import Moment


class HubWord:
    """Joins the caller's transaction."""

    def __init__(self, identity: PrivateIdentity) -> None:
        """`identity`: the hub's own."""
        self._identity = identity

    def give(
        self,
        connection: Connection,
        erasure: ErasureId,
        withdrawal: str | None,
        removed: Mapping[str, int],
        at: int,
        *,
        kept: bool = False,
    ) -> None:
        """Sign what was removed. `withdrawal`: in hexadecimal, None where no consent was taken back."""
        known_as = bytes(WITHDRAWAL_BYTES) if withdrawal is None else bytes.fromhex(withdrawal)
        word = ErasureRecord(known_as, self._identity.name, Moment(at, at, at), removed, kept=kept)
        signed = sign_erasure(word, self._identity.signing_key)
        record_store.add(connection, erasure, HUB, digest=digest(signed), record=signed, at=at)
