"""From a registration's bytes to what can be kept. Pure but for the encryption."""

from hub.atrest import Vault
from hub.found.model import FoundArrival
from models.images import decode_image
from protocol.consent import ConsentRecord, open_record
from protocol.errors import FieldError
from protocol.found import FoundChild
from protocol.ids import FoundId, UnitId
from protocol.keys import Identity


def read_found(vault: Vault, sender: Identity | None, unit: UnitId, payload: bytes) -> FoundArrival:
    """A registration that its unit has signed, for keeping. Raises protocol errors, or models' ImageRejectedError."""
    found = FoundChild.from_bytes(payload)
    if found.unit != unit:
        raise FieldError("A found child of another unit came in a message of {unit}.", unit=unit)
    decode_image(found.photograph)  # Browsers will be given it: it must be a picture.
    record = open_record(found.consent, lambda _name: sender)
    _require_permitted(record, found)
    return FoundArrival(
        found=found,
        basis=record.basis.kind,
        record_id=record.record_id.hex(),
        withdrawal=record.withdrawal.hex(),
        sealed_consent=vault.encrypt(found.consent, place(found.found_id, "consent")),
        sealed_content=vault.encrypt(payload, place(found.found_id, "content")),
    )


def place(found: FoundId, column: str) -> str:
    """Where a column of a registration is, for the vault."""
    return f"found_children/{column}/{found}"


def _require_permitted(record: ConsentRecord, found: FoundChild) -> None:
    if not record.of_found_child:
        raise FieldError("The consent record of an intake does not permit to register a found child.")
    if (record.unit, record.site, record.reference) != (found.unit, found.site, found.reference):
        raise FieldError("A found child carries the consent record of another one.")
