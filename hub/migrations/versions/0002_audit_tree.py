"""Audit entries as the bytes that are hashed, their Merkle tree and its signed heads."""

import hashlib
import json
from typing import Any

import cbor2
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TRIGGERS = {
    "sqlite": (
        "CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END",
        "CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END",
        "CREATE TRIGGER audit_entries_no_replace BEFORE INSERT ON audit_entries WHEN EXISTS (SELECT 1 FROM audit_entries WHERE (position = NEW.position)) BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END",
        "CREATE TRIGGER audit_nodes_no_update BEFORE UPDATE ON audit_nodes BEGIN SELECT RAISE(ABORT, 'audit_nodes is append-only'); END",
        "CREATE TRIGGER audit_nodes_no_delete BEFORE DELETE ON audit_nodes BEGIN SELECT RAISE(ABORT, 'audit_nodes is append-only'); END",
        "CREATE TRIGGER audit_nodes_no_replace BEFORE INSERT ON audit_nodes WHEN EXISTS (SELECT 1 FROM audit_nodes WHERE (level = NEW.level AND number = NEW.number)) BEGIN SELECT RAISE(ABORT, 'audit_nodes is append-only'); END",
        "CREATE TRIGGER audit_heads_no_update BEFORE UPDATE ON audit_heads BEGIN SELECT RAISE(ABORT, 'audit_heads is append-only'); END",
        "CREATE TRIGGER audit_heads_no_delete BEFORE DELETE ON audit_heads BEGIN SELECT RAISE(ABORT, 'audit_heads is append-only'); END",
        "CREATE TRIGGER audit_heads_no_replace BEFORE INSERT ON audit_heads WHEN EXISTS (SELECT 1 FROM audit_heads WHERE (size = NEW.size)) BEGIN SELECT RAISE(ABORT, 'audit_heads is append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION audit_entries_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'audit_entries is append-only'; END $$",
        "CREATE TRIGGER audit_entries_no_change BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_entries_refuse()",
        "CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_refuse()",
        "CREATE FUNCTION audit_nodes_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'audit_nodes is append-only'; END $$",
        "CREATE TRIGGER audit_nodes_no_change BEFORE UPDATE OR DELETE ON audit_nodes FOR EACH ROW EXECUTE FUNCTION audit_nodes_refuse()",
        "CREATE TRIGGER audit_nodes_no_truncate BEFORE TRUNCATE ON audit_nodes FOR EACH STATEMENT EXECUTE FUNCTION audit_nodes_refuse()",
        "CREATE FUNCTION audit_heads_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'audit_heads is append-only'; END $$",
        "CREATE TRIGGER audit_heads_no_change BEFORE UPDATE OR DELETE ON audit_heads FOR EACH ROW EXECUTE FUNCTION audit_heads_refuse()",
        "CREATE TRIGGER audit_heads_no_truncate BEFORE TRUNCATE ON audit_heads FOR EACH STATEMENT EXECUTE FUNCTION audit_heads_refuse()",
    ),
}


def upgrade() -> None:
    written = _entries()
    # With the table go its triggers, which would refuse the change.
    op.drop_index(op.f("ix_audit_entries_subject"), table_name="audit_entries")
    op.drop_table("audit_entries")
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_entries_refuse()")
    entries = op.create_table(
        "audit_entries",
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(length=130), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_entries")),
    )
    op.create_index(op.f("ix_audit_entries_subject"), "audit_entries", ["subject"], unique=False)
    nodes = op.create_table(
        "audit_nodes",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("level", "number", name=op.f("pk_audit_nodes")),
    )
    op.create_table(
        "audit_heads",
        sa.Column("size", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_audit_heads")),
    )
    op.bulk_insert(entries, written)
    op.bulk_insert(nodes, _nodes([row["entry"] for row in written]))
    for statement in TRIGGERS[op.get_context().dialect.name]:
        op.execute(statement)


def _entries() -> list[dict[str, Any]]:
    if op.get_context().as_sql:  # A script for a database that is not there yet has nothing to carry over.
        return []
    query = sa.text("SELECT action, actor, subject, at, detail FROM audit_entries ORDER BY position")
    return [
        {"position": position, "subject": row.subject, "entry": _encode(row)}
        for position, row in enumerate(op.get_bind().execute(query), 1)
    ]


def _encode(row: Any) -> bytes:
    entry = {"v": 1, "action": row.action, "actor": row.actor, "subject": row.subject, "at": row.at}
    return cbor2.dumps({**entry, "detail": json.loads(row.detail)}, canonical=True)


def _nodes(entries: list[bytes]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    level, hashes = 0, [hashlib.sha256(b"\0" + entry).digest() for entry in entries]
    while hashes:
        rows += [{"level": level, "number": number, "hash": node} for number, node in enumerate(hashes)]
        pairs = zip(hashes[0::2], hashes[1::2], strict=False)
        level, hashes = level + 1, [hashlib.sha256(b"\1" + left + right).digest() for left, right in pairs]
    return rows
