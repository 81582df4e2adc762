"""A provisioned unit whose hub's web server is in the attacker's hands."""

from tests.edge_agent.conftest import listed, recogniser, site, unit

__all__ = ["listed", "recogniser", "site", "unit"]
