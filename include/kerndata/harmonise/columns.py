"""Which column of a sheet means what: mapped, holding observations, ignored, or unknown (and then reported)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow.compute as pc

from kerndata.errors import FileFault
from kerndata.harmonise.arrays import fold, letter
from kerndata.harmonise.headers import loose, loosely, with_nearest, without_notes
from kerndata.harmonise.layout import Grid
from kerndata.harmonise.result import Remark
from kerndata.model.marks import OWN_COLUMNS
from kerndata.sources.schema import REQUIRED, DeliverySpec

CONTRACT_NAMES = {
    "indicators": {"indicator": "indicator_code", "region": "region_code", "status": "value_status"},
    "projects": {"region": "province_code", "x_rd": "lon", "y_rd": "lat"},
}


@dataclass(frozen=True, slots=True)
class ValueColumn:
    """A column of observations; ``told`` is what its header says (indicator, period, unit, category, region)."""

    index: int
    told: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Columns:
    """``mapped``: our column to its index in the sheet. ``remarks``: headers read in spite of a small difference."""

    mapped: Mapping[str, int]
    values: tuple[ValueColumn, ...]
    unmapped: tuple[str, ...]
    remarks: tuple[Remark, ...] = ()

    def letters(self, dataset: str) -> dict[str, str]:
        """Return the spreadsheet letter of each contract column; of the value only where one column holds them all."""
        names = CONTRACT_NAMES[dataset]
        found = {names.get(target, target): letter(index) for target, index in self.mapped.items()}
        return found | ({"value": letter(self.values[0].index)} if len(self.values) == 1 else {})


@dataclass
class _Found:
    mapped: dict[str, int] = field(default_factory=dict)
    values: list[ValueColumn] = field(default_factory=list)
    spare: list[int] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)


def columns_of(grid: Grid, spec: DeliverySpec) -> Columns:
    """Resolve the headers; raises ``FileFault`` F-COLUMNS-MISSING or F-COLUMN-TWICE."""
    found = _resolved(grid.headers, spec)
    unmapped = [
        grid.headers[index] or f"kolom {letter(index)} (zonder kop)"
        for index in found.spare
        if grid.headers[index] or pc.sum(pc.is_valid(grid.body[index])).as_py()
    ]
    return Columns(found.mapped, tuple(found.values), tuple(unmapped), tuple(found.remarks))


def are_agreed(headers: Sequence[str], spec: DeliverySpec) -> bool:
    """Whether these headers hold every column the delivery needs, each once."""
    try:
        _resolved(headers, spec)
    except FileFault:
        return False
    return True


def _resolved(headers: Sequence[str], spec: DeliverySpec) -> _Found:
    found = _Found()
    targets: Mapping[str, str] = {fold(header): column for header, column in spec.columns.items()}
    ignored = {fold(header) for header in (*spec.ignored_columns, *OWN_COLUMNS)}
    for index, header in enumerate(headers):
        if fold(header) in targets:
            _map(found, targets[fold(header)], index, headers)
        elif fold(header) not in ignored:
            found.spare.append(index)
    _map_loosely(found, headers, spec)  # before the values: a pattern such as ^.+$ fits any header
    found.spare = [index for index in found.spare if not _value_column(found, index, headers[index], spec)]
    if "value" in found.mapped:
        found.values.append(ValueColumn(found.mapped.pop("value"), {}))
    _each_once(found.values, headers)
    _complete(headers, spec, found)
    return found


def _map(found: _Found, target: str, index: int, headers: Sequence[str]) -> None:
    if target in found.mapped:
        raise FileFault("F-COLUMN-TWICE", column=target, headers=f"{headers[found.mapped[target]]}, {headers[index]}")
    found.mapped[target] = index


def _value_column(found: _Found, index: int, header: str, spec: DeliverySpec) -> bool:
    """Whether the header is one of observations, as agreed or with a footnote number behind it."""
    if not (spec.layout.values and header):
        return False
    bare = without_notes(header)
    match = re.search(spec.layout.values, header) or re.search(spec.layout.values, bare)
    if match is None:
        return False
    if match.string != header:
        found.remarks.append(Remark("F-HEADER-REPAIRED", {"value": header, "expected": bare}))
    found.values.append(ValueColumn(index, {key: text for key, text in match.groupdict().items() if text}))
    return True


def _map_loosely(found: _Found, headers: Sequence[str], spec: DeliverySpec) -> None:
    """Map a column whose header differs in nothing that means anything, where no column has the agreed header."""
    nearly = {header: target for header, target in loosely(spec.columns).items() if target not in found.mapped}
    for index in [index for index in found.spare if headers[index]]:
        target = nearly.get(loose(headers[index]))
        if target is not None:
            _map(found, target, index, headers)
            found.spare.remove(index)
            agreed = next(one for one in spec.columns if loose(one) == loose(headers[index]))
            found.remarks.append(Remark("F-HEADER-REPAIRED", {"value": headers[index], "expected": agreed}))


def _each_once(values: Sequence[ValueColumn], headers: Sequence[str]) -> None:
    """Raise F-COLUMN-TWICE when two columns of observations say they are about the same."""
    seen: dict[tuple[tuple[str, str], ...], int] = {}
    for column in values:
        about = tuple(sorted((key, fold(text)) for key, text in column.told.items()))
        if about in seen:
            twice = f"{headers[seen[about]]} (kolom {letter(seen[about])}), {headers[column.index]}"
            raise FileFault("F-COLUMN-TWICE", column="waarde", headers=f"{twice} (kolom {letter(column.index)})")
        seen[about] = column.index


def _complete(headers: Sequence[str], spec: DeliverySpec, found: _Found) -> None:
    """Raise F-COLUMNS-MISSING without a column that is needed; remark on another one that was agreed.

    Of indicators every agreed column is needed: without a category or status column its rows would say something else.
    """
    have = {*found.mapped, *(["value"] if found.values else [])}
    lacking = {
        target: [header for header, column in spec.columns.items() if column == target]
        for target in dict.fromkeys(spec.columns.values())
        if target not in have
    }
    needed = set(spec.columns.values()) if spec.dataset == "indicators" else REQUIRED["projects"]
    missing = ["/".join(_nearest(agreed, headers)) for target, agreed in lacking.items() if target in needed]
    if spec.layout.values and not found.values:
        missing.append("een kolom met waarden")
    if missing:
        shown = ", ".join(filter(None, headers[:30])) or "geen koppen"
        raise FileFault("F-COLUMNS-MISSING", missing=", ".join(missing), found=shown)
    found.remarks += [Remark("F-COLUMN-ABSENT", {"value": "/".join(agreed)}) for agreed in lacking.values()]


def _nearest(agreed: Sequence[str], headers: Sequence[str]) -> list[str]:
    return [with_nearest(header, headers) for header in agreed]
