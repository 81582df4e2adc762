"""Several roles and sites for an operator, second factors and closed accounts; reviews know their site."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _rights()
    _second_factors()
    _sign_ins()
    _reviews()
    _looks()


def _rights() -> None:
    op.create_table(
        "operator_roles",
        sa.Column("operator_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_operator_roles_operator_id_operators")
        ),
        sa.PrimaryKeyConstraint("operator_id", "role", name=op.f("pk_operator_roles")),
    )
    op.create_table(
        "operator_sites",
        sa.Column("operator_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("site", sa.String(length=130), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_operator_sites_operator_id_operators")
        ),
        sa.PrimaryKeyConstraint("operator_id", "site", name=op.f("pk_operator_sites")),
    )
    op.execute("INSERT INTO operator_roles (operator_id, role) SELECT id, role FROM operators")
    op.execute("INSERT INTO operator_sites (operator_id, site) SELECT id, '*' FROM operators")
    op.drop_column("operators", "role")
    op.add_column("operators", sa.Column("start_password_at", sa.BigInteger(), nullable=True))
    op.add_column("operators", sa.Column("disabled_at", sa.BigInteger(), nullable=True))


def _second_factors() -> None:
    op.create_table(
        "second_factors",
        sa.Column("operator_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_second_factors_operator_id_operators")
        ),
        sa.PrimaryKeyConstraint("operator_id", name=op.f("pk_second_factors")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("code_index", sa.LargeBinary(length=32), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_recovery_codes_operator_id_operators")
        ),
        sa.PrimaryKeyConstraint("code_index", name=op.f("pk_recovery_codes")),
    )
    op.create_index(op.f("ix_recovery_codes_operator_id"), "recovery_codes", ["operator_id"], unique=False)


def _sign_ins() -> None:
    # Every session ends: none of them was begun with a second factor.
    op.drop_table("sessions")
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name=op.f("fk_sessions_operator_id_operators")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    op.create_table(
        "unfinished_sign_ins",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("proof", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_unfinished_sign_ins_operator_id_operators")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_unfinished_sign_ins")),
    )


def _reviews() -> None:
    op.add_column("reviews", sa.Column("site", sa.String(length=130), server_default="", nullable=False))
    # The rows of reviews can only be added to; this once they get what every new one has.
    site = "UPDATE reviews SET site = (SELECT sightings.site FROM sightings WHERE sightings.id = reviews.sighting_id) WHERE EXISTS (SELECT 1 FROM sightings WHERE sightings.id = reviews.sighting_id)"
    if op.get_context().dialect.name == "sqlite":
        op.execute("DROP TRIGGER reviews_no_update")
        op.execute(site)
        op.execute(
            "CREATE TRIGGER reviews_no_update BEFORE UPDATE ON reviews BEGIN SELECT RAISE(ABORT, 'reviews is append-only'); END"
        )
    else:
        op.execute("ALTER TABLE reviews DISABLE TRIGGER reviews_no_change")
        op.execute(site)
        op.execute("ALTER TABLE reviews ENABLE TRIGGER reviews_no_change")


def _looks() -> None:
    # It only says which looks need no further audit entry: without it, the next look is one more.
    op.drop_table("face_views")
    op.create_table(
        "face_views",
        sa.Column("review_id", sa.String(length=16), nullable=False),
        sa.Column("operator_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name=op.f("fk_face_views_operator_id_operators")),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name=op.f("fk_face_views_review_id_reviews")),
        sa.PrimaryKeyConstraint("review_id", "operator_id", "purpose", name=op.f("pk_face_views")),
    )
