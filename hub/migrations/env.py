"""Run by Alembic inside the transaction that `hub.db.Database.migrate` has opened."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
