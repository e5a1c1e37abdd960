"""Coded columns: cheaper than text, and the same text."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from kerndata.harmonise import arrays
from kerndata.harmonise.arrays import (
    TEXT,
    coded,
    counted,
    first_filled,
    first_of,
    pairs,
    per_distinct,
    repeated,
    same,
    spread,
    stripped,
    where,
    written_out,
)  # fmt: skip

CELL = st.none() | st.sampled_from(["a", "b ", " b", "", "  ", "\u00a0x", "1\u22122", "een twee", "é"])
CELLS = st.lists(CELL, min_size=1, max_size=8)


@settings(deadline=None)  # the machine may be busy
@given(CELLS)
def test_a_coded_column_is_stripped_and_written_out_like_text(cells: list[str | None]) -> None:
    plain = pa.array(["kop", *cells], TEXT)
    part = plain.dictionary_encode().slice(1)
    expected = stripped(plain.slice(1)).to_pylist()
    assert stripped(coded(part)).to_pylist() == expected
    assert written_out(stripped(coded(part))).to_pylist() == expected
    assert stripped(first_filled([plain.slice(1)])).to_pylist() == expected


@settings(deadline=None)  # the machine may be busy
@given(CELLS, CELLS)
def test_the_first_cell_and_both_cells_are_told_by_row(left: list[str | None], right: list[str | None]) -> None:
    rows = list(zip(left, right, strict=False))
    one, other = (pa.array([row[side] for row in rows], TEXT).dictionary_encode() for side in (0, 1))
    firsts = [row[0] if row[0] is not None else row[1] for row in rows]
    assert first_of(one, other).to_pylist() == firsts
    assert pairs(one, other, "|").to_pylist() == [f"{row[0] or ''}|{row[1] or ''}" for row in rows]


def test_a_word_that_stands_only_above_the_rows_is_not_looked_up() -> None:
    column = pa.array(["Sector", "dak", None, "veld"]).dictionary_encode().slice(1)
    asked: list[str | None] = []
    per_distinct(coded(column), asked.append)
    assert "Sector" not in asked


def test_two_spellings_of_one_answer_are_counted_together() -> None:
    column = pa.array(["PV22", "Drenthe", "Zeeland", None]).dictionary_encode()
    answers, rows = per_distinct(column, lambda cell: None if cell in (None, "Zeeland") else "PV22")
    found = spread(answers, rows, column)
    assert counted(found) == {"PV22": 2}
    assert found.to_pylist() == ["PV22", "PV22", None, None]


def test_what_repeats_is_in_memory_once() -> None:
    count = 3 * arrays.BATCH + 1
    for column in (repeated("drenthe", count), written_out(same("x", count)), written_out(same(None, count))):
        assert len(column) == count
        assert len({piece.buffers()[1].address for piece in column.chunks}) == 1
    assert where(pa.array([True, False]), "H-X").to_pylist() == ["H-X", None]
