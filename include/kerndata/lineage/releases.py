"""From accepted rows to a release: each column of the datasets as it is, national values as sums over them."""

from collections.abc import Sequence

from openlineage.client.event_v2 import OutputDataset
from sqlalchemy.orm import Session

from kerndata.ledger import outcomes, releases
from kerndata.lineage.flow import IDENTITY, SUMMED, Flow, InputField, contract_columns, origin, read, written
from kerndata.model.submission import Submission
from kerndata.store import keys

_NATIONAL = (("indicator_code", "string"), ("period", "string"), ("category", "string"), ("value", "decimal"))


def of_release(session: Session, version: str) -> Flow:
    """Tell what a published release was merged from: the accepted rows of each submission in it, as it was then."""
    counts = releases.inputs(session, version)
    merged = [outcomes.as_of(session, name, one.revision) for name, one in counts.items()]
    flow = Flow()
    for dataset in sorted({one.dataset for one in merged if one.dataset}):
        mine = [one for one in merged if one.dataset == dataset]
        rows = sum(counts[one.id].published for one in mine)
        key = keys.release_key(version, f"{dataset}.parquet")
        columns = contract_columns(dataset)
        flow += Flow([read(keys.STAGING, _key(one), str(one.revision)) for one in mine])
        traced = {name: _same(mine, name) for name, _ in columns}
        flow.outputs.append(written(keys.PUBLISHED, key, version, columns, traced, rows))
        if dataset == "indicators":
            flow.outputs.append(_national(version, key))
    return flow


def _national(version: str, source: str) -> OutputDataset:
    how = {name: SUMMED if name == "value" else IDENTITY for name, _ in _NATIONAL}
    traced = {name: [origin(keys.PUBLISHED, source, name, how[name])] for name, _ in _NATIONAL}
    return written(keys.PUBLISHED, keys.release_key(version, "national.csv"), version, _NATIONAL, traced)


def _key(one: Submission) -> str:
    return keys.accepted_key(one.id, one.revision)


def _same(merged: Sequence[Submission], name: str) -> list[InputField]:
    return [origin(keys.STAGING, _key(one), name, IDENTITY) for one in merged]
