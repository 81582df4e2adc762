"""The tables of the first version, with the triggers that keep what may only be added to."""

import importlib

from alembic import op

from hub.db import metadata

revision = "0001"
down_revision = None

ROOMS = ("audit", "access", "cases", "fleet", "watchlist", "ingest", "review", "dispatch")


def upgrade() -> None:
    for room in ROOMS:
        try:
            importlib.import_module(f"hub.{room}.store")
        except ModuleNotFoundError:
            continue
    metadata.create_all(op.get_bind())
    for room in ROOMS:
        try:
            triggers = importlib.import_module(f"hub.{room}.triggers").TRIGGERS
        except ModuleNotFoundError:
            continue
        for statement in triggers.get(op.get_bind().dialect.name, ()):
            if statement.split(" ON ")[1].split()[0] in metadata.tables:
                op.execute(statement)
