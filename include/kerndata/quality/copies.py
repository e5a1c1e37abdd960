"""Finds rows of one delivery that speak about the same thing (the contract's key), and whether they agree."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from kerndata.contracts.contract import Contract
from kerndata.quality.ranks import ranks


def copies(frame: pd.DataFrame, contract: Contract) -> dict[str, Any]:
    """Four columns as float64 arrays, one number per row of ``frame`` (indexed by observation).

    ``earlier_copies``: rows before this one with the same key and the same content; 0 where contents differ.
    ``rival_values``: other contents under this key. ``first_observation`` and ``rival_observation`` say where the first
    row and the first differing row stand (null without one). Rows with an incomplete key are left alone.
    """
    size = len(frame)
    found = {"earlier_copies": np.zeros(size), "rival_values": np.zeros(size)}
    found |= {"first_observation": np.full(size, np.nan), "rival_observation": np.full(size, np.nan)}
    at = _repeated(frame, contract.key)
    if len(at):
        told = _told(frame.iloc[at], contract)
        for name in found:
            found[name][at] = told[name].to_numpy(dtype=np.float64)
    return found


def _repeated(frame: pd.DataFrame, key: tuple[str, ...]) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Positions of rows whose complete key stands more than once."""
    numbers = ranks([pa.array(frame[name], pa.string()) for name in key])
    known = np.sort(numbers[numbers >= 0])
    twice = known[1:][known[1:] == known[:-1]]
    return np.flatnonzero(np.isin(numbers, twice)) if len(twice) else np.zeros(0, np.intp)


def _told(rows: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    says = [one.name for one in contract.columns if not one.is_provenance and one.name not in contract.key]
    told = pd.DataFrame(
        {
            "key": rows.groupby(list(contract.key), sort=False).ngroup().to_numpy(),
            "content": rows.groupby(says, sort=False, dropna=False).ngroup().to_numpy(),
            "observation": rows.index.to_numpy(),
        }
    )
    by_key = told.groupby("key", sort=False)
    first, first_content = by_key["observation"].transform("first"), by_key["content"].transform("first")
    told["rival_values"] = by_key["content"].transform("nunique") - 1
    agrees = told["rival_values"] == 0
    told["earlier_copies"] = by_key.cumcount().where(agrees, 0)
    told["first_observation"] = first
    other = told[told["content"] != first_content].groupby("key")["observation"].first()
    told["rival_observation"] = first.where(told["content"] != first_content, told["key"].map(other))
    return told
