"""The way from a reading to the contract's shape, for one delivery."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from kerndata.harmonise.arrays import repeated, written_out
from kerndata.harmonise.findings import Findings
from kerndata.harmonise.indicators import FIELDS as INDICATOR_FIELDS
from kerndata.harmonise.indicators import harmonise_indicators
from kerndata.harmonise.observations import Part, native_cells, observations, records, without_absent
from kerndata.harmonise.projects import FIELDS as PROJECT_FIELDS
from kerndata.harmonise.projects import harmonise_projects
from kerndata.harmonise.result import Harmonised, Remark
from kerndata.harmonise.tables import table_of
from kerndata.model.sheet import Reading
from kerndata.sources.registry import Source
from kerndata.sources.schema import DeliverySpec

INDICATOR_COLUMNS = (
    "indicator_code", "region_level", "region_code", "period", "category", "value", "unit", "value_status",
    "missing_reason", "province_code", "submission_id", "source_file", "source_member", "source_sheet", "source_row",
    "source_column", "original_value", "original_unit", "quality_flags",
)  # fmt: skip
PROJECT_COLUMNS = (
    "project_id", "name", "technology", "province_code", "municipality_name", "municipality_code", "res_region",
    "initiator", "capacity_mw", "turbines", "storage_mwh", "expected_production_mwh_per_year", "phase", "phase_date",
    "granted_on", "permitted_on", "commissioned_on", "planned_commissioned_on", "reference_date", "scheme",
    "local_ownership_pct", "lon", "lat", "submission_id", "source_file", "source_member", "source_sheet", "source_row",
    "source_column", "quality_flags",
)  # fmt: skip


def harmonise(
    reading: Reading, spec: DeliverySpec, source: Source, submission_id: str, file_name: str
) -> Harmonised:  # fmt: skip
    """Bring everything read from one file into the contract's shape.

    Raises ``FileFault`` with an F rule of ``kerndata.harmonise.RULES`` or F-HEADER-ONLY when the file as a whole is not
    what was agreed. Cells that are not understood become null, with a finding.
    """
    tables = [table_of(sheet, spec) for sheet in reading.sheets]
    parts = [Part(grid, columns) for grid, columns, _ in tables]
    others: Counter[str] = sum((part.grid.other_rows for part in parts), Counter())
    if spec.dataset == "indicators":
        raw, others["empty"] = without_absent(observations(parts, spec, INDICATOR_FIELDS, file_name), spec)
        findings = Findings(raw.num_rows)
        columns = harmonise_indicators(raw, spec, source.province, findings)
        columns["province_code"] = repeated(source.province.code, raw.num_rows)
        order: Sequence[str] = INDICATOR_COLUMNS
    else:
        raw = records(parts, spec, PROJECT_FIELDS, file_name)
        findings = Findings(raw.num_rows)
        columns = harmonise_projects(raw, spec, source.province, findings, lambda name: native_cells(parts, name))
        order = PROJECT_COLUMNS
    columns |= _provenance(raw, submission_id, file_name)
    table = pa.table([written_out(columns[name]) for name in order], names=list(order))
    rows: pd.DataFrame = table.append_column("observation", _numbering(raw.num_rows)).to_pandas(
        types_mapper=pd.ArrowDtype
    )
    unmapped = tuple(dict.fromkeys(header for part in parts for header in part.columns.unmapped))
    return Harmonised(
        rows,
        findings.frame(),
        other_rows={kind: count for kind, count in others.items() if count},
        unmapped_columns=unmapped,
        letters={(one.grid.member, one.grid.sheet): one.columns.letters(spec.dataset) for one in parts},
        headers={(one.grid.member, one.grid.sheet): one.grid.header_letters() for one in parts},
        remarks=_once(remark for _, _, remarks in tables for remark in remarks),
    )


def _once(remarks: Iterable[Remark]) -> tuple[Remark, ...]:
    """Return the remarks of all sheets, the same one once."""
    return tuple({(one.rule_id, *one.facts.items()): one for one in remarks}.values())


def _provenance(raw: pa.Table, submission_id: str, file_name: str) -> dict[str, pa.Array]:
    count = raw.num_rows
    told = {"submission_id": submission_id, "source_file": file_name, "quality_flags": ""}
    cells = ("source_member", "source_sheet", "source_row", "source_column")
    return {name: repeated(text, count) for name, text in told.items()} | {name: raw[name] for name in cells}


def _numbering(count: int) -> pa.Array:
    return pa.array(np.arange(count, dtype=np.int64))
