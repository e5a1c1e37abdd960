"""What the pages show, one module per view: each reads in the caller's transaction and gives frozen values."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.orm import Session

from kerndata.ledger.database import Ledger

# A page that takes longer than this helps nobody; the ledger has other work.
_LIMIT_MS = 5000


@contextmanager
def reading(ledger: Ledger) -> Iterator[Session]:
    """Give a session that sees one moment and in which the database itself refuses every write."""
    with ledger.transaction() as session:
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        session.execute(text(f"SET LOCAL statement_timeout = {_LIMIT_MS}"))
        yield session
