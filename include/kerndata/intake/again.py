"""What the exchange would accept of an archived delivery today: for a rebuild, which compares it with a release."""

from dataclasses import dataclass

from kerndata.intake.judge import check_archived, working_copy
from kerndata.intake.mapping import fingerprint
from kerndata.intake.rows import as_parquet
from kerndata.model.submission import Submission
from kerndata.sources.registry import load_source
from kerndata.store.client import Store


@dataclass(frozen=True, slots=True)
class Again:
    """Accepted rows as Parquet, and the fingerprint of the mapping and code that accepted them now."""

    rows: bytes
    mapping: str


def accept_again(store: Store, submission: Submission) -> Again:
    """Read and check a submission's archived bytes as it was by its revision; nothing is written.

    Great Expectations judged them when they came in, and the evaluator had to agree on every row; here every byte is
    compared instead.
    Raises NotChecked when today's source has no such delivery any more, or when our own checks fail.
    """
    source = load_source(submission.province)
    with working_copy(store, submission) as delivered:
        assessed = check_archived(source, submission, delivered, judge=False)
    return Again(as_parquet(assessed.verdict.accepted, assessed.dataset), fingerprint(source, submission.delivery_name))
