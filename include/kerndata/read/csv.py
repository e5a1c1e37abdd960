"""Delimited text: BOM, then strict UTF-8, then the agreed encoding, else refuse; the field count of every row checked.

Two parsers with one meaning: ``csv_quick`` for regular files, ``csv_careful`` for all others.
"""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from kerndata.errors import FileFault
from kerndata.model.sheet import Reading, Sheet
from kerndata.read.cells import within
from kerndata.read.csv_quick import Text, quick, stacked
from kerndata.read.limits import Limits, too_large

if TYPE_CHECKING:
    from kerndata.sources.formats import CsvFormat

BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
DELIMITERS = {";": "puntkomma (;)", ",": "komma (,)", "\t": "tab", "|": "streep (|)"}
DECLARED = re.compile(rb'"?sep=([^\r\n])"?[^\S\r\n]*(?:\r\n|\n|\r|\Z)', re.IGNORECASE)  # Excel's own first line
HEAD_BYTES, HEAD_LINES = 64 * 1024, 100


def read(data: Text, spec: "CsvFormat", limits: Limits, member: str | None = None) -> Reading:
    """Return one sheet. A first line ``sep=;``, as Excel writes it, is its first row: a title.

    Raises ``FileFault`` F-EMPTY, F-HEADER-ONLY, F-NUL, F-ENCODING, F-DELIMITER, F-RAGGED, F-UNREADABLE or F-TOO-LARGE.
    """
    body, start, encoding = as_utf8(data, spec.encoding)
    _refuse_nul(body, start)
    if _is_blank(body, start):
        raise FileFault("F-EMPTY", member=member or "")
    declared = DECLARED.match(body, start)
    title = [declared.group().decode().strip()] if declared else []
    start = declared.end() if declared else start
    _check_delimiter(body[start : start + HEAD_BYTES], spec.delimiter, declared.group(1).decode() if declared else None)
    table = quick(body, spec, start)
    if table is None:
        from kerndata.read.csv_careful import careful

        table = careful(body[start:].decode(), spec, limits)
    table = stacked(title, table, [])
    within(table.num_rows, table.num_columns, limits)
    if not _has_short_lines(body, spec.quote.encode(), limits.cell_characters):
        _check_lengths(table, limits)
    if table.num_rows < 2:
        raise FileFault("F-HEADER-ONLY")
    return Reading((Sheet(table, member=member),), encoding)


def _has_short_lines(body: Text, quote: bytes, most: int) -> bool:
    """Whether no line, and so no cell, is longer than ``most`` bytes; never where a cell may hold line ends.

    One look per ``most`` bytes of the file, instead of one per cell.
    """
    at = 0
    while at + most < len(body):
        end = body.rfind(b"\n", at, at + most)
        if end < 0:
            return False
        at = end + 1
    return body.find(quote) < 0


def _check_lengths(table: pa.Table, limits: Limits) -> None:
    import pyarrow.compute as pc

    for piece in (piece for column in table.columns for piece in column.chunks):
        cells = piece.dictionary if pa.types.is_dictionary(piece.type) else piece
        if (pc.max(pc.utf8_length(cells)).as_py() or 0) > limits.cell_characters:
            raise too_large("characters in a cell", limits.cell_characters)


def decode(data: bytes, agreed: str | None) -> tuple[str, str]:
    """Return the text and the encoding it was in; raises ``FileFault`` F-ENCODING or F-NUL."""
    body, start, encoding = as_utf8(data, agreed)
    _refuse_nul(body, start)
    return body[start:].decode(), encoding


def as_utf8(data: Text, agreed: str | None) -> tuple[Text, int, str]:
    """Return bytes, where in them the text begins as UTF-8 (behind the BOM), and the encoding it was in.

    Raises ``FileFault`` F-ENCODING.
    """
    bom, encoding = next(((bom, name) for bom, name in BOMS if data[: len(bom)] == bom), (b"", "utf-8"))
    start = len(bom)
    if encoding == "utf-8":
        if _is_utf8(data, start):
            return data, start, encoding
        encoding = encoding if bom or agreed is None else agreed
    try:
        return data[start:].decode(encoding).encode(), 0, encoding
    except UnicodeError as error:
        at = error.start + 1 if isinstance(error, UnicodeDecodeError) else 1
        raise FileFault("F-ENCODING", position=at, agreed=encoding, reason=f"byte {at}: geen {encoding}") from error


def _is_utf8(data: Text, start: int) -> bool:
    """Judge by Arrow, over the bytes where they are: decoding would make a copy of up to four times their size."""
    ends = pa.array([start, len(data)], pa.int64())
    try:
        pa.Array.from_buffers(pa.large_string(), 1, [None, ends.buffers()[1], pa.py_buffer(data)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _refuse_nul(body: Text, start: int) -> None:
    at = body.find(b"\0", start)
    if at >= 0:
        raise FileFault("F-NUL", row=body[start:at].count(b"\n") + 1)


def _is_blank(body: Text, start: int) -> bool:
    head = body[start : start + HEAD_BYTES]
    return not head.decode(errors="ignore").strip() and not body[start:].decode().strip()


def _check_delimiter(head: bytes, agreed: str, declared: str | None) -> None:
    """Raise ``FileFault`` F-DELIMITER when the file says or shows that its fields are divided by another sign."""
    found = declared or _shown_delimiter(head, agreed)
    if found is not None and found != agreed:
        raise FileFault("F-DELIMITER", found=DELIMITERS.get(found, found), expected=DELIMITERS.get(agreed, agreed))


def _shown_delimiter(head: bytes, agreed: str) -> str | None:
    """Return the other delimiter that divides the first lines into more equal parts than the agreed one, or None.

    The line where these parts begin, a header, then has words and no agreed delimiter: decimal commas below a header
    with semicolons are no sign of anything.
    """
    lines = [line for line in head.decode(errors="ignore").splitlines() if line.strip()][: HEAD_LINES + 1]
    lines = lines[:-1] if len(head) == HEAD_BYTES else lines[:HEAD_LINES]  # the last one may be cut off
    own, _ = _usual(lines, agreed)
    for delimiter in DELIMITERS:
        width, rows = _usual(lines, delimiter)
        if delimiter == agreed or width <= max(own, 1) or len(rows) < max(2, 0.9 * len(lines) - 3):
            continue
        header = lines[rows[0]]
        if agreed not in header and any(letter.isalpha() for letter in header):
            return delimiter
    return None


def _usual(lines: Sequence[str], delimiter: str) -> tuple[int, list[int]]:
    """Return the most usual number of fields over one, and in which lines they are as many."""
    try:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
    except csv.Error:
        return 0, []
    counts = Counter(width for width in widths if width > 1)
    usual = max(counts, key=lambda width: counts[width], default=0)
    return usual, [number for number, width in enumerate(widths) if width == usual] if usual else []
