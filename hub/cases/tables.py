"""The tables of cases. Columns named `sealed_…` hold what `hub.atrest` encrypted for their row.

A case that was erased keeps its row, with an identifier, a register, dates, reasons, and years instead of months of
birth; the rows of its photographs keep their identifiers, which the reviews of its candidates name.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
)

from hub.db import metadata

cases = Table(
    "cases",
    metadata,
    Column("id", String(130), primary_key=True),
    Column("register", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("state_at", BigInteger, nullable=False),
    Column("merged_into", String(130), ForeignKey("cases.id"), index=True),
    Column("site", String(130), nullable=False),
    Column("slice", String(130), index=True),  # none: it is on no list of units
    Column("sealed_reference", LargeBinary),
    # Blind indexes: of reference and station, which are one case's; of the reference alone, which may be two's.
    Column("reference_index", LargeBinary(32), unique=True),
    Column("number_index", LargeBinary(32), index=True),
    Column("sealed_description", LargeBinary),
    Column("sealed_basis_reference", LargeBinary),
    Column("sex", String(16), nullable=False),
    Column("born_from", Integer, nullable=False),  # months since the year 0
    Column("born_to", Integer, nullable=False),
    Column("last_seen", Date),
    Column("risk", String(16), nullable=False),
    Column("ground", String(32), nullable=False),
    Column("purposes", String(80), nullable=False),  # with spaces between
    Column("basis_until", Date),
    Column("listed_until", Date, nullable=False),
    Column("registered_at", BigInteger, nullable=False),
    Column("renewed_at", BigInteger, nullable=False),
    # Rises with every change of any case, so that the watchlist need not compare everything to see one.
    Column("revision", Integer, nullable=False, unique=True),
    Index("ix_cases_newest", "registered_at", "id"),
    Index("ix_cases_of_site", "site", "registered_at", "id"),
    # For retention, which looks every minute for what is kept too long. None begins with the state: SQLite would take
    # it for the lists of open cases, and sort them all.
    Index("ix_cases_renewed", "renewed_at"),
    Index("ix_cases_permitted", "basis_until"),
    Index("ix_cases_ended", "state_at"),
    CheckConstraint("register IN ('missing', 'found')", name="register"),
    CheckConstraint("state IN ('open', 'located', 'closed', 'expired', 'merged', 'erased')", name="state"),
    CheckConstraint("state <> 'merged' OR merged_into IS NOT NULL", name="merged"),
    CheckConstraint("sex IN ('female', 'male', 'unknown')", name="sex"),
    CheckConstraint("born_from <= born_to", name="born"),
    CheckConstraint("register = 'missing' OR slice IS NULL", name="listed"),
)

case_photos = Table(
    "case_photos",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("case_id", String(130), ForeignKey("cases.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    # None of the two once the photograph is purged.
    Column("sealed_original", LargeBinary),
    Column("sealed_portrait", LargeBinary),
    Column("taken_on", Date),
    Column("sealed_source", LargeBinary),
    Column("added_at", BigInteger, nullable=False),
    # Of a photograph that was registered although it is poor: the measure that failed, and the operator's reason.
    Column("fault", String(40)),
    Column("sealed_reason", LargeBinary),
    CheckConstraint("(sealed_original IS NULL) = (sealed_portrait IS NULL)", name="purged"),
    CheckConstraint("(fault IS NULL) = (sealed_reason IS NULL)", name="despite"),
)

case_templates = Table(
    "case_templates",
    metadata,
    Column("photo_id", String(16), ForeignKey("case_photos.id"), primary_key=True),
    Column("pack_digest", LargeBinary(32), primary_key=True),
    Column("sealed_vector", LargeBinary, nullable=False),
)

# By what a child is found by name: keyed hashes of how each word of a name sounds. The order of registration stands
# in the key, so that a page of a frequent name is read without sorting all of its cases.
case_names = Table(
    "case_names",
    metadata,
    Column("term", LargeBinary(16), primary_key=True),
    Column("registered_at", BigInteger, primary_key=True, autoincrement=False),
    Column("case_id", String(130), ForeignKey("cases.id"), primary_key=True),
    Index("ix_case_names_case", "case_id", "term"),
    sqlite_with_rowid=False,
)

case_events = Table(
    "case_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", String(130), ForeignKey("cases.id"), nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", String(130), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("sealed_note", LargeBinary),
)

# Two cases that may be one child's. `first_id` sorts before `second_id`.
case_pairs = Table(
    "case_pairs",
    metadata,
    Column("first_id", String(130), ForeignKey("cases.id"), primary_key=True),
    Column("second_id", String(130), ForeignKey("cases.id"), primary_key=True),
    Column("grounds", String(40), nullable=False),  # with spaces between
    Column("verdict", String(16)),  # none: nobody has judged them
    Column("actor", String(130)),
    Column("at", BigInteger, nullable=False),
    Index("ix_case_pairs_second_id", "second_id"),
    CheckConstraint("first_id < second_id", name="ordered"),
    CheckConstraint("verdict IN ('distinct', 'merged')", name="verdict"),
    CheckConstraint("(verdict IS NULL) = (actor IS NULL)", name="judged"),
)

# Who looked at a case's faces and names, and when last: what needs no further audit entry for half an hour.
case_views = Table(
    "case_views",
    metadata,
    Column("case_id", String(130), ForeignKey("cases.id"), primary_key=True),
    Column("operator_id", Integer, ForeignKey("operators.id"), primary_key=True, autoincrement=False),
    Column("purpose", String(16), primary_key=True),
    Column("noted_at", BigInteger, nullable=False),
)
