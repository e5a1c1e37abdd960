"""Keeps personal data and formulas out of everything that is stored or shown: cells, findings, messages, receipts.

Runs on every delivery before its rows are judged. A mapped cell with personal data refuses its row, and the cell is
emptied here, so that no finding, no quarantined row and no message can repeat it. Columns nobody uses get one warning.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kerndata.errors import FileFault
from kerndata.harmonise import Harmonised
from kerndata.harmonise.arrays import letter, one_array
from kerndata.harmonise.columns import Columns
from kerndata.harmonise.layout import Grid
from kerndata.harmonise.result import Remark
from kerndata.harmonise.tables import table_of
from kerndata.model.marks import OWN_COLUMNS
from kerndata.model.sheet import Reading
from kerndata.quality.payload import formulas
from kerndata.quality.personal import WORDS, WORDS_EN, Setting, is_private, kinds, masked
from kerndata.quality.surroundings import around_table
from kerndata.sources.schema import DeliverySpec

RULES = {
    "H-PERSONAL-DATA": "Error: a mapped cell holds a BSN, mail address or telephone number; it is emptied.",
    "H-FORMULA": "Error: a mapped cell holds a formula as text.",
    "H-INITIATOR-PRIVATE": "Warning: the initiator is a private person; it is emptied.",
    "F-PERSONAL-COLUMN": "Warning: an unused column holds personal data (facts: column, kinds_nl, kinds_en, count).",
    "F-PERSONAL-TEXT": "Warning: a name, or a row around the table, holds personal data (facts: where_nl, where_en, "
    "kinds_nl, kinds_en).",
    "F-FORMULA-COLUMN": "Warning: an unused column holds formulas as text (facts: column, count).",
    "F-LINK": "Warning: the workbook holds links out of it that fetch nothing unasked (facts: kinds_nl, kinds_en).",
}
#: The columns that repeat what the file says, what findings call them, and whether bare numbers are usual there.
TEXTS: Mapping[str, Mapping[str, tuple[str, bool]]] = {
    "indicators": {"original_value": ("value", True), "original_unit": ("unit", True)},
    "projects": {
        "project_id": ("project_id", True),
        "name": ("name", False),
        "municipality_name": ("municipality_name", False),
        "municipality_code": ("municipality_code", True),
        "initiator": ("initiator", False),
    },
}
LINKED = {
    "connection": ("een verbinding met gegevens van buiten", "a connection to data outside"),
    "workbook": ("een koppeling naar een ander werkboek", "a link to another workbook"),
}
WORDY = frozenset({"region_code", "province_code", "indicator_code", "category", "technology", "phase", "value_status"})
TEXT = pa.string()
FOUND = pd.ArrowDtype(TEXT)


@dataclass(frozen=True, slots=True)
class _Hits:
    """What was found in mapped cells: frames like ``Harmonised.cell_findings``."""

    frames: list[pd.DataFrame]

    def add(self, rule_id: str, observations: pa.Array, column: object, value: object, expected: object) -> None:
        if len(observations):
            told = {"rule_id": rule_id, "column": column, "value": value, "expected": expected}
            self.frames.append(pd.DataFrame({"observation": observations.to_numpy(zero_copy_only=False), **told}))


def screen(harmonised: Harmonised, reading: Reading, spec: DeliverySpec) -> Harmonised:
    """Return the delivery without personal data in any cell, finding, header or remark, and what was found of it."""
    hits = _Hits([])
    rows = harmonised.rows.copy(deep=False)
    for name, (called, numbers) in TEXTS[spec.dataset].items():
        rows[name] = _screened(rows, name, called, Setting(numbers=numbers), hits)
    cells = _findings(harmonised.cell_findings, hits)
    return replace(
        harmonised,
        rows=rows,
        cell_findings=_joined(cells, hits),
        unmapped_columns=tuple(map(masked, harmonised.unmapped_columns)),
        headers={key: {at: masked(one) for at, one in headers.items()} for key, headers in harmonised.headers.items()},
        remarks=(*map(_masked_remark, harmonised.remarks), *_beside(reading, spec), *_linked(reading)),
    )


def masked_fault(fault: FileFault) -> FileFault:
    """Return the fault with nothing personal in its facts: they may repeat headers, or a row taken for one."""
    return FileFault(fault.rule_id, observed=fault.observed, **_masked_facts(fault.facts))


def _screened(rows: pd.DataFrame, name: str, called: str, setting: Setting, hits: _Hits) -> "pd.Series[str]":
    """Return a column with what may not be kept emptied; what was found is added to ``hits``."""
    cells = pa.array(rows[name], TEXT)
    observations = pa.array(rows["observation"], pa.int64())
    personal = kinds(cells, setting)
    gone = pc.is_valid(personal)
    hits.add("H-PERSONAL-DATA", observations.filter(gone), called, None, _in_words(personal.filter(gone)))
    acts = pc.and_(formulas(cells), pc.invert(gone))
    hits.add("H-FORMULA", observations.filter(acts), called, cells.filter(acts).to_pylist(), None)
    if name == "initiator":
        private = pc.and_(_private(cells), pc.invert(gone))
        hits.add("H-INITIATOR-PRIVATE", observations.filter(private), called, None, None)
        gone = pc.or_(gone, private)
    if not pc.any(gone, min_count=0).as_py():
        return rows[name]
    return pd.Series(pc.if_else(gone, pa.scalar(None, TEXT), cells), index=rows.index, dtype=rows[name].dtype)


def _private(cells: pa.Array) -> pa.Array:
    persons = [text for text in pc.unique(cells).to_pylist() if text is not None and is_private(text)]
    return pc.is_in(cells, pa.array(persons, TEXT))


def _in_words(found: pa.Array) -> list[str]:
    return [WORDS[kind] for kind in found.to_pylist()]


def _findings(cells: pd.DataFrame, hits: _Hits) -> pd.DataFrame:
    """Return the findings on cells without those that repeat personal data; the cell itself became a hit instead."""
    if cells.empty:
        return cells
    value, expected = (pa.array(cells[name], TEXT) for name in ("value", "expected"))
    wordy = pa.array(cells["column"].isin(WORDY), pa.bool_())
    personal = pc.if_else(wordy, kinds(value), kinds(value, Setting(numbers=True)))
    gone = pc.is_valid(personal)
    about = cells[gone.to_numpy(zero_copy_only=False)]
    hits.add(
        "H-PERSONAL-DATA", pa.array(about["observation"], pa.int64()), about["column"].to_numpy(), None,
        _in_words(personal.filter(gone)),
    )  # fmt: skip
    acts = pc.and_(formulas(value), pc.invert(gone))
    about = cells[acts.to_numpy(zero_copy_only=False)]
    hits.add(
        "H-FORMULA", pa.array(about["observation"], pa.int64()), about["column"].to_numpy(), about["value"].to_numpy(),
        None,
    )  # fmt: skip
    shown = pc.if_else(pc.is_valid(kinds(expected)), pa.scalar(None, TEXT), expected)
    return cells.assign(expected=pd.Series(shown, index=cells.index, dtype=FOUND))


def _joined(cells: pd.DataFrame, hits: _Hits) -> pd.DataFrame:
    """Return all findings; of a cell that holds personal data or a formula nothing else is said."""
    if not hits.frames:
        return cells
    found = pd.concat(hits.frames, ignore_index=True)
    found = found.drop_duplicates(["observation", "rule_id", "column"])
    for name in ("rule_id", "column", "value", "expected"):
        found[name] = found[name].astype(FOUND)
    found["observation"] = found["observation"].astype(pd.ArrowDtype(pa.int64()))
    place = ["observation", "column"]
    spoken = pd.MultiIndex.from_frame(found[place].astype(object))
    others = cells[~pd.MultiIndex.from_frame(cells[place].astype(object)).isin(spoken)]
    joined = pd.concat([others, found[list(cells.columns)]], ignore_index=True)
    return joined.sort_values(["observation", "rule_id", "column"], kind="stable", ignore_index=True)


def _beside(reading: Reading, spec: DeliverySpec) -> Iterator[Remark]:
    """Yield a remark on what holds personal data, or formulas, beside the mapped cells: other columns, other rows."""
    for sheet in reading.sheets:
        grid, columns, _ = table_of(sheet, spec)
        yield from _unused(grid, columns)
        yield from around_table(sheet, grid)


def _unused(grid: Grid, columns: Columns) -> Iterator[Remark]:
    used = {*columns.mapped.values(), *(column.index for column in columns.values)}
    for index in sorted({*range(len(grid.headers))} - used):
        header = grid.headers[index]
        if header not in OWN_COLUMNS:
            where = {"member": grid.member or "", "sheet": grid.sheet or "", "column": letter(index)}
            yield from _in_column(one_array(grid.body[index]), header, where)


def _linked(reading: Reading) -> Iterator[Remark]:
    """Yield a remark on the links of a workbook; what is read are the values its program stored."""
    if reading.links:
        told = zip(("kinds_nl", "kinds_en"), zip(*(LINKED[one] for one in reading.links), strict=True), strict=True)
        yield Remark("F-LINK", {name: ", ".join(words) for name, words in told})


def _in_column(cells: pa.Array, header: str, where: Mapping[str, str]) -> Iterator[Remark]:
    found = kinds(cells, Setting(header=header))
    if found.null_count < len(found):
        names = sorted(one for one in pc.unique(found).to_pylist() if one)
        told = {
            "kinds_nl": ", ".join(WORDS[one] for one in names),
            "kinds_en": ", ".join(WORDS_EN[one] for one in names),
        }
        yield Remark("F-PERSONAL-COLUMN", {**where, **told, "count": len(found) - found.null_count})
    count = pc.sum(formulas(cells), min_count=0).as_py()
    if count:
        yield Remark("F-FORMULA-COLUMN", {**where, "count": count})


def _masked_remark(remark: Remark) -> Remark:
    return replace(remark, facts=_masked_facts(remark.facts))


def _masked_facts(facts: Mapping[str, str | int]) -> dict[str, str | int]:
    return {name: masked(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}
