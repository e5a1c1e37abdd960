"""Compares a delivery with the last accepted one of the same province and delivery: what came, changed, went.

History gives findings on the file as a whole only, never on a row, so that the accepted rows depend on the file and its
source alone and a rebuild gives the same bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kerndata.contracts.contract import Contract
from kerndata.model.finding import Finding
from kerndata.quality.about import about
from kerndata.quality.columns import arrow
from kerndata.quality.history import RULES, history
from kerndata.quality.wording import shown, word_file

ALL = ("F-ROWS-FEWER", "F-KEYS-VANISHED")
HISTORY_RULES = (*ALL, *(rule_id for rules in RULES.values() for rule_id in rules))
CANCELLED = 7  # the phase of a project that does not go on: it need not be delivered for ever
LARGEST = 5  # changes that are shown; all of them stand in the release's own list of changes
EXAMPLES = 3
SEPARATOR = "\x1f"  # cannot stand in a cell that a reader lets through
FEWER = "fewerRowsWarningPct"
MEASURES: Mapping[str, str] = {"indicators": "value", "projects": "capacity_mw"}


@dataclass(frozen=True, slots=True)
class Previous:
    """The last accepted delivery: its submission and its accepted rows in the contract's columns."""

    submission_id: str
    rows: pd.DataFrame = field(repr=False)


@dataclass(frozen=True, slots=True)
class Change:
    """One figure that is another than last time. ``what``: what it is about; values as people read them in Dutch."""

    what: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Keys of this delivery against the last.

    ``removed``: were accepted then, stand nowhere in this file now; ``cancelled``: so many of them are projects that
    the last delivery gave as cancelled.
    ``largest``: the biggest changes of the measure, by share of the old value. ``previous_rows`` and ``rows``: accepted
    observations then, and accepted and refused ones now.
    """

    previous_id: str
    added: int
    changed: int
    removed: int
    unchanged: int
    previous_rows: int
    rows: int
    largest: tuple[Change, ...] = ()
    vanished: tuple[str, ...] = ()
    cancelled: int = 0


def compare(contract: Contract, previous: Previous, accepted: pd.DataFrame, refused: pd.DataFrame) -> Comparison:
    """What changed between the last delivery and this one (``accepted`` and ``refused`` of its verdict)."""
    old, new = _keyed(contract, previous.rows), _keyed(contract, accepted)
    both = old.index.intersection(new.index)
    contents = [one.name for one in contract.columns if not one.is_provenance and one.name not in contract.key]
    differs = np.zeros(len(both), dtype=bool)
    for name in contents:  # a column that came into the contract since was empty in the last delivery
        now = new.loc[both, name]
        differs |= _differs(old.loc[both, name], now) if name in old else now.notna().to_numpy(dtype=bool)
    still = set(_keyed(contract, refused).index) if len(refused) else set[str]()
    gone = [key for key in old.index.difference(new.index, sort=False) if key not in still]
    lost = old.loc[gone]
    off = np.zeros(len(gone), dtype=bool)
    if "phase" in lost:
        off = (lost["phase"] == CANCELLED).fillna(False).to_numpy(dtype=bool)
    return Comparison(
        previous_id=previous.submission_id,
        added=len(new.index.difference(old.index)),
        changed=int(differs.sum()),
        removed=len(gone),
        unchanged=len(both) - int(differs.sum()),
        previous_rows=len(previous.rows),
        rows=len(accepted) + len(refused),
        largest=_largest(contract, old.loc[both[differs]], new.loc[both[differs]]),
        vanished=tuple(about(contract, one) for one in lost[~off][:EXAMPLES].to_dict("records")),
        cancelled=int(off.sum()),
    )


def history_rules(dataset: str) -> tuple[str, ...]:
    """The rules of a dataset that need the last accepted delivery."""
    return (*ALL, *RULES[dataset])


def history_findings(
    contract: Contract, comparison: Comparison, previous: Previous, accepted: pd.DataFrame
) -> tuple[Finding, ...]:
    """Findings on the file as a whole: fewer observations than last time, keys that are gone, and ``history``."""
    found = []
    limit = float(contract.settings[FEWER])
    lost_pct = 100 * (1 - comparison.rows / comparison.previous_rows) if comparison.previous_rows else 0.0
    if lost_pct > limit:
        facts = {
            "found": comparison.rows,
            "previous": comparison.previous_rows,
            "lost_pct": shown(round(lost_pct, 1), "nl"),
        }
        found.append(word_file("F-ROWS-FEWER", facts))
    vanished = comparison.removed - comparison.cancelled
    if vanished:
        examples = "; ".join(comparison.vanished)
        found.append(word_file("F-KEYS-VANISHED", {"count": vanished, "examples": examples}))
    return (*found, *history(contract, previous.rows, accepted))


def _keyed(contract: Contract, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows by their key as one text, the first of each; rows with an incomplete key are left out."""
    parts = (arrow(rows, name).cast(pa.string()) for name in contract.key)
    keys = pc.binary_join_element_wise(*parts, SEPARATOR)
    keyed = rows.set_index(pd.Index(keys.to_pylist(), dtype=object))
    return keyed[keyed.index.notna() & ~keyed.index.duplicated()]


def _differs(old: "pd.Series[Any]", new: "pd.Series[Any]") -> Any:
    same = (old.array == new.array).fillna(False).to_numpy(dtype=bool)
    return ~(same | (old.isna().to_numpy(dtype=bool) & new.isna().to_numpy(dtype=bool)))


def _largest(contract: Contract, old: pd.DataFrame, new: pd.DataFrame) -> tuple[Change, ...]:
    name = MEASURES[contract.dataset]
    before, after = (
        pd.Series(arrow(rows, name).cast(pa.float64()).to_numpy(zero_copy_only=False)) for rows in (old, new)
    )
    share = ((after - before).abs() / before.abs().clip(lower=1e-9)).fillna(0)
    order = share[share > 0].sort_values(ascending=False, kind="stable").index[:LARGEST]
    return tuple(
        Change(about(contract, new.iloc[at].to_dict()), _figure(old.iloc[at], name), _figure(new.iloc[at], name))
        for at in order
    )


def _figure(row: "pd.Series[Any]", name: str) -> str:
    unit = "MW" if name == "capacity_mw" else row["unit"]
    return f"{shown(Decimal(str(row[name])), 'nl')} {unit}"
