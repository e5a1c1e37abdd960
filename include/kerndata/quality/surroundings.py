"""Personal data around the table: in title, header and footer rows, sheet names, and the names of files.

Such a delivery is kept, with a warning and a security event. Its names stand in the origin of every value, which is
published; so they are masked in the rows that are stored. What stands around a table is stored nowhere else.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kerndata.harmonise.arrays import one_array
from kerndata.harmonise.layout import Grid
from kerndata.harmonise.result import Remark
from kerndata.model.sheet import Reading, Sheet
from kerndata.quality.personal import MASK, WORDS, WORDS_EN, kind_of_text, kinds, masked
from kerndata.quality.verdict import Verdict, with_findings
from kerndata.quality.wording import word_file

PLACES = {
    "source_file": ("De bestandsnaam", "The file name"),
    "source_sheet": ("De naam van een werkblad", "The name of a sheet"),
    "source_member": ("De naam van een bestand in de zip", "The name of a file in the zip"),
}


def around_table(sheet: Sheet, grid: Grid) -> Iterator[Remark]:
    """Yield a remark when a row that is not one of data holds personal data; it names the row, never what it says."""
    others = np.ones(sheet.text.num_rows, bool)
    others[np.asarray(grid.rows) - 1] = False
    rows = np.flatnonzero(others)
    found, places = set[str](), set[int]()
    for column in sheet.text.columns:
        hits = kinds(one_array(column.take(pa.array(rows))).cast(pa.string()))
        found |= {kind for kind in pc.unique(hits).to_pylist() if kind}
        places |= {int(rows[at]) + 1 for at in pc.indices_nonzero(pc.is_valid(hits)).to_pylist()}
    if found:
        listed = ", ".join(str(place) for place in sorted(places)[:5])
        where = f"Tekst rond de tabel (rij {listed})", f"Text around the table (row {listed})"
        yield _remark(where, found, {"sheet": _hidden(grid.sheet) if grid.sheet else ""})


def with_names(verdict: Verdict, reading: Reading, file_name: str) -> Verdict:
    """Return the verdict with a warning for each kind of name that holds personal data, masked in the rows it keeps."""
    names: Mapping[str, Iterable[str | None]] = {
        "source_file": (file_name,),
        "source_sheet": (sheet.name for sheet in reading.sheets),
        "source_member": (sheet.member for sheet in reading.sheets),
    }
    personal = {column: {name: kind for name in given if name and (kind := kind_of_text(name))} for column, given in
                names.items()}  # fmt: skip
    told = [_remark(PLACES[column], set(held.values()), {}) for column, held in personal.items() if held]
    if not told:
        return verdict
    added = tuple(word_file(one.rule_id, one.facts) for one in told)
    found = with_findings(verdict, added)
    return replace(found, accepted=_masked(found.accepted, personal), refused=_masked(found.refused, personal))


def _remark(where: tuple[str, str], found: set[str], more: Mapping[str, str]) -> Remark:
    told = {name: ", ".join(words[kind] for kind in sorted(found)) for name, words in
            (("kinds_nl", WORDS), ("kinds_en", WORDS_EN))}  # fmt: skip
    return Remark("F-PERSONAL-TEXT", {"where_nl": where[0], "where_en": where[1], **told, **more})


def _hidden(name: str) -> str:
    """Return a name without what is personal in it."""
    hidden = masked(name)
    return MASK if hidden == name and kind_of_text(name) else hidden


def _masked(rows: pd.DataFrame, personal: Mapping[str, Iterable[str]]) -> pd.DataFrame:
    hidden = {column: {name: _hidden(name) for name in names} for column, names in personal.items()}
    return rows.assign(**{
        column: rows[column].replace(names) for column, names in hidden.items() if names and column in rows
    })  # fmt: skip
