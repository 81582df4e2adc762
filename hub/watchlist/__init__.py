"""The watchlist as a TUF repository of encrypted segments, kept in the database and served from it (ADR 0030)."""
