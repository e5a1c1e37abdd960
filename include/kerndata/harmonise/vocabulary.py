"""Closed vocabularies: their text to ours. A miss is a finding with the value and what was expected."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

import pyarrow as pa

from kerndata.harmonise.arrays import fold, per_distinct, spread
from kerndata.harmonise.findings import Findings
from kerndata.model.sheet import MERGED

SHOWN = 40  # known values named in a message


@dataclass(frozen=True, slots=True)
class Refused:
    """A cell that is not understood for a reason of its own: another rule, with what to say as ``expected``."""

    rule: str
    expected: str


Understand = Callable[[str], "str | Refused | None"]


def lookup(words: Mapping[str, str], own: Iterable[str]) -> Callable[[str], str | None]:
    """Return a function from their text (any case) to ours; our own codes mean themselves."""
    known = {fold(code): code for code in own} | {fold(text): code for text, code in words.items()}
    return lambda text: known.get(fold(text))


def translate(
    cells: pa.Array, understand: Understand, findings: Findings, column: str, rule: str, expected: Iterable[str] = ()
) -> pa.Array:
    """Translate stripped cells; a filled cell that is not understood gets ``rule``, or its own. Null stays null."""
    hint = hints(expected)

    def answer(cell: str | None) -> tuple[str | None, str | None, str | None]:
        found = None if cell is None else understand(cell.removesuffix(MERGED))
        if isinstance(found, Refused):
            return None, found.rule, found.expected
        return (None, rule, hint(cell)) if cell is not None and found is None else (found, None, None)

    answers, rows = per_distinct(cells, answer)
    value, missed, shown = (spread([one[part] for one in answers], rows, cells) for part in range(3))
    findings.add(missed, column, cells, shown)
    return value


def hints(expected: Iterable[str]) -> Callable[[str], str | None]:
    """Return a function from a text nobody knows to the known ones, and the one it looks like most."""
    names = list(dict.fromkeys(expected))
    folded = {fold(name): name for name in names}
    listed = "; ".join(names[:SHOWN]) or None

    def hint(text: str) -> str | None:
        near = get_close_matches(fold(text), folded, n=1, cutoff=0.75)
        return f"{listed} (bedoelt u „{folded[near[0]]}”?)" if near else listed

    return hint
