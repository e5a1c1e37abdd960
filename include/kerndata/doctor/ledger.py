"""The ledger: does it answer, has it the newest schema, does its clock agree with ours."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from kerndata.doctor.finding import Finding, ill, well
from kerndata.ledger.database import Ledger, newest_revision, revision_of

# Moments are compared between machines: deadlines by the minute, tokens of messages by five minutes.
DRIFT = timedelta(seconds=5)


def look(ledger: Ledger, now: datetime) -> Iterator[Finding]:
    """Give what is found; one finding alone when the ledger does not answer."""
    try:
        with ledger.engine.connect() as connection:
            version, theirs = connection.execute(text("SELECT current_setting('server_version'), now()")).one()
    except SQLAlchemyError as error:
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        yield ill("ledger", f"it does not answer: {reason}", "Start PostgreSQL; look at connection kerndata_ledger.")
        return
    yield well("ledger", f"PostgreSQL {version} answers")
    yield _schema(ledger)
    yield clock("clock of the ledger", theirs, now)


def _schema(ledger: Ledger) -> Finding:
    have, newest = revision_of(ledger), newest_revision()
    if have == newest:
        return well("schema of the ledger", f"{have}, the newest")
    todo = "`make up`, or the init job of the deployment, brings it up; the code was updated without it."
    return ill("schema of the ledger", f"{have or 'empty'}, and this code wants {newest}", todo)


def clock(part: str, theirs: datetime, ours: datetime) -> Finding:
    """Compare two clocks."""
    apart = abs(theirs - ours)
    told = f"{apart.total_seconds():.1f} s from ours"
    return well(part, told) if apart <= DRIFT else ill(part, told, "Synchronise both machines with NTP (chrony).")
