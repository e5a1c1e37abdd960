"""The database that remembers submissions, releases, notices and an append-only log."""

from kerndata.ledger.database import Ledger, migrate, open_ledger

__all__ = ["Ledger", "migrate", "open_ledger"]
