"""The intake of a hub, on each kind of database."""

from tests.hub.conftest import chosen_database, database_url, hub_database, postgres
from tests.hub.ingest.conftest import intake

__all__ = ["chosen_database", "database_url", "hub_database", "intake", "postgres"]
