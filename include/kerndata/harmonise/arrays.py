"""Small steps on Arrow columns that the other modules share.

Columns of labels are *coded* (dictionary arrays): each distinct cell is understood once, and the rows are indices.
Arrow decodes such a column wherever text is asked for, so a step that knows nothing of codes still works on one.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kerndata.read.sound import cells_and_bytes

T = TypeVar("T")
TEXT = pa.string()
DECIMAL = pa.decimal128(28, 9)
FEW = 2**20  # combinations of two columns that are looked up instead of sorted
BATCH = 64 * 1024  # rows; what repeats is stored once per column in pieces of this size


def one_array(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return a column in one piece."""
    if not isinstance(column, pa.ChunkedArray):
        return column
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks or [pa.nulls(0, column.type)])


def coded(column: pa.Array) -> pa.DictionaryArray:
    """Return a column of text by its distinct cells.

    The words of a column that is a part of another may hold some that do not occur in it, the header above it for one:
    one that does takes their place, so that nobody looks up what is not there. Words may occur twice.
    """
    if not isinstance(column, pa.DictionaryArray):
        return pc.dictionary_encode(column)
    occurs = np.zeros(len(column.dictionary), bool)
    for start in range(0, len(column), BATCH):  # most columns have shown all their words long before the end
        occurs[column.indices.slice(start, BATCH).drop_null()] = True
        if occurs.all():
            return column
    if not occurs.any():
        return column
    words = np.where(occurs, np.arange(len(occurs)), occurs.argmax())
    return pa.DictionaryArray.from_arrays(column.indices, column.dictionary.take(pa.array(words)))


def per_distinct(column: pa.Array, understand: Callable[[str | None], T]) -> tuple[list[T], pa.Array]:
    """Call ``understand`` once per distinct cell (None for null); return the answers and each row's index in them."""
    found = column if isinstance(column, pa.DictionaryArray) else coded(column)
    words: list[str | None] = found.dictionary.to_pylist()
    if found.null_count == len(found):
        return [understand(None)] if len(found) else [], pa.array(np.zeros(len(found), np.int32))
    if not found.indices.null_count:
        return [understand(word) for word in words], found.indices
    return [understand(word) for word in (*words, None)], found.indices.fill_null(len(words))


def spread(answers: Sequence[str | None], rows: pa.Array, like: pa.Array | None = None) -> pa.Array:
    """Return the answers of ``per_distinct`` as a column of text, coded when ``like`` is."""
    if not isinstance(like, pa.DictionaryArray):
        return pa.array(answers, TEXT).take(rows)
    if not any(word is not None for word in answers):
        return same(None, len(rows))
    if None in answers:
        rows = pa.array([None if word is None else place for place, word in enumerate(answers)], pa.int32()).take(rows)
    return pa.DictionaryArray.from_arrays(rows, pa.array([word or "" for word in answers], TEXT))


def pairs(left: pa.Array, right: pa.Array, join: str) -> pa.Array:
    """Return each row's two cells as one coded text (null counts as empty), by the combinations that occur."""
    lefts, left_rows = per_distinct(left, lambda cell: cell or "")
    rights, right_rows = per_distinct(right, lambda cell: cell or "")
    width = max(len(rights), 1)
    codes = np.asarray(left_rows) * np.int64(width) + np.asarray(right_rows)
    found, rows = _occurring(codes, len(lefts) * width)
    words = [f"{lefts[code // width]}{join}{rights[code % width]}" for code in found.tolist()]
    return pa.DictionaryArray.from_arrays(rows, pa.array(words, TEXT))


def _occurring(codes: npt.NDArray[np.int64], count: int) -> tuple[npt.NDArray[np.int64], pa.Array]:
    """Return the codes below ``count`` that occur, and each row's index in them."""
    if count > FEW:
        found, rows = np.unique(codes, return_inverse=True)
        return found, pa.array(rows.astype(np.int32))
    found = np.flatnonzero(np.bincount(codes, minlength=count))
    places = np.zeros(max(count, 1), np.int32)
    places[found] = np.arange(len(found))
    return found, pa.array(places[codes])


def counted(column: pa.DictionaryArray) -> Counter[str]:
    """Return how often each text occurs in a coded column."""
    counts = np.bincount(np.asarray(column.indices.drop_null()), minlength=len(column.dictionary)).tolist()
    found: Counter[str] = Counter()
    for text, count in zip(column.dictionary.to_pylist(), counts, strict=True):
        found[text] += count
    return +found


def same(text: str | None, count: int) -> pa.Array:
    """Return one text for every row, coded."""
    valid = pa.py_buffer(np.zeros(count // 8 + 1, np.uint8)) if text is None else None
    rows = pa.Array.from_buffers(pa.int32(), count, [valid, pa.py_buffer(np.zeros(count, np.int32))])
    return pa.DictionaryArray.from_arrays(rows, pa.array([text] if text is not None else [], TEXT))


def without(column: pa.DictionaryArray, mask: pa.Array) -> pa.DictionaryArray:
    """Return a coded column with null where ``mask`` is true."""
    if not pc.any(mask, min_count=0).as_py():
        return column
    rows = pc.if_else(mask, pa.scalar(None, column.indices.type), column.indices)
    return pa.DictionaryArray.from_arrays(rows, column.dictionary)


def where(mask: pa.Array, text: str) -> pa.Array:
    """Return ``text`` where ``mask`` is true and null elsewhere, coded."""
    return (
        without(same(text, len(mask)), pc.invert(mask)) if pc.any(mask, min_count=0).as_py() else same(None, len(mask))
    )


def first_of(*columns: pa.Array) -> pa.Array:
    """Return the first cell of each row that is not null; a column that needs no other stays as it is."""
    filled = [column for column in columns if column.null_count < len(column)] or [columns[-1]]
    if not filled[0].null_count or len(filled) == 1:
        return filled[0]
    return pc.coalesce(*(column.cast(TEXT) for column in filled))


def written_out(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return a coded column as text; where every row is the same, in pieces that share their memory."""
    column = one_array(column) if isinstance(column.type, pa.DictionaryType) else column
    if not isinstance(column, pa.DictionaryArray):
        return column
    count, missing = len(column), column.null_count
    if missing == count:
        return _repeated(pa.nulls(min(count, BATCH), TEXT), count)
    if not missing and len(set(column.dictionary.to_pylist())) == 1:
        return repeated(column.dictionary[0].as_py(), count)
    return column.dictionary.take(column.indices)


def repeated(text: str, count: int) -> pa.ChunkedArray:
    """Return one text for every row, written out, in pieces that share their memory."""
    return _repeated(pa.repeat(pa.scalar(text, TEXT), min(count, BATCH)), count)


def _repeated(piece: pa.Array, count: int) -> pa.ChunkedArray:
    return pa.chunked_array([piece.slice(0, min(BATCH, count - start)) for start in range(0, count, BATCH)], piece.type)


def stripped(column: pa.Array) -> pa.Array:
    """Trim, make every kind of space a plain one and every minus a hyphen; blank cells become null."""
    if isinstance(column, pa.DictionaryArray):
        answers, rows = per_distinct(column, lambda cell: cell)
        return spread(stripped(pa.array(answers, TEXT)).to_pylist(), rows, column)
    if _is_bare(column):
        return column
    if not pc.all(pc.string_is_ascii(column), min_count=0).as_py():
        column = pc.replace_substring_regex(column, r"[\x{00A0}\x{2007}\x{2009}\x{202F}]", " ")
        column = pc.replace_substring(column, "\u2212", "-")
    trimmed = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, TEXT), trimmed)


def _is_bare(column: pa.Array) -> bool:
    """Whether no cell is empty or holds anything but printable ASCII without space; two looks at all bytes at once."""
    _, data = cells_and_bytes(column)
    shortest = pc.min(pc.binary_length(column)).as_py()
    return shortest is None or (shortest > 0 and bool(data.min() > ord(" ")) and bool(data.max() < 128))


def first_filled(columns: Sequence[pa.Array]) -> pa.Array:
    """Return the first cell of each row that is not blank (null: a blank row); later columns are read for gaps only."""
    lead = same(None, len(columns[0]))
    for column in columns:
        if not lead.null_count:
            break
        lead = first_of(lead, column if _begins_filled(column) else stripped(coded(column)))
    return lead


def _begins_filled(column: pa.Array) -> bool:
    """Whether every cell begins with a printable ASCII character, so that none is blank."""
    if isinstance(column, pa.DictionaryArray):
        return False
    ends, data = cells_and_bytes(column)
    if column.null_count or not len(column) or (ends[1:] == ends[:-1]).any():
        return False
    first = data[ends[:-1] - ends[0]]
    return bool(first.min() > ord(" ") and first.max() < 128)


def kept(column: pa.Array, wanted: pa.Array, count: int) -> pa.Array:
    """Return the cells of the ``count`` wanted rows; the column itself where that is every row."""
    return column if count == len(column) else column.filter(wanted)


def fold(text: str) -> str:
    """Return text for comparing: no case, single spaces."""
    return " ".join(text.split()).casefold()


def letter(index: int) -> str:
    """Return the spreadsheet letter of a column (0 is A, 26 is AA)."""
    name = ""
    number = index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
