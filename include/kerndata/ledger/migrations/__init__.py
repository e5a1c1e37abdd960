"""The ledger's schema, revision by revision (Alembic); run by kerndata.ledger.migrate."""
