"""Recognises text that a spreadsheet would run as a formula when somebody opens the data there (CSV injection)."""

import re

import pyarrow as pa
import pyarrow.compute as pc

STARTS = r"^\s*[=+@＝＋＠\-－]"  # a cell that starts otherwise is text to every spreadsheet
FULL_WIDTH = str.maketrans("＝＋－＠", "=+-@")
# After + or - a number, a unit or a remark is usual; a call, a link to a program or sums with cells are not.
CALL = re.compile(r"[A-Za-z_][\w.]*\(|\||!")
CELLS = re.compile(r"[-+][\w$.,+*/^&:()-]*\$?[A-Za-z]{1,3}\$?\d+[\w$.,+*/^&:()-]*")


def is_formula(text: str) -> bool:
    """Whether a cell would act: ``=1+1``, ``@SUM(1)``, ``-2+cmd|x!A0``; not ``-``, ``+5``, ``- nader te bepalen``."""
    bare = text.strip().translate(FULL_WIDTH)
    if bare[:1] in ("=", "@"):
        return bool(bare.strip("=@ "))
    return bare[:1] in ("+", "-") and bool(CALL.search(bare) or CELLS.fullmatch(bare))


def formulas(column: pa.Array) -> pa.Array:
    """Return, per text cell, whether it is a formula; looks once at each distinct cell that could be one."""
    suspects = pc.unique(column.filter(pc.match_substring_regex(column, STARTS))).to_pylist()
    return pc.is_in(column, pa.array([text for text in suspects if is_formula(text)], column.type))
