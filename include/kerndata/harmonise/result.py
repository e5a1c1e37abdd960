"""What harmonising hands over."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding on the file as a whole that refuses nothing; ``facts`` fill the template of rule ``rule_id``."""

    rule_id: str
    facts: Mapping[str, str | int]


@dataclass(frozen=True)
class Harmonised:
    """One delivery in the contract's shape; every observation is a row, understood or not.

    ``rows``: the contract's columns with provenance, plus ``observation`` (0…n-1). Text is Arrow string, ``value``
    decimal128(28, 9) in the indicator's unit, ``source_row`` int64 (1 = first row), ``quality_flags`` still empty.
    ``cell_findings``: ``observation, rule_id, column`` (contract column)``, value`` (as written)``, expected`` (text
    or null: the readings of an ambiguous number, the known values of a vocabulary).
    ``other_rows``: title, header, blank, footer rows, and ``empty`` cells that are no observation by the source.
    ``unmapped_columns``: headers nobody mapped or ignored, as written.
    ``letters``: per (member, sheet) the spreadsheet letter of the column each contract column was read from.
    ``headers``: per (member, sheet) the header of each column, as written, by its letter.
    ``remarks``: what was repaired in the file as a whole (a header on another row, a footnote mark behind one).
    """

    rows: pd.DataFrame
    cell_findings: pd.DataFrame
    other_rows: Mapping[str, int]
    unmapped_columns: tuple[str, ...]
    letters: Mapping[tuple[str | None, str | None], Mapping[str, str]] = field(default_factory=dict)
    headers: Mapping[tuple[str | None, str | None], Mapping[str, str]] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()
