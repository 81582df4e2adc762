"""The two registers: descriptions, names for search, states, retention, duplicates, comparison, erasure."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_CASES = """CREATE TABLE cases (
	id VARCHAR(130) NOT NULL, 
	slice VARCHAR(130), 
	sealed_reference BLOB, 
	reference_index BLOB, 
	sex VARCHAR(16) NOT NULL, 
	born_from INTEGER NOT NULL, 
	born_to INTEGER NOT NULL, 
	last_seen DATE, 
	listed_until DATE NOT NULL, 
	registered_at BIGINT NOT NULL, 
	revision INTEGER NOT NULL, 
	register VARCHAR(16) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	state_at BIGINT NOT NULL, 
	merged_into VARCHAR(130), 
	site VARCHAR(130) NOT NULL, 
	number_index BLOB, 
	sealed_description BLOB, 
	sealed_basis_reference BLOB, 
	risk VARCHAR(16) NOT NULL, 
	ground VARCHAR(32) NOT NULL, 
	purposes VARCHAR(80) NOT NULL, 
	basis_until DATE, 
	renewed_at BIGINT NOT NULL, 
	CONSTRAINT pk_cases PRIMARY KEY (id), 
	CONSTRAINT ck_cases_register CHECK (register IN ('missing', 'found')), 
	CONSTRAINT ck_cases_state CHECK (state IN ('open', 'located', 'closed', 'expired', 'merged', 'erased')), 
	CONSTRAINT ck_cases_merged CHECK (state <> 'merged' OR merged_into IS NOT NULL), 
	CONSTRAINT ck_cases_sex CHECK (sex IN ('female', 'male', 'unknown')), 
	CONSTRAINT ck_cases_born CHECK (born_from <= born_to), 
	CONSTRAINT ck_cases_listed CHECK (register = 'missing' OR slice IS NULL), 
	CONSTRAINT fk_cases_merged_into_cases FOREIGN KEY(merged_into) REFERENCES cases (id), 
	CONSTRAINT uq_cases_reference_index UNIQUE (reference_index), 
	CONSTRAINT uq_cases_revision UNIQUE (revision)
)"""

_CASE_PHOTOS = """CREATE TABLE case_photos (
	id VARCHAR(16) NOT NULL, 
	case_id VARCHAR(130) NOT NULL, 
	position INTEGER NOT NULL, 
	sealed_original BLOB, 
	sealed_portrait BLOB, 
	fault VARCHAR(40), 
	sealed_reason BLOB, 
	taken_on DATE, 
	sealed_source BLOB, 
	added_at BIGINT NOT NULL, 
	CONSTRAINT pk_case_photos PRIMARY KEY (id), 
	CONSTRAINT ck_case_photos_purged CHECK ((sealed_original IS NULL) = (sealed_portrait IS NULL)), 
	CONSTRAINT ck_case_photos_despite CHECK ((fault IS NULL) = (sealed_reason IS NULL)), 
	CONSTRAINT fk_case_photos_case_id_cases FOREIGN KEY(case_id) REFERENCES cases (id)
)"""


def upgrade() -> None:
    """What a hub has registered goes on as open or located cases of missing children."""
    _add_columns()
    if op.get_context().dialect.name == "sqlite":
        _replace_sqlite_checks()
    else:
        _replace_checks()
    op.create_index(op.f("ix_cases_newest"), "cases", ["registered_at", "id"])
    op.create_index(op.f("ix_cases_of_site"), "cases", ["site", "registered_at", "id"])
    op.create_index(op.f("ix_cases_renewed"), "cases", ["renewed_at"])
    op.create_index(op.f("ix_cases_permitted"), "cases", ["basis_until"])
    op.create_index(op.f("ix_cases_ended"), "cases", ["state_at"])
    op.create_index(op.f("ix_cases_merged_into"), "cases", ["merged_into"])
    op.create_index(op.f("ix_cases_number_index"), "cases", ["number_index"])
    _names_and_events()
    _pairs_and_views()
    _comparison()
    _erasure()


def _add_columns() -> None:
    # Nullable first: SQLite's ADD COLUMN takes no other without a default that would stay.
    for column in (
        sa.Column("register", sa.String(length=16)),
        sa.Column("state", sa.String(length=16)),
        sa.Column("state_at", sa.BigInteger()),
        sa.Column("merged_into", sa.String(length=130)),
        sa.Column("site", sa.String(length=130)),
        sa.Column("number_index", sa.LargeBinary(length=32)),
        sa.Column("sealed_description", sa.LargeBinary()),
        sa.Column("sealed_basis_reference", sa.LargeBinary()),
        sa.Column("risk", sa.String(length=16)),
        sa.Column("ground", sa.String(length=32)),
        sa.Column("purposes", sa.String(length=80)),
        sa.Column("basis_until", sa.Date()),
        sa.Column("renewed_at", sa.BigInteger()),
    ):
        op.add_column("cases", column)
    op.execute(
        "UPDATE cases SET register = 'missing', state = CASE status WHEN 'missing' THEN 'open' ELSE 'located' END,"
        " state_at = COALESCE(located_at, registered_at), site = '', risk = 'medium', ground = 'police-order',"
        " purposes = 'search', renewed_at = registered_at"
    )
    op.add_column("case_photos", sa.Column("taken_on", sa.Date()))
    op.add_column("case_photos", sa.Column("sealed_source", sa.LargeBinary()))
    op.add_column("case_photos", sa.Column("added_at", sa.BigInteger()))
    op.execute(
        "UPDATE case_photos SET added_at = (SELECT registered_at FROM cases WHERE cases.id = case_photos.case_id)"
    )


def _replace_sqlite_checks() -> None:
    """SQLite can neither drop a check nor make a column nullable, and other tables' keys name these tables.

    So the stored definition is replaced, as its manual describes for changes that leave what is stored as it is:
    https://www.sqlite.org/lang_altertable.html#otheralter
    """
    op.execute("PRAGMA writable_schema=ON")
    for check in ("status IN ('missing', 'located')", "(status = 'located') = (located_at IS NOT NULL)"):
        text = check.replace("'", "''")
        op.execute(f"UPDATE sqlite_master SET sql = replace(sql, '{text}', '1') WHERE name = 'cases'")
    op.execute("PRAGMA writable_schema=RESET")
    op.drop_column("cases", "status")
    op.drop_column("cases", "located_at")
    op.execute("PRAGMA writable_schema=ON")
    for name, definition in (("cases", _CASES), ("case_photos", _CASE_PHOTOS)):
        text = definition.replace("'", "''")
        op.execute(f"UPDATE sqlite_master SET sql = '{text}' WHERE name = '{name}'")
    op.execute("PRAGMA writable_schema=RESET")


def _replace_checks() -> None:
    for name in ("status", "located"):
        op.drop_constraint(f"ck_cases_{name}", "cases", type_="check")
    op.drop_column("cases", "status")
    op.drop_column("cases", "located_at")
    for column in ("register", "state", "state_at", "site", "risk", "ground", "purposes", "renewed_at"):
        op.alter_column("cases", column, nullable=False)
    for column in ("slice", "sealed_reference", "reference_index"):
        op.alter_column("cases", column, nullable=True)
    for name, check in (
        ("register", "register IN ('missing', 'found')"),
        ("state", "state IN ('open', 'located', 'closed', 'expired', 'merged', 'erased')"),
        ("merged", "state <> 'merged' OR merged_into IS NOT NULL"),
        ("listed", "register = 'missing' OR slice IS NULL"),
    ):
        op.create_check_constraint(op.f(f"ck_cases_{name}"), "cases", check)
    op.create_foreign_key(op.f("fk_cases_merged_into_cases"), "cases", "cases", ["merged_into"], ["id"])
    op.alter_column("case_photos", "added_at", nullable=False)
    for column in ("sealed_original", "sealed_portrait"):
        op.alter_column("case_photos", column, nullable=True)
    op.create_check_constraint(
        op.f("ck_case_photos_purged"), "case_photos", "(sealed_original IS NULL) = (sealed_portrait IS NULL)"
    )


def _names_and_events() -> None:
    op.create_table(
        "case_names",
        sa.Column("term", sa.LargeBinary(length=16), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.String(length=130), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_names_case_id_cases")),
        sa.PrimaryKeyConstraint("term", "registered_at", "case_id", name=op.f("pk_case_names")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_case_names_case"), "case_names", ["case_id", "term"])
    op.create_table(
        "case_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=130), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=130), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("sealed_note", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_events_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_events")),
    )
    op.create_index(op.f("ix_case_events_case_id"), "case_events", ["case_id"])


def _pairs_and_views() -> None:
    op.create_table(
        "case_pairs",
        sa.Column("first_id", sa.String(length=130), nullable=False),
        sa.Column("second_id", sa.String(length=130), nullable=False),
        sa.Column("grounds", sa.String(length=40), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=True),
        sa.Column("actor", sa.String(length=130), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("first_id < second_id", name=op.f("ck_case_pairs_ordered")),
        sa.CheckConstraint("verdict IN ('distinct', 'merged')", name=op.f("ck_case_pairs_verdict")),
        sa.CheckConstraint("(verdict IS NULL) = (actor IS NULL)", name=op.f("ck_case_pairs_judged")),
        sa.ForeignKeyConstraint(["first_id"], ["cases.id"], name=op.f("fk_case_pairs_first_id_cases")),
        sa.ForeignKeyConstraint(["second_id"], ["cases.id"], name=op.f("fk_case_pairs_second_id_cases")),
        sa.PrimaryKeyConstraint("first_id", "second_id", name=op.f("pk_case_pairs")),
    )
    op.create_index(op.f("ix_case_pairs_second_id"), "case_pairs", ["second_id"])
    op.create_table(
        "case_views",
        sa.Column("case_id", sa.String(length=130), nullable=False),
        sa.Column("operator_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_views_case_id_cases")),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name=op.f("fk_case_views_operator_id_operators")),
        sa.PrimaryKeyConstraint("case_id", "operator_id", "purpose", name=op.f("pk_case_views")),
    )


def _comparison() -> None:
    op.create_table(
        "register_matches",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("missing_id", sa.String(length=130), nullable=False),
        sa.Column("found_id", sa.String(length=130), nullable=False),
        sa.Column("missing_photo", sa.String(length=16), nullable=False),
        sa.Column("found_photo", sa.String(length=16), nullable=False),
        sa.Column("pack_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("raw", sa.Double(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("chance", sa.Double(), nullable=True),
        sa.Column("chance_low", sa.Double(), nullable=True),
        sa.Column("chance_high", sa.Double(), nullable=True),
        sa.Column("expected", sa.Double(), nullable=True),
        sa.Column("counted", sa.Boolean(name="counted"), nullable=True),
        sa.Column("comparable", sa.Integer(), nullable=False),
        sa.Column("warning", sa.String(length=40), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["missing_id"], ["cases.id"], name=op.f("fk_register_matches_missing_id_cases")),
        sa.ForeignKeyConstraint(["found_id"], ["cases.id"], name=op.f("fk_register_matches_found_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_matches")),
        sa.UniqueConstraint(
            "missing_photo",
            "found_photo",
            "pack_digest",
            name=op.f("uq_register_matches_missing_photo_found_photo_pack_digest"),
        ),
    )
    op.create_index(op.f("ix_register_matches_missing_id"), "register_matches", ["missing_id"])
    op.create_index(op.f("ix_register_matches_found_id"), "register_matches", ["found_id"])
    op.create_table(
        "register_searches",
        sa.Column("case_id", sa.String(length=130), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("pack_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("candidates", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_register_searches_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_register_searches")),
    )
    op.create_index(op.f("ix_register_searches_newest"), "register_searches", ["pack_digest", "revision"])
    op.create_index(op.f("ix_register_searches_oldest"), "register_searches", ["at"])


def _erasure() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("case_id", sa.String(length=130), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(length=130), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("list_version", sa.Integer(), nullable=True),
        sa.Column("completed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_erasures_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index(op.f("ix_erasures_case_id"), "erasures", ["case_id"])
    op.create_table(
        "erasure_places",
        sa.Column("erasure_id", sa.String(length=16), nullable=False),
        sa.Column("place", sa.String(length=160), nullable=False),
        sa.Column("things", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["erasure_id"], ["erasures.id"], name=op.f("fk_erasure_places_erasure_id_erasures")),
        sa.PrimaryKeyConstraint("erasure_id", "place", name=op.f("pk_erasure_places")),
    )
    op.create_table(
        "case_exports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=130), nullable=False),
        sa.Column("recipient", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=130), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_exports_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_exports")),
    )
    op.create_index(op.f("ix_case_exports_case_id"), "case_exports", ["case_id"])
