"""Data Docs of a candidate, for engineers: what was checked of the merged tables, beside those of its submissions.

Great Expectations judged the rows when they were delivered; here are the rules that published rows were flagged with
and what only all provinces together show. Written after it was decided what is to be done with the candidate: a page
that cannot be made is logged, and stops no release.
"""

import json
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from kerndata.contracts.contract import Contract, load_contract, release_rules
from kerndata.merge.tables import NAMES
from kerndata.model.release import Remark
from kerndata.publish.candidate import Candidate
from kerndata.quality.documents import write
from kerndata.quality.validation import MOST_ROWS, FailingRows, Page, Validation
from kerndata.store import keys
from kerndata.store.client import Store

log = logging.getLogger(__name__)


def document(store: Store, candidate: Candidate) -> tuple[str, ...]:
    """Write a page per dataset of a candidate; return the keys of those that were written, in ``quality``."""
    try:
        told = json.loads((candidate.folder / "quality.json").read_text("utf-8"))
        written = [_write(store, candidate, name, told) for name in NAMES]
    except Exception:
        log.exception("candidate %s: no Data Docs; what was decided stands", candidate.content_hash[:16])
        return ()
    return tuple(key for key in written if key)


def _write(store: Store, candidate: Candidate, dataset: str, told: Mapping[str, Any]) -> str | None:
    remarks = [one for one in candidate.facts.remarks if one.dataset == dataset]
    contract = _with_release_rules(load_contract(dataset))
    totals = {one["rule_id"]: one["rows"] for one in told["rules"] if one["dataset"] == dataset}
    known = {rule_id: rows for rule_id, rows in totals.items() if rule_id in contract.catalogue}
    page = Page(
        f"candidate {candidate.content_hash[:16]} {dataset}",
        _about(candidate, dataset),
        dict(_scores(told["datasets"][dataset])),
        known | Counter(one.rule_id for one in remarks),
    )
    key = keys.candidate_docs_key(candidate.content_hash, candidate.previous, dataset)
    return write(store, key, page, contract, Validation(tuple(_failing(remarks))))


def _with_release_rules(contract: Contract) -> Contract:
    return replace(contract, catalogue=MappingProxyType({**contract.catalogue, **release_rules()}))


def _about(candidate: Candidate, dataset: str) -> dict[str, str]:
    used = [one for one in candidate.inputs if one.dataset == dataset]
    rows = next(one.rows for one in candidate.files if one.name == f"{dataset}.parquet")
    return {
        "content (sha256)": candidate.content_hash,
        "compared with": candidate.previous or "no release: it is the first",
        "code": candidate.code_version,
        "submissions": f"{len(used)}, of {len({one.province for one in used})} provinces",
        "rows": str(rows),
    }


def _scores(provinces: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, float]]:
    """Those of ``quality.json``, of all provinces together: each province weighs by what its share is a share of.

    Completeness is a share of the same number of values for each.
    """
    for name in dict.fromkeys(name for one in provinces for name in one["scores"]):
        known = [(_weight(one, name), one["scores"][name]) for one in provinces if one["scores"][name] is not None]
        if total := sum(weight for weight, _ in known):
            yield name, sum(weight * score for weight, score in known) / total


def _weight(province: Mapping[str, Any], dimension: str) -> int:
    if dimension == "completeness":
        return 1
    return int(province["observed" if dimension == "validity" else "rows"])


def _failing(remarks: Sequence[Remark]) -> Iterator[FailingRows]:
    for rule_id in dict.fromkeys(one.rule_id for one in remarks):
        about = [(one.key,) for one in remarks if one.rule_id == rule_id]
        yield FailingRows(rule_id, len(about), ("about",), tuple(about[:MOST_ROWS]))
