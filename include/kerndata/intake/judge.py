"""From archived bytes to a judgement and the rows it keeps; the way of a first check, of another, and of a rebuild."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kerndata.errors import FileFault, NotChecked
from kerndata.intake.keep import MALWARE
from kerndata.intake.rows import as_parquet
from kerndata.ledger import submissions
from kerndata.ledger.database import Ledger
from kerndata.model.submission import Submission
from kerndata.quality.assess import Assessment, assess
from kerndata.quality.marked import Marked, marked_copy
from kerndata.quality.previous import Previous
from kerndata.quality.verdict import refuse_whole
from kerndata.sources.registry import Source
from kerndata.sources.schema import DeliverySpec
from kerndata.store import keys
from kerndata.store.client import Store

PARQUET = "application/vnd.apache.parquet"


@dataclass(frozen=True, slots=True)
class Judged:
    """What a check came to, and the file back with its findings marked."""

    assessment: Assessment
    marked: Marked | None = None


@contextmanager
def working_copy(store: Store, submission: Submission) -> Iterator[Path]:
    """Fetch the archived bytes of a submission for as long as they are needed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "delivered"
        store.fetch(keys.ARCHIVE, keys.raw_key(submission.province, submission.sha256), path)
        yield path


def judge(store: Store, ledger: Ledger, source: Source, submission: Submission) -> Judged:
    """Check a submission as it says of itself (delivery, revision), compared with the delivery before it.

    Raises ``NotChecked`` for whatever goes wrong in our own code, so that one file never stops the ones behind it.
    """
    if submission.tombstone:
        fault = FileFault("F-MALWARE", name=submission.tombstone.removeprefix(MALWARE))
        return Judged(Assessment(file_name(submission), submission.dataset, refuse_whole(fault)))
    previous = last_rows(store, ledger, submission)
    with working_copy(store, submission) as path:
        assessment = check_archived(source, submission, path, previous)
        marked = marked_copy(
            path,
            submission_id=submission.id,
            spec=spec_of(source, submission),
            assessment=assessment,
        )
    return Judged(assessment, marked)


def check_archived(
    source: Source, submission: Submission, path: Path, previous: Previous | None = None, *, judge: bool = True
) -> Assessment:
    """Assess a working copy of a submission's archived bytes; raises ``NotChecked`` for every fault of ours.

    ``judge=False`` leaves Great Expectations out.
    """
    try:
        return assess(
            path,
            source=source,
            spec=spec_of(source, submission),
            submission_id=submission.id,
            file_name=file_name(submission),
            previous=previous,
            judge=judge,
        )
    except NotChecked:
        raise
    except Exception as error:
        raise NotChecked(f"{submission.id} of {submission.province}: {type(error).__name__}: {error}") from error


def last_rows(store: Store, ledger: Ledger, submission: Submission) -> Previous | None:
    """Give the accepted rows of the delivery before this one; None for the first."""
    if submission.delivery_name is None:
        return None
    with ledger.transaction() as session:
        last = submissions.last_accepted(session, submission)
    if last is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        store.fetch(keys.STAGING, keys.accepted_key(last.id, last.revision), path)
        return Previous(last.id, pd.read_parquet(path, dtype_backend="pyarrow"))


def spec_of(source: Source, submission: Submission) -> DeliverySpec | None:
    """Give the delivery a submission belongs to; raises ``NotChecked`` when its source no longer has it."""
    if submission.delivery_name is None:
        return None
    if submission.delivery_name not in source.deliveries:
        raise NotChecked(
            f"{submission.id}: sources/{submission.province}.yaml no longer has the delivery "
            f"{submission.delivery_name!r}; put it back, or have the province deliver again."
        )
    return source.deliveries[submission.delivery_name]


def file_name(submission: Submission) -> str:
    """Return the name by which the province knows its file."""
    return submission.delivery.name.removeprefix(keys.DROP)


def keep_rows(store: Store, submission: Submission, assessment: Assessment) -> None:
    """Write the accepted rows to staging and the refused ones, with their reasons, to quarantine."""
    verdict, revision = assessment.verdict, submission.revision
    if len(verdict.accepted):
        accepted = as_parquet(verdict.accepted, assessment.dataset)
        store.put(keys.STAGING, keys.accepted_key(submission.id, revision), accepted, content_type=PARQUET)
    if len(verdict.refused):
        key = keys.refused_key(submission.province, submission.id, revision)
        store.put(keys.QUARANTINE, key, as_parquet(verdict.refused), content_type=PARQUET)
