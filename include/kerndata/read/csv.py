"""Delimited text: BOM, then strict UTF-8, then the agreed encoding, else refuse; the field count of every row checked.

Two parsers with one meaning: pyarrow for regular files, Python's ``csv`` (strict) for everything pyarrow would
skip over, refuse, or read differently: blank lines, rows of other lengths, stray quotes, bare carriage returns.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.csv as pacsv

from kerndata.errors import FileFault
from kerndata.model.sheet import Reading, Sheet
from kerndata.read.cells import named, text_table, within
from kerndata.read.limits import Limits
from kerndata.sources.formats import CsvFormat

BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def read(data: bytes, spec: CsvFormat, limits: Limits, member: str | None = None) -> Reading:
    """Return one sheet; raises ``FileFault`` F-EMPTY, F-HEADER-ONLY, F-NUL, F-ENCODING, F-RAGGED or F-UNREADABLE."""
    text, encoding = decode(data, spec.encoding)
    if not text.strip():
        raise FileFault("F-EMPTY", member=member or "")
    table = quick(text, spec)
    if table is None:
        table = careful(text, spec, limits)
    within(table.num_rows, table.num_columns, limits)
    if table.num_rows < 2:
        raise FileFault("F-HEADER-ONLY")
    return Reading((Sheet(table, member=member),), encoding)


def decode(data: bytes, agreed: str | None) -> tuple[str, str]:
    """Return the text and the encoding it was in."""
    for bom, encoding in BOMS:
        if data.startswith(bom):
            return _strict(data[len(bom) :], encoding), encoding
    try:
        return _strict(data, "utf-8"), "utf-8"
    except FileFault:
        if agreed is None:
            raise
    return _strict(data, agreed), agreed


def _strict(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise FileFault("F-ENCODING", reason=f"byte {error.start + 1}: geen {encoding}") from error
    if "\0" in text:
        raise FileFault("F-NUL", row=text.count("\n", 0, text.index("\0")) + 1)
    return text


def quick(text: str, spec: CsvFormat) -> pa.Table | None:
    """Parse a regular file with pyarrow; ``None`` when it is not one. Lone title and footer lines are set apart."""
    if re.search(r"\r(?!\n)", text):
        return None
    lone = rf"[^{re.escape(spec.delimiter + spec.quote)}\n]*"
    lead = re.match(rf"(?:{lone}\n){{0,50}}", text)
    start = lead.end() if lead else 0
    stop = _footers_from(text, start, spec)
    table = _regular(text[start:stop], spec)
    if table is None or table.num_columns == 1:
        return None
    return pa.concat_tables([*_lone_rows(text[:start], table), table, *_lone_rows(text[stop:], table)])


def _footers_from(text: str, start: int, spec: CsvFormat) -> int:
    """Return where the trailing lines without delimiter begin (at most fifty)."""
    stop = len(text)
    for _ in range(50):
        begin = text.rfind("\n", start, stop - 1) + 1
        if begin <= start or spec.delimiter in text[begin:stop] or spec.quote in text[begin:stop]:
            break
        stop = begin
    return stop


def _lone_rows(text: str, like: pa.Table) -> list[pa.Table]:
    lines = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []
    first = pa.array([line or None for line in lines], pa.string())
    return [named([first, *[pa.nulls(len(lines), pa.string())] * (like.num_columns - 1)])] if lines else []


def _regular(text: str, spec: CsvFormat) -> pa.Table | None:
    if not text or _irregular(text, spec):
        return None
    try:
        width = len(next(csv.reader(io.StringIO(text, newline=""), delimiter=spec.delimiter, quotechar=spec.quote)))
        table = pacsv.read_csv(
            pa.py_buffer(text.encode()),
            read_options=pacsv.ReadOptions(autogenerate_column_names=True, block_size=8 * 1024**2),
            parse_options=pacsv.ParseOptions(
                delimiter=spec.delimiter, quote_char=spec.quote, newlines_in_values=spec.quote in text
            ),
            convert_options=pacsv.ConvertOptions(
                column_types={f"f{number}": pa.string() for number in range(width)},
                null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=True,
            ),
        )  # fmt: skip
    except (pa.ArrowInvalid, csv.Error):
        return None  # the careful parser says what is wrong, and in which row
    return named(table.columns)


def _irregular(text: str, spec: CsvFormat) -> bool:
    """Whether pyarrow and ``csv`` could differ: blank lines, quotes inside a field, a quote that is never closed."""
    if re.search(r"\n\r?\n", text) or text.count(spec.quote) % 2:
        return True
    if spec.quote not in text:
        return False
    quote, inside = re.escape(spec.quote), f"[^{re.escape(spec.delimiter + spec.quote)}\r\n]"
    return (
        re.search(f"{inside}{quote}+{inside}|(?:^|[{re.escape(spec.delimiter)}\n]){quote}{{2}}{inside}", text)
        is not None
    )


def careful(text: str, spec: CsvFormat, limits: Limits) -> pa.Table:
    """Parse with Python's ``csv`` and check the field count of every row, so that nothing shifts unseen."""
    csv.field_size_limit(1024**2)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=spec.delimiter, quotechar=spec.quote, strict=True)
    rows: list[list[str]] = []
    try:
        rows.extend(reader)
    except csv.Error as error:
        raise FileFault("F-UNREADABLE", reason=f"row {len(rows) + 1}: {error}") from error
    width = check_widths(rows)
    within(len(rows), width, limits)
    return text_table([[*row[:width], *[""] * (width - len(row))] for row in rows], width)


def check_widths(rows: Sequence[Sequence[str]]) -> int:
    """Return the table's width; raises ``FileFault`` F-RAGGED with the first row of another field count.

    Right are: the usual count, more fields when the extra ones are empty, fewer when no row at all fills the rest, and
    a lone text above the first or below the last full row (title, footer).
    """
    filled = [_filled(row) for row in rows]
    counts = Counter(len(row) for row, fields in zip(rows, filled, strict=True) if fields > 1)
    usual = max(counts, key=lambda count: (counts[count], count), default=max(map(len, rows)))
    used = max(filled)
    full = [number for number, row in enumerate(rows) if len(row) >= usual]
    first, last = (full[0], full[-1]) if full else (0, 0)
    for number, (row, fields) in enumerate(zip(rows, filled, strict=True)):
        lone = fields <= 1 and not first < number < last
        right = len(row) == usual or (fields <= usual < len(row)) or used <= len(row) < usual or lone or not fields
        if not right:
            raise FileFault("F-RAGGED", row=number + 1, found=len(row), expected=usual)
    return usual


def _filled(row: Sequence[str]) -> int:
    """Count the fields up to the last filled one."""
    return next((number for number in range(len(row), 0, -1) if row[number - 1].strip()), 0)
