"""Data Docs of a submission, for engineers: written after its answer stands, so that they cost nobody an answer.

A page that cannot be drawn is logged and nothing else. Only the newest pages are kept: the receipt, the findings and
the refused rows tell the same for longer.
"""

from collections.abc import Iterable

from kerndata.contracts.contract import load_contract
from kerndata.model.submission import Submission
from kerndata.quality.documents import write
from kerndata.quality.validation import Page
from kerndata.quality.verdict import Verdict
from kerndata.store import keys
from kerndata.store.client import Store
from kerndata.store.objects import ObjectInfo

KEPT = 50  # pages per province and dataset, and candidates per dataset


def document(store: Store, submission: Submission, verdict: Verdict) -> str | None:
    """Write the page of a concluded submission; return its key, or None when there is none.

    Without rows that Great Expectations judged there is nothing to draw. Whatever goes wrong is logged, never raised.
    """
    if verdict.validation is None or submission.dataset is None:
        return None
    key = keys.submission_docs_key(submission.province, submission.dataset, submission.id, submission.revision)
    title = f"{submission.province} {submission.dataset} {submission.id}"
    page = Page(title, _about(submission, verdict), verdict.scores, verdict.totals)
    return write(store, key, page, load_contract(submission.dataset), verdict.validation)


def superfluous(found: Iterable[ObjectInfo], kept: int = KEPT) -> list[str]:
    """Return the keys of the pages that are not among the newest ``kept`` of their province and dataset.

    Of candidates the newest of each dataset are kept.
    """
    groups: dict[str, list[ObjectInfo]] = {}
    for one in found:
        folder, _, name = one.key.rpartition("/")
        groups.setdefault(folder if one.key.startswith(keys.SUBMISSION_DOCS) else name, []).append(one)
    newest_last = (sorted(group, key=lambda one: (one.last_modified, one.key)) for group in groups.values())
    return [one.key for group in newest_last for one in group[: max(0, len(group) - kept)]]


def prune(store: Store, kept: int = KEPT) -> int:
    """Delete what is superfluous in the bucket of Data Docs; return how many pages."""
    gone = superfluous(store.list(keys.QUALITY), kept)
    for key in gone:
        store.delete(keys.QUALITY, key)
    return len(gone)


def _about(submission: Submission, verdict: Verdict) -> dict[str, str]:
    counts = verdict.counts
    kept = f"{counts.accepted} kept, {counts.refused} refused, {counts.flagged} flagged"
    return {
        "submission": f"{submission.id}, revision {submission.revision}",
        "received": f"{submission.received_at:%Y-%m-%d %H:%M:%S %Z}",
        "content (sha256)": submission.sha256,
        "verdict": verdict.status.value.replace("_", " "),
        "observations": f"{counts.observed} read: {kept}",
    }
