"""What only the last accepted delivery can show: another unit, a lost digit, last year's file, a phase back.

Like all history these are findings on the file as a whole, never on a row (see ``kerndata.quality.previous``): how
many, and a few examples. What a delivery shows by itself is told there, not here again.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kerndata.contracts.code_lists import indicators
from kerndata.contracts.contract import Contract
from kerndata.model.finding import Finding
from kerndata.quality.about import about
from kerndata.quality.columns import Flags, Floats, Integers, arrow, flags, floats
from kerndata.quality.series import DIGIT, HALF, JUMP, UNIT, WHOLE, classify, copied, odd_years, smallest, years_of
from kerndata.quality.wording import shown, word_file

RULES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "indicators": (
            "F-HISTORY-FACTOR", "F-HISTORY-DIGIT", "F-HISTORY-HALF", "F-HISTORY-JUMP", "F-HISTORY-COPY",
        ),
        "projects": ("F-PHASE-BACK-REALISED", "F-PHASE-BACK", "F-CAPACITY-CHANGED"),
    }
)  # fmt: skip
KINDS = {UNIT: "F-HISTORY-FACTOR", DIGIT: "F-HISTORY-DIGIT", HALF: "F-HISTORY-HALF", JUMP: "F-HISTORY-JUMP"}
KEY = ("indicator_code", "region_level", "region_code", "period", "category")
EXAMPLES = 3
BUILT, LAST_PLAN = (6, 8), 5  # phases: realised and out of operation; 7 (cancelled) may begin again


def history(contract: Contract, previous: pd.DataFrame, accepted: pd.DataFrame) -> tuple[Finding, ...]:
    """Findings of ``RULES`` on accepted rows beside those of the last delivery, both in the contract's columns."""
    found = _indicators if contract.dataset == "indicators" else _projects
    return tuple(found(contract, previous.reset_index(drop=True), accepted.reset_index(drop=True)))


def _indicators(contract: Contract, previous: pd.DataFrame, accepted: pd.DataFrame) -> Iterator[Finding]:
    columns = [*KEY, "value"]
    old, new = _totals(previous[columns]), _totals(accepted[columns])
    both = pd.concat([old, new], ignore_index=True)
    stands = ~both.duplicated(list(KEY), keep="last").to_numpy()  # a value delivered again takes the place of the old
    both, trusted = both[stands].reset_index(drop=True), (np.arange(len(both)) < len(old))[stands]
    told = _odd(contract.settings, new, both, trusted)
    told |= _revised(contract.settings, old, new)
    for kind, rule_id in KINDS.items():
        examples = [text for which, text in told.values() if which == kind]
        if examples:
            yield _finding(rule_id, examples)
    years, alone = years_of(both, _places(both)), years_of(new, _places(new))
    at = copied(years, contract.settings)[0]
    own = {_key(new, one) for one in copied(alone, contract.settings)[0].tolist()}
    again = [one for one in at.tolist() if not trusted[one] and _key(both, one) not in own]
    if again:
        yield _finding("F-HISTORY-COPY", [about(contract, both.iloc[one].to_dict()) for one in again])


def _odd(
    settings: Mapping[str, Any], new: pd.DataFrame, both: pd.DataFrame, trusted: Flags
) -> dict[tuple[Any, ...], tuple[str, str]]:
    """Per key of an odd new value its kind and what to tell, without those that are odd in this file alone."""
    alone = odd_years(years_of(new, _places(new)), settings)
    own = {_key(new, one) for one in alone.at.tolist()}
    found = odd_years(years_of(both, _places(both)), settings, trusted)
    told = {}
    for at, kind, near, period in zip(
        found.at.tolist(), found.kind.tolist(), found.near.tolist(), found.near_period.tolist(), strict=True
    ):
        if not trusted[at] and _key(both, at) not in own:
            told[_key(both, at)] = (kind, _told(both.iloc[at].to_dict(), near, period))
    return told


def _revised(
    settings: Mapping[str, Any], old: pd.DataFrame, new: pd.DataFrame
) -> dict[tuple[Any, ...], tuple[str, str]]:
    """Per key of a value that became quite another its kind and what to tell."""
    pairs = new.merge(old, on=list(KEY), suffixes=("", "_before")).dropna(subset=["value", "value_before"])
    place, value, before = _places(pairs), floats(arrow(pairs, "value")), floats(arrow(pairs, "value_before"))
    factor = float(settings["spikeFactor"])
    far = (np.maximum(value, before) > factor * np.minimum(value, before)) & (place >= 0) & (value >= 0) & (before > 0)
    far &= np.maximum(value, before) >= smallest(place, settings)
    pairs, place, value, before = pairs[far].reset_index(drop=True), place[far], value[far], before[far]
    kinds = classify(value, before, place, settings).tolist()
    return {
        _key(pairs, at): (kind, _told(pairs.iloc[at].to_dict(), before[at], "vorige levering"))
        for at, kind in enumerate(kinds)
    }


def _totals(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[flags(pc.equal(arrow(rows, "category"), WHOLE))].reset_index(drop=True)


def _places(rows: pd.DataFrame) -> Integers:
    listed = pc.index_in(arrow(rows, "indicator_code").cast(pa.string()), pa.array(list(indicators())))
    found: Integers = listed.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return found


def _key(rows: pd.DataFrame, at: int) -> tuple[Any, ...]:
    return tuple(rows[name].iloc[at] for name in KEY)


def _told(row: Mapping[Any, Any], near: float, period: str) -> str:
    unit = indicators()[row["indicator_code"]].unit
    value = shown(Decimal(str(row["value"])), "nl")
    return f"{row['indicator_code']}, {row['period']}: {value} {unit} ({period}: {shown(float(near), 'nl')})"


def _projects(contract: Contract, previous: pd.DataFrame, accepted: pd.DataFrame) -> Iterator[Finding]:
    columns = ["project_id", "name", "phase", "capacity_mw"]
    pairs = accepted[columns].merge(previous[columns], on="project_id", suffixes=("", "_before"))
    pairs = pairs.drop_duplicates("project_id").reset_index(drop=True)
    now, before = (floats(arrow(pairs, name)) for name in ("phase", "phase_before"))
    realised = np.isin(before, BUILT) & (now <= LAST_PLAN)
    back = ~realised & (now < before) & ((before <= LAST_PLAN) | (before == BUILT[1]))
    for rule_id, which in (("F-PHASE-BACK-REALISED", realised), ("F-PHASE-BACK", back)):
        if which.any():
            moved = zip(pairs[which].to_dict("records"), before[which], now[which], strict=True)
            texts = [f"{about(contract, row)}: fase {was:.0f} werd {phase:.0f}" for row, was, phase in moved]
            yield _finding(rule_id, texts)
    limit = float(contract.settings["capacityChangedPct"])
    yield from _capacities(contract, pairs, limit)


def _capacities(contract: Contract, pairs: pd.DataFrame, limit_pct: float) -> Iterator[Finding]:
    now, before = (floats(arrow(pairs, name)) for name in ("capacity_mw", "capacity_mw_before"))
    change: Floats = np.divide(np.abs(now - before), before, out=np.zeros(len(now)), where=before > 0)
    far = np.nan_to_num(change) * 100 > limit_pct
    if far.any():
        changed = zip(pairs[far].to_dict("records"), before[far], now[far], strict=True)
        texts = [
            f"{about(contract, row)}: {shown(float(was), 'nl')} werd {shown(float(mw), 'nl')} MW"
            for row, was, mw in changed
        ]
        yield _finding("F-CAPACITY-CHANGED", texts, limit_pct=shown(limit_pct, "nl"))


def _finding(rule_id: str, texts: list[str], **facts: str) -> Finding:
    return word_file(rule_id, {"count": len(texts), "examples": "; ".join(texts[:EXAMPLES]), **facts})
