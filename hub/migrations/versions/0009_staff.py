"""Staff of sites for their kiosks, and children whom sites register as found."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    _staff()
    _found()


def _staff() -> None:
    op.create_table(
        "site_staff",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("site", sa.String(length=130), nullable=False),
        sa.Column("sealed_name", sa.LargeBinary(), nullable=False),
        sa.Column("roles", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("sealed_verifier", sa.LargeBinary(), nullable=True),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("pin_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('active', 'suspended', 'ended')", name=op.f("ck_site_staff_state")),
        sa.CheckConstraint("(state = 'ended') = (sealed_verifier IS NULL)", name=op.f("ck_site_staff_verifier")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_staff")),
    )
    op.create_index(op.f("ix_site_staff_site"), "site_staff", ["site"], unique=False)
    op.create_table(
        "site_staff_lists",
        sa.Column("site", sa.String(length=130), nullable=False),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_site_staff_lists")),
    )


def _found() -> None:
    op.create_table(
        "found_children",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("unit", sa.String(length=130), nullable=False),
        sa.Column("site", sa.String(length=130), nullable=False),
        sa.Column("reference", sa.String(length=16), nullable=False),
        sa.Column("captured_at", sa.BigInteger(), nullable=False),
        sa.Column("captured_earliest", sa.BigInteger(), nullable=False),
        sa.Column("captured_latest", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.String(length=16), nullable=True),
        sa.Column("consent_id", sa.String(length=32), nullable=False),
        sa.Column("withdrawal", sa.String(length=64), nullable=False),
        sa.Column("sealed_consent", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_content", sa.LargeBinary(), nullable=True),
        sa.Column("case_id", sa.String(length=130), nullable=True),
        sa.Column("problem", sa.String(length=64), nullable=True),
        sa.Column("checked_at", sa.BigInteger(), nullable=True),
        sa.Column("checked_by", sa.String(length=130), nullable=True),
        sa.CheckConstraint("(checked_at IS NULL) = (checked_by IS NULL)", name=op.f("ck_found_children_checked")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_found_children_case_id_cases")),
        sa.ForeignKeyConstraint(["unit"], ["units.id"], name=op.f("fk_found_children_unit_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_found_children")),
    )
    for column in ("case_id", "consent_id", "withdrawal"):
        op.create_index(op.f(f"ix_found_children_{column}"), "found_children", [column], unique=False)
