"""Alembic runs this; the connection comes from kerndata.ledger.migrate, so no ini file is needed."""

from alembic import context

from kerndata.ledger.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
