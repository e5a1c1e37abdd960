"""Small steps on Arrow columns that the other modules share."""

from collections.abc import Callable
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

T = TypeVar("T")
TEXT = pa.string()
DECIMAL = pa.decimal128(28, 9)


def one_array(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return a column in one piece."""
    return (
        pa.concat_arrays(column.chunks or [pa.array([], column.type)])
        if isinstance(column, pa.ChunkedArray)
        else column
    )


def per_distinct(column: pa.Array, understand: Callable[[str | None], T]) -> tuple[list[T], pa.Array]:
    """Call ``understand`` once per distinct cell (None for null); return the answers and each row's index in them."""
    coded = pc.dictionary_encode(column, null_encoding="encode")
    return [understand(cell) for cell in coded.dictionary.to_pylist()], coded.indices


def stripped(column: pa.Array) -> pa.Array:
    """Trim, make every kind of space a plain one and every minus a hyphen; blank cells become null."""
    spaces = pc.replace_substring_regex(column, r"[\x{00A0}\x{2007}\x{2009}\x{202F}]", " ")
    trimmed = pc.utf8_trim_whitespace(pc.replace_substring(spaces, "\u2212", "-"))
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, TEXT), trimmed)


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
