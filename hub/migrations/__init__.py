"""Alembic's scripts that bring a hub's database to this program's version."""
