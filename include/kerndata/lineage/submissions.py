"""From a delivered file to its accepted rows: which header became which column, as the source's mapping says."""

from collections.abc import Mapping, Sequence

from kerndata.lineage.flow import CHANGED, IDENTITY, Flow, InputField, contract_columns, origin, read, written
from kerndata.model.submission import Submission
from kerndata.sources.registry import Source
from kerndata.sources.schema import DeliverySpec
from kerndata.store import keys

# What a mapped column is called in the contract; the others are called the same.
_CALLED: Mapping[str, tuple[str, ...]] = {
    "indicator": ("indicator_code",),
    "region": ("region_level", "region_code"),
    "status": ("value_status",),
    "value": ("value", "missing_reason", "original_value"),
    "unit": ("unit", "original_unit"),
    "x_rd": ("lon", "lat"),
    "y_rd": ("lon", "lat"),
}
_AS_WRITTEN = frozenset({"original_value", "original_unit", "name", "project_id"})


def of_submission(source: Source, submission: Submission) -> Flow:
    """Tell what a concluded submission was read from and what was kept of it; empty for one without observations.

    A wide layout, whose headers are values, has its columns' origins in the provenance of each row, not here.
    """
    if not submission.counts.observed or submission.dataset is None or submission.delivery_name is None:
        return Flow()
    raw = keys.raw_key(submission.province, submission.sha256)
    flow = Flow(inputs=[read(keys.ARCHIVE, raw, submission.sha256)])
    columns, version = contract_columns(submission.dataset), str(submission.revision)
    if submission.counts.accepted:
        traced = _origins(source.deliveries[submission.delivery_name], raw, {name for name, _ in columns})
        key = keys.accepted_key(submission.id, submission.revision)
        flow.outputs.append(written(keys.STAGING, key, version, columns, traced, submission.counts.accepted))
    if submission.counts.refused:
        key = keys.refused_key(submission.province, submission.id, submission.revision)
        flow.outputs.append(written(keys.QUARANTINE, key, version, columns, {}, submission.counts.refused))
    return flow


def _origins(spec: DeliverySpec, raw: str, known: set[str]) -> dict[str, Sequence[InputField]]:
    found: dict[str, list[InputField]] = {}
    for header, column in spec.columns.items():
        for name in _CALLED.get(column, (column,)):
            if name in known:
                how = IDENTITY if name in _AS_WRITTEN else CHANGED
                found.setdefault(name, []).append(origin(keys.ARCHIVE, raw, header, how))
    return dict(found)
