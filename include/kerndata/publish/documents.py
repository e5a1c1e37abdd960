"""Data Docs of a candidate, for engineers: what was checked of the merged tables, beside those of its submissions."""

from collections.abc import Mapping

from kerndata.quality.documents import write
from kerndata.quality.validation import Page, Validation
from kerndata.store import keys
from kerndata.store.client import Store


def document(
    store: Store,
    content_hash: str,
    dataset: str,
    validation: Validation,
    *,
    scores: Mapping[str, float],
    totals: Mapping[str, int],
) -> str | None:
    """Write the page of one dataset of a candidate; return its key, or None when it could not be written.

    ``validation``: failing rows, and results of Great Expectations where it judged. ``totals``: findings per rule id.
    """
    page = Page(f"candidate {content_hash[:16]} {dataset}", {"content (sha256)": content_hash}, scores, totals)
    return write(store, keys.candidate_docs_key(content_hash, dataset), page, dataset, validation)
