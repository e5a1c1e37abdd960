"""Statistical disclosure control: keeps out of a release what tells about too few, and what would give that away.

The settings stand in the contract (``contracts/indicators.odcs.yaml``, custom property ``disclosure``); what is hidden
besides is chosen by ``kerndata.merge.disclosure``. Only the indicators and periods with something to protect are looked
at; a release without any is not read twice.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

import pyarrow as pa
from pydantic import Field, ValidationError

from kerndata.contracts.contract import load_contract
from kerndata.errors import ConfigurationError
from kerndata.merge.disclosure import Cell, Equation, Problem, hide
from kerndata.merge.engine import Connection
from kerndata.merge.overview import WITHHELD
from kerndata.merge.tables import DECIMAL
from kerndata.sources.base import Strict, Text

FLAG, SECRET, NATIONAL = "D-SUPPRESSED", "geheim", "NL01"
Percent = Annotated[Decimal, Field(gt=0, le=100)]
Group = tuple[str, str]
"""Indicator code and period."""


class Dominated(Strict):
    """Which projects stand behind an indicator: those of a technology, beside the capacity in MW of ``capacity``."""

    capacity: Text
    technology: Text


class Settings(Strict):
    """What the contract says of disclosure; ``wholes`` are categories, the first of each the sum of the others."""

    minimumUnits: Annotated[int, Field(ge=1)]  # noqa: N815 - as the other custom properties of the contract
    dominancePct: Percent  # noqa: N815
    widthPct: Percent  # noqa: N815
    counted: dict[str, Text] = Field(default_factory=dict)
    dominated: dict[str, Dominated] = Field(default_factory=dict)
    wholes: tuple[tuple[Text, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One value as it is now and as the release before told it.

    ``is_secret``: the province says so; ``is_primary``: the contract's rules do. ``was_hidden``: by us, ``was_secret``:
    no matter by whom. ``is_same``: from the same submission as then.
    """

    cell: Cell
    value: Decimal | None
    is_there: bool
    is_secret: bool
    is_primary: bool
    old_value: Decimal | None
    was_there: bool
    was_hidden: bool
    was_secret: bool
    is_same: bool


def settings() -> Settings:
    """Return the contract's settings; raises ConfigurationError with what is wrong."""
    try:
        return Settings.model_validate(load_contract("indicators").settings["disclosure"])
    except (KeyError, ValidationError) as error:
        raise ConfigurationError(f"contracts/indicators.odcs.yaml, custom property disclosure: {error}") from error


def protect(connection: Connection, regions: Sequence[str], chosen: Settings, *, has_old_totals: bool) -> int:
    """Fill the tables ``withheld`` (cells with their true value) and ``withheld_totals``; return how many cells.

    Works on the views ``indicators``, ``projects`` and ``old_indicators``; with ``has_old_totals`` also on the view
    ``old_national`` (without it every total that could be in the release before is taken to be in it). ``regions`` are
    those a national total needs. Raises NotChecked when something cannot be protected any more.
    """
    connection.execute(WITHHELD)
    _lists(connection, chosen)
    connection.execute(_PRIMARIES, {"minimum": chosen.minimumUnits, "share": chosen.dominancePct / 100})
    connection.execute(_GROUPS)
    if not connection.table("groups").count("*").fetchall()[0][0]:
        return 0
    totals = _old_totals(connection) if has_old_totals else None
    cells: list[tuple[Any, ...]] = []
    wholes: list[tuple[str, ...]] = []
    for group, rows in _rows(connection):
        told = None if totals is None else totals.get(group, {})
        values = {one.cell: one.value for one in rows}
        for cell in sorted(hide(problem_of(rows, regions, chosen, told))):
            if cell.region_code == NATIONAL:
                wholes.append((*group, cell.category))
            elif values.get(cell) is not None:
                cells.append((group[0], cell.region_code, group[1], cell.category, values[cell]))
    _fill(connection, cells, wholes)
    return len(cells)


def problem_of(
    rows: Sequence[Row], regions: Sequence[str], chosen: Settings, old_totals: Mapping[str, Decimal] | None
) -> Problem:
    """Turn one indicator and period into cells and equations; ``old_totals`` are those that were told, by category."""
    values = {one.cell: one.value for one in rows if one.is_there or one.was_secret}
    sums = list(_sums(values, regions))
    totals = {one.cells[-1]: sum((values[part] or Decimal(0) for part in one.parts), Decimal(0)) for one in sums}
    values |= totals
    families = [one for one in _families([*regions, NATIONAL], chosen) if values.keys() >= set(one.cells)]
    public = {one.cell for one in rows if one.old_value is not None and one.value in (one.old_value, None)}
    public |= {cell for cell, total in totals.items() if (old_totals or {}).get(cell.category) == total}
    protected = {one.cell for one in rows if one.is_primary or one.is_secret}
    former = {one.cell for one in rows if one.was_secret and not (one.is_same and one.value is not None)}
    return Problem(
        values=values,
        protected=frozenset(protected - public),
        equations=(*sums, *families, *_old(rows, regions, chosen, old_totals)),
        public=frozenset(public),
        former=frozenset(former),
        width_pct=chosen.widthPct,
    )


def _sums(values: Mapping[Cell, Decimal | None], regions: Sequence[str]) -> Iterator[Equation]:
    """National totals: only of what every region has, because else there is none."""
    for category in sorted({cell.category for cell in values}):
        parts = tuple(Cell(region, category) for region in regions)
        if all(values.get(part) is not None for part in parts):
            yield Equation(Cell(NATIONAL, category), parts)


def _families(regions: Sequence[str], chosen: Settings) -> Iterator[Equation]:
    for region in regions:
        for whole, *parts in chosen.wholes:
            yield Equation(Cell(region, whole), tuple(Cell(region, part) for part in parts))


def _old(
    rows: Sequence[Row], regions: Sequence[str], chosen: Settings, totals: Mapping[str, Decimal] | None
) -> Iterator[Equation]:
    """What the release before told of the cells that it hid."""
    was = {one.cell: one for one in rows if one.was_there}
    for category in sorted({cell.category for cell in was}):
        parts = [was[cell] for cell in (Cell(region, category) for region in regions) if cell in was]
        hidden = tuple(one.cell for one in parts if one.was_hidden)
        could_be = len(parts) == len(regions) and all(one.was_hidden or one.old_value is not None for one in parts)
        if hidden and (could_be if totals is None else category in totals):
            yield Equation(None, hidden, is_old=True)
    for one in _families(regions, chosen):
        unknown = {cell for cell in one.cells if cell in was and was[cell].old_value is None}
        if unknown and was.keys() >= set(one.cells):
            whole = one.whole if one.whole in unknown else None
            yield Equation(whole, tuple(cell for cell in one.parts if cell in unknown), is_old=True)


def _rows(connection: Connection) -> Iterator[tuple[Group, list[Row]]]:
    found: defaultdict[Group, list[Row]] = defaultdict(list)
    for indicator, period, region, category, *facts in connection.execute(_CELLS).fetchall():
        found[indicator, period].append(Row(Cell(region, category), *facts))
    yield from sorted(found.items(), key=lambda one: one[0])


def _old_totals(connection: Connection) -> dict[Group, dict[str, Decimal]]:
    found: defaultdict[Group, dict[str, Decimal]] = defaultdict(dict)
    for indicator, period, category, value in connection.execute(_OLD_TOTALS).fetchall():
        found[indicator, period][category] = value
    return found


def _lists(connection: Connection, chosen: Settings) -> None:
    counted = [{"code": code, "units": units} for code, units in chosen.counted.items()]
    dominated = [{"code": code, **one.model_dump()} for code, one in chosen.dominated.items()]
    categories = sorted({name for family in chosen.wholes for name in family})
    text = pa.string()
    tables: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
        "counted": (counted, ["code", "units"]),
        "dominated": (dominated, ["code", "capacity", "technology"]),
        "families": ([{"category": one} for one in categories], ["category"]),
    }
    for name, (rows, columns) in tables.items():
        made = pa.Table.from_pylist(rows, pa.schema([(column, text) for column in columns]))
        connection.from_arrow(made).create_view(name, replace=True)


def _fill(connection: Connection, cells: Sequence[tuple[Any, ...]], wholes: Sequence[tuple[str, ...]]) -> None:
    text = pa.string()
    schema = pa.schema([*((name, text) for name in _PLACE), ("value", DECIMAL)])
    table = pa.Table.from_pylist([dict(zip(schema.names, one, strict=True)) for one in cells], schema)
    connection.from_arrow(table).create_view("hidden_cells", replace=True)
    connection.execute("INSERT INTO withheld FROM hidden_cells")
    if wholes:
        connection.executemany("INSERT INTO withheld_totals VALUES (?, ?, ?)", wholes)


_PLACE = ("indicator_code", "region_code", "period", "category")
_PRIMARIES = """
CREATE OR REPLACE TABLE primaries AS
WITH few AS (
  SELECT v.indicator_code, v.region_code, v.period, v.category
  FROM indicators v JOIN counted c ON c.code = v.indicator_code
  JOIN indicators u ON u.indicator_code = c.units AND u.region_level = v.region_level
    AND u.region_code = v.region_code AND u.period = v.period AND u.category = v.category
  WHERE v.value <> 0 AND u.value > 0 AND u.value < $minimum AND v.region_level = 'provincie'
), parties AS (
  SELECT province_code, technology, coalesce(initiator, project_id) AS party, substr(commissioned_on, 1, 4) AS since,
    capacity_mw
  FROM projects WHERE phase = 6 AND capacity_mw > 0
), one_party AS (
  SELECT v.indicator_code, v.region_code, v.period, v.category
  FROM indicators v JOIN dominated d ON d.code = v.indicator_code
  JOIN indicators m ON m.indicator_code = d.capacity AND m.region_level = v.region_level
    AND m.region_code = v.region_code AND m.period = v.period AND m.category = v.category
  JOIN parties p ON p.province_code = v.region_code AND p.technology = d.technology
    AND coalesce(p.since, '') <= substr(v.period, 1, 4)
  WHERE v.value <> 0 AND m.value > 0 AND v.category = 'totaal' AND v.region_level = 'provincie'
  GROUP BY v.indicator_code, v.region_code, v.period, v.category, p.party
  HAVING sum(p.capacity_mw) > any_value(m.value) * $share
)
SELECT DISTINCT * FROM (FROM few UNION ALL FROM one_party)
"""
_GROUPS = """
CREATE OR REPLACE TABLE groups AS
SELECT indicator_code, period FROM primaries
UNION SELECT indicator_code, period FROM old_indicators WHERE contains(quality_flags, 'D-SUPPRESSED')
UNION SELECT indicator_code, period FROM indicators WHERE category IN (FROM families)
  GROUP BY indicator_code, period HAVING bool_or(missing_reason = 'geheim') AND count(DISTINCT category) > 1
"""
_CELLS = """
WITH wanted AS (
  SELECT category FROM families UNION SELECT category FROM primaries
  UNION SELECT category FROM old_indicators WHERE contains(quality_flags, 'D-SUPPRESSED')
), now AS (
  FROM indicators SEMI JOIN groups USING (indicator_code, period)
  WHERE category IN (FROM wanted) AND region_level = 'provincie'
), was AS (
  FROM old_indicators SEMI JOIN groups USING (indicator_code, period)
  WHERE category IN (FROM wanted) AND region_level = 'provincie'
)
SELECT indicator_code, period, region_code, category, n.value, n.submission_id IS NOT NULL,
  coalesce(n.missing_reason = 'geheim', false), p.indicator_code IS NOT NULL, o.value, o.submission_id IS NOT NULL,
  coalesce(contains(o.quality_flags, 'D-SUPPRESSED'), false), coalesce(o.missing_reason = 'geheim', false),
  coalesce(n.submission_id = o.submission_id, false)
FROM now n FULL JOIN was o USING (indicator_code, period, region_code, category)
LEFT JOIN primaries p USING (indicator_code, period, region_code, category)
ORDER BY ALL
"""
_OLD_TOTALS = """
SELECT indicator_code, period, category, CAST(value AS DECIMAL(28,9)) FROM old_national
SEMI JOIN groups USING (indicator_code, period) WHERE value IS NOT NULL
"""
