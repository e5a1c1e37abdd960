"""The database that remembers submissions, releases, notices and an append-only log."""

from kerndata.ledger import hold_tables  # noqa: F401 - whoever asks Base which tables there are, is told all of them
from kerndata.ledger.database import Ledger, migrate, open_ledger

__all__ = ["Ledger", "migrate", "open_ledger"]
