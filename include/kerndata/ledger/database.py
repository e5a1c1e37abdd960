"""How the ledger is opened and kept at the newest schema."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Engine, NullPool, create_engine, make_url, text
from sqlalchemy.orm import Session, sessionmaker

_MIGRATIONS = Path(__file__).with_name("migrations")
# Writers wait for each other's short transactions (kerndata.ledger.events.lock); longer than this is a stuck process.
_OPTIONS = (
    "-c timezone=utc -c statement_timeout=60000 -c lock_timeout=30000 -c idle_in_transaction_session_timeout=300000"
)
_MIGRATION_LOCK = 7_214_001


class Ledger:
    """The ledger's engine; every piece of work is one short transaction.

    Keep S3 and HTTP calls out of a transaction: writers wait for each other.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._sessions = sessionmaker(engine, expire_on_commit=False)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Give a session that is committed at the end, or rolled back when the block raises."""
        with self._sessions.begin() as session:
            yield session


def open_ledger(url: str) -> Ledger:
    """Open the ledger at a PostgreSQL URL; nothing is connected yet.

    No pool: Airflow's tasks run in forked processes, and a connection must never be shared over a fork.
    """
    return Ledger(_engine(url))


def migrate(url: str, revision: str = "head") -> None:
    """Bring the ledger's schema up to a revision, the newest without one; safe twice, and at once in two processes."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    engine = _engine(url)
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def newest_revision() -> str | None:
    """Return the newest revision of the schema that this code knows."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return ScriptDirectory.from_config(config).get_current_head()


def revision_of(ledger: Ledger) -> str | None:
    """Return the revision of the schema that a ledger has; None before the first migration."""
    with ledger.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _engine(url: str) -> Engine:
    connect = {"options": _OPTIONS, "connect_timeout": 10, "application_name": "kerndata"}
    return create_engine(_with_driver(url), poolclass=NullPool, connect_args=connect)


def _with_driver(url: str) -> URL:
    """Name psycopg2 where the URL names no driver: SQLAlchemy 2.1 would take psycopg 3, which is not installed."""
    parsed = make_url(url)
    return parsed.set(drivername="postgresql+psycopg2") if parsed.drivername == "postgresql" else parsed
