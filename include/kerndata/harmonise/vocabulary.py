"""Closed vocabularies: their text to ours. A miss is a finding with the value and what was expected."""

from collections.abc import Callable, Iterable, Mapping

import pyarrow as pa

from kerndata.harmonise.arrays import TEXT, fold, per_distinct
from kerndata.harmonise.findings import Findings


def lookup(words: Mapping[str, str], own: Iterable[str]) -> Callable[[str], str | None]:
    """Return a function from their text (any case) to ours; our own codes mean themselves."""
    known = {fold(code): code for code in own} | {fold(text): code for text, code in words.items()}
    return lambda text: known.get(fold(text))


def translate(
    cells: pa.Array, understand: Callable[[str], str | None], findings: Findings, column: str, rule: str,
    expected: Iterable[str] = (),
) -> pa.Array:  # fmt: skip
    """Translate stripped cells; add ``rule`` for every filled cell that is not understood. Null stays null."""
    answers, rows = per_distinct(cells, lambda cell: (cell, None if cell is None else understand(cell)))
    missed = [rule if cell is not None and answer is None else None for cell, answer in answers]
    hint = ", ".join(list(dict.fromkeys(expected))[:40]) or None
    hints = pa.array([hint if one else None for one in missed], TEXT).take(rows)
    findings.add(pa.array(missed, TEXT).take(rows), column, cells, hints)
    return pa.array([answer for _, answer in answers], TEXT).take(rows)
