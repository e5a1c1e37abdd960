"""The quick parser of delimited text, for regular files: pyarrow, over the bytes as they are.

Regular means that no reader could divide the file in another way: every row the same number of fields, every line end
alike, and a quote only around a whole field or doubled inside such a one. Title lines above and footer lines below the
table, which hold no delimiter, are set apart; lines without anything are rows without anything.
"""

import csv
import io
import mmap
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv as pacsv

from kerndata.read.cells import named

if TYPE_CHECKING:
    from kerndata.sources.formats import CsvFormat

Text = bytes | mmap.mmap
BLOCK_BYTES = 4 * 1024**2
LONE_LINES = 50
BOM = b"\xef\xbb\xbf"
CODED = pa.dictionary(pa.int32(), pa.string())
SPOTS, SPOT_BYTES, FEWEST = 4, 32 * 1024, 100  # where, how far and from how many rows a look says what repeats
LONE_RETURN = re.compile(rb"\r(?!\n)")


def quick(data: Text, spec: "CsvFormat", start: int = 0) -> pa.Table | None:
    """Return the table in the valid UTF-8 from ``start`` on, ``None`` when it is not a regular one.

    Columns are strings; those in which the same cells come back again and again are dictionaries of them.
    """
    delimiter, quote = spec.delimiter.encode(), spec.quote.encode()
    if len(delimiter) > 1 or len(quote) > 1:
        return None
    is_quoted, has_returns = data.find(quote, start) >= 0, data.find(b"\r", start) >= 0
    if has_returns and not is_quoted and data.find(b"\n", start) < 0:
        data, start, has_returns = data[start:].replace(b"\r", b"\n"), 0, False
    if has_returns and LONE_RETURN.search(data, start):
        return None
    if is_quoted and not _is_well_quoted(data, start, delimiter, quote):
        return None
    lone = re.compile(rb"(?:[^%b\n]*\n){0,%d}" % (re.escape(delimiter + quote), LONE_LINES))
    lead = lone.match(data, start)
    first = lead.end() if lead else start
    last = _footers_from(data, first, delimiter, quote)
    table = _table(data, first, last, spec, is_quoted)
    if table is None or table.num_columns == 1:
        return None
    return stacked(_lines(data[start:first]), table, _lines(data[last:]))


def stacked(above: Sequence[str], table: pa.Table, below: Sequence[str]) -> pa.Table:
    """Return the table with lone lines of text above and below it."""
    if not above and not below:
        return table
    tables = [_lone_rows(above, table), table, _lone_rows(below, table)]
    return pa.concat_tables([one for one in tables if one.num_rows]).unify_dictionaries()


def _lone_rows(lines: Sequence[str], like: pa.Table) -> pa.Table:
    first = pa.array([line or None for line in lines], pa.string())
    if like.column(0).type == CODED:
        first = pa.DictionaryArray.from_arrays(
            pa.array([number if line else None for number, line in enumerate(lines)], pa.int32()), pa.array(lines)
        )
    return named([first, *(pa.nulls(len(lines), column.type) for column in like.columns[1:])])


def _lines(data: bytes) -> list[str]:
    lines = data.decode().removesuffix("\n").split("\n") if data else []
    return [line.removesuffix("\r") for line in lines]


def _is_well_quoted(data: Text, start: int, delimiter: bytes, quote: bytes) -> bool:
    """Whether every quote belongs to a field that is quoted as a whole, with quotes inside it doubled.

    Quotes open and close in turn. One that opens stands at the start of a field, or right behind one that closes (the
    two are a doubled quote); one that closes stands at the end of a field, or right before one that opens.
    """
    import numpy as np  # only here: most files hold no quote, and importing it takes as long as reading a small one

    signs = np.frombuffer(data, np.uint8)[start:]
    opens, closes = np.zeros(256, bool), np.zeros(256, bool)
    opens[list(delimiter + b"\n" + quote)], closes[list(delimiter + b"\r\n" + quote)] = True, True
    is_open = False
    for begin in range(0, len(signs), BLOCK_BYTES):
        at = np.flatnonzero(signs[begin : begin + BLOCK_BYTES] == quote[0]) + begin
        first, second = at[int(is_open) :: 2], at[int(not is_open) :: 2]
        before = signs[np.maximum(first - 1, 0)][first > 0]
        behind = signs[np.minimum(second + 1, len(signs) - 1)][second + 1 < len(signs)]
        if not (opens[before].all() and closes[behind].all()):
            return False
        is_open ^= len(at) % 2 == 1
    return not is_open


def _footers_from(data: Text, start: int, delimiter: bytes, quote: bytes) -> int:
    """Return where the trailing lines without delimiter begin."""
    stop = len(data)
    for _ in range(LONE_LINES):
        begin = data.rfind(b"\n", start, stop - 1) + 1
        line = data[begin:stop]
        if begin <= start or delimiter in line or quote in line:
            break
        stop = begin
    return stop


def _table(data: Text, start: int, stop: int, spec: "CsvFormat", is_quoted: bool) -> pa.Table | None:
    if start == stop or data[start : start + len(BOM)] == BOM:  # pyarrow would take it away, wherever it starts
        return None
    quote = spec.quote.encode()
    spots = range(start, stop, max((stop - start) // SPOTS, SPOT_BYTES)) if not is_quoted else range(start, start + 1)
    try:
        width = len(_rows(data[start : _row_end(data, start, stop, quote)], spec)[0])
        sample = [row for spot in spots for row in _rows(data[spot : min(spot + SPOT_BYTES, stop)], spec)[1:-1]]
    except csv.Error:
        return None
    types = {
        f"f{number}": CODED if _comes_back([row[number] for row in sample if len(row) > number]) else pa.string()
        for number in range(width)
    }
    return _parsed(pa.py_buffer(data).slice(start, stop - start), spec, types, is_quoted)


def _rows(data: bytes, spec: "CsvFormat") -> list[list[str]]:
    text = io.StringIO(data.decode(errors="replace"), newline="")
    return list(csv.reader(text, delimiter=spec.delimiter, quotechar=spec.quote))


def _comes_back(cells: Sequence[str]) -> bool:
    return len(cells) >= FEWEST and 4 * len(set(cells)) <= len(cells)


def _row_end(data: Text, start: int, stop: int, quote: bytes) -> int:
    """Return where the first row ends: at the first line end behind an even number of quotes."""
    end = data.find(b"\n", start, stop)
    while end >= 0 and data[start:end].count(quote) % 2:
        end = data.find(b"\n", end + 1, stop)
    return end + 1 if end >= 0 else stop


def _parsed(buffer: pa.Buffer, spec: "CsvFormat", types: dict[str, pa.DataType], is_quoted: bool) -> pa.Table | None:
    # In one block when cells may hold line ends: pyarrow 26 loses the second half of one that spans two blocks.
    block_bytes = max(buffer.size, BLOCK_BYTES) if is_quoted else BLOCK_BYTES
    try:
        table = pacsv.read_csv(
            buffer,
            read_options=pacsv.ReadOptions(autogenerate_column_names=True, block_size=block_bytes),
            parse_options=pacsv.ParseOptions(
                delimiter=spec.delimiter, quote_char=spec.quote, ignore_empty_lines=False,
                newlines_in_values=is_quoted,
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=types, check_utf8=False,
                null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=True,
            ),
        )  # fmt: skip
    except pa.ArrowInvalid:
        return None  # the careful parser says what is wrong, and in which row
    if table.num_columns != len(types):
        return None
    columns = table.columns
    del table  # each column in one piece (and one dictionary), its own pieces given up before the next: for the memory
    return named([pa.concat_arrays(columns.pop(0).chunks) for _ in types])
