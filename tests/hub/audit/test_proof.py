"""What is handed out: one entry for a court, or that nothing was rewritten for a witness who may read no entry."""

import json
from pathlib import Path

import pytest

from hub.audit.service import ContinuationProof, EntryProof, HeadError, ProofError, read_proof
from tests.hub.audit.trail import IDENTITY, OTHER_IDENTITY, Administrator, Trail

HUB = IDENTITY.public


@pytest.fixture
def trail(tmp_path: Path) -> Trail:
    trail = Trail(tmp_path)
    trail.write(11)
    trail.sign()
    trail.write(1)
    return trail


def proof_of(trail: Trail, position: int) -> EntryProof:
    with trail.database.read() as connection:
        return trail.log.prove_entry(connection, position)


def changed(proof: EntryProof | ContinuationProof, **fields: object) -> str:
    return json.dumps(json.loads(proof.to_json()) | fields)


@pytest.mark.parametrize("position", [1, 6, 11])
def test_entry_can_be_shown_to_somebody_who_has_the_card_alone(trail: Trail, position: int) -> None:
    proof = read_proof(proof_of(trail, position).to_json())
    assert isinstance(proof, EntryProof)
    entry, head = proof.check(HUB)
    assert (entry.subject, head.size) == (f"bd/c-{position}", 11)


@pytest.mark.parametrize("position", [0, -1, 12, 13])
def test_entry_under_no_head_cannot_be_shown(trail: Trail, position: int) -> None:
    with pytest.raises(ProofError, match="covers 11 entries"):
        proof_of(trail, position)


def test_entry_that_was_changed_in_the_proof_is_refused(trail: Trail) -> None:
    proof = proof_of(trail, 6)
    forged = proof.entry.replace(b"amina", b"bimal").hex()
    for text in (changed(proof, entry=forged), changed(proof, position=5), changed(proof, path=[])):
        read = read_proof(text)
        assert isinstance(read, EntryProof)
        with pytest.raises(ProofError):
            read.check(HUB)


def test_proof_of_another_hubs_key_is_refused(trail: Trail) -> None:
    with pytest.raises(HeadError, match="another key"):
        proof_of(trail, 6).check(OTHER_IDENTITY.public)


def test_witness_is_shown_that_a_later_trail_continues_the_one_it_knows(trail: Trail) -> None:
    known = trail.sign()
    trail.write(30)
    trail.sign()
    with trail.database.read() as connection:
        proof = read_proof(trail.log.prove_continuation(connection, known).to_json())
    assert isinstance(proof, ContinuationProof)
    earlier, head = proof.check(HUB)
    assert (earlier.size, head.size) == (12, 42)


def test_witness_is_not_shown_a_rewritten_trail_as_a_continuation(trail: Trail) -> None:
    known = trail.sign()
    administrator = Administrator(trail.url)
    administrator.rewrite([])
    administrator.do("DELETE FROM audit_heads")
    trail.head_file.unlink()
    trail.write(30)
    trail.sign()
    with trail.database.read() as connection:
        proof = trail.log.prove_continuation(connection, known)
    with pytest.raises(ProofError, match="does not continue"):
        proof.check(HUB)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"path": ["00"]}', '{"path": [], "earlier": 1, "head": 2}', "x" * 2**21]
)
def test_text_that_is_no_proof_is_one_clear_error(text: str) -> None:
    with pytest.raises(ProofError):
        read_proof(text)
