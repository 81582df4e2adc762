"""Tables of alerts, of their messages, of whom these go to, and of the ledger of their delivery."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from hub.db import metadata

# A child who is missing, to be announced without a match. Two people: who proposed it, and who screened it.
broadcasts = Table(
    "broadcasts",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("case_id", String(130), nullable=False),
    Column("site", String(130), nullable=False),
    Column("countries", Text, nullable=False),
    Column("sealed_source", LargeBinary, nullable=False),
    Column("sealed_corroboration", LargeBinary, nullable=False),
    Column("proposed_by", Integer, ForeignKey("operators.id"), nullable=False),
    Column("proposed_at", BigInteger, nullable=False),
)

broadcast_screenings = Table(
    "broadcast_screenings",
    metadata,
    Column("broadcast_id", String(16), ForeignKey("broadcasts.id"), primary_key=True),
    Column("verdict", String(16), nullable=False),
    Column("screened_by", Integer, ForeignKey("operators.id"), nullable=False),
    Column("screened_at", BigInteger, nullable=False),
    CheckConstraint("verdict IN ('approved', 'refused')", name="verdict"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("review_id", String(16)),
    Column("outcome", String(16)),
    Column("broadcast_id", String(16), ForeignKey("broadcasts.id")),
    Column("case_id", String(130), nullable=False, index=True),
    Column("reference", String(64), nullable=False),
    Column("site", String(130), nullable=False),
    Column("countries", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("raised_at", BigInteger, nullable=False, index=True),
    Column("held_until", BigInteger, nullable=False),
    # When a photograph was taken that is historical: between these two, which are one where the moment is known.
    Column("photographed_from", BigInteger),
    Column("photographed_to", BigInteger),
    UniqueConstraint("review_id"),
    UniqueConstraint("broadcast_id"),
    ForeignKeyConstraint(["review_id", "outcome"], ["decisions.review_id", "decisions.outcome"]),
    CheckConstraint("(review_id IS NULL) <> (broadcast_id IS NULL)", name="rests_on_one"),
    CheckConstraint("review_id IS NULL OR outcome = 'confirmed'", name="confirmed"),
)

alert_messages = Table(
    "alert_messages",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("alert_id", String(16), ForeignKey("alerts.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("number", Integer, nullable=False),
    Column("raised_at", BigInteger, nullable=False),
    Column("reason", String(16), nullable=False),
    Column("document", LargeBinary, nullable=False),  # CAP, as readers of the feed get it
    Column("signature", LargeBinary),
    UniqueConstraint("alert_id", "kind", "number"),
    CheckConstraint("kind IN ('alert', 'follow-up', 'recall', 'acknowledgement')", name="kind"),
)

# Alerts that nobody has sent or recalled yet: what the worker looks through, however many there ever were.
held_alerts = Table(
    "held_alerts",
    metadata,
    Column("alert_id", String(16), ForeignKey("alerts.id"), primary_key=True),
    Column("until", BigInteger, nullable=False, index=True),
)

# Alerts that were sent and are still followed up; `next_at`: the next follow-up.
followed_alerts = Table(
    "followed_alerts",
    metadata,
    Column("alert_id", String(16), ForeignKey("alerts.id"), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False, index=True),
)

# Messages that do not stand in the feed yet, for the same reason.
unpublished_messages = Table(
    "unpublished_messages",
    metadata,
    Column("message_id", String(16), ForeignKey("alert_messages.id"), primary_key=True),
)

# Messages of which somebody of a kind is kept in reserve; `next_at`: when to see whether it is the next one's turn.
waiting_chains = Table(
    "waiting_chains",
    metadata,
    Column("message_id", String(16), ForeignKey("alert_messages.id"), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("next_at", BigInteger, nullable=False, index=True),
)

alert_publications = Table(
    "alert_publications",
    metadata,
    Column("message_id", String(16), ForeignKey("alert_messages.id"), primary_key=True),
    Column("published_at", BigInteger, nullable=False),
)

recipients = Table(
    "recipients",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),  # name and address
    Column("address_index", LargeBinary, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("reach", String(16), nullable=False),
    Column("reach_of", String(130), nullable=False),
    Column("grade", String(16), nullable=False),
    Column("language", String(8), nullable=False),
    Column("turn", Integer, nullable=False),
    Column("added_at", BigInteger, nullable=False),
    Column("removed_at", BigInteger),
    CheckConstraint("turn >= 1", name="turn"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("message_id", String(16), ForeignKey("alert_messages.id"), primary_key=True),
    Column("recipient", String(16), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("turn", Integer, nullable=False),
    Column("token_index", LargeBinary, unique=True),
    Column("reply_code", String(8), unique=True),
    Column("started_at", BigInteger),
    Column("begun_at", BigInteger),  # of an attempt whose end is not known yet
    Column("next_at", BigInteger, index=True),
)

delivery_attempts = Table(
    "delivery_attempts",
    metadata,
    Column("message_id", String(16), primary_key=True),
    Column("recipient", String(16), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("result", String(16), nullable=False),
    Column("code", Integer),
    ForeignKeyConstraint(["message_id", "recipient"], ["deliveries.message_id", "deliveries.recipient"]),
)

acknowledgements = Table(
    "acknowledgements",
    metadata,
    Column("message_id", String(16), primary_key=True),
    Column("recipient", String(16), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("by", String(16), nullable=False),
    ForeignKeyConstraint(["message_id", "recipient"], ["deliveries.message_id", "deliveries.recipient"]),
)
