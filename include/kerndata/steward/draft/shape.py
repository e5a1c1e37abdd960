"""Where the table stands in a sheet: title rows, header rows, footers, and what a legend there says of marks."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kerndata.model.sheet import Reading, Sheet
from kerndata.steward.draft.guess import Guesses
from kerndata.steward.draft.lexicon import MEANINGS

Rows = Sequence[Sequence[str | None]]
LOOKED_AT = 2000
MOST_HEADERS = 3
NUMBER = re.compile(r"^[+-]?\d[\d.,' ]*\D{0,12}$")
LEGEND = re.compile(r"(?:^|[\s,;.(])(\*+|[a-z]|[.?\-]|n\.[a-z.]+)\s*=\s*([a-zà-ÿ ]+)", re.IGNORECASE)
ALL = ("value", "indicator_code", "period", "project_id", "name")


@dataclass(frozen=True, slots=True)
class Shape:
    """The frame of a table, the same for all sheets of a delivery. ``legend``: their sign to their words."""

    titles: int
    headers: int
    footers: tuple[str, ...]
    legend: Mapping[str, str]


def guess_shape(reading: Reading, guesses: Guesses) -> tuple[Shape, tuple[Sheet, ...]]:
    """Add the guesses about the layout; return it, with the sheets that hold a table."""
    found = [(sheet, _rows(sheet)) for sheet in reading.sheets]
    tables = [(sheet, rows) for sheet, rows in found if _is_table(rows)] or found[:1]
    if len(found) > 1 or reading.sheets[0].name:
        _sheets(found, tables, guesses)
    shapes = [_shape(rows) for _, rows in tables]
    first = shapes[0]
    told = f"{first.titles} boven de kop"
    others = {(one.titles, one.headers) for one in shapes}
    if len(others) > 1:
        guesses.doubt("layout.title_rows", first.titles, f"{told}; niet elk blad is gelijk: {sorted(others)}", ALL)
    elif first.titles:
        guesses.sure("layout.title_rows", first.titles, told)
    if first.headers > 1:
        guesses.doubt("layout.header_rows", first.headers, "regels zonder getallen onder de kop", ALL)
    footers = tuple(dict.fromkeys(pattern for one in shapes for pattern in one.footers))
    if footers:
        guesses.sure("layout.footers", list(footers), "losse regels onder de tabel")
    legend = {sign: words for one in shapes for sign, words in one.legend.items()}
    return Shape(first.titles, first.headers, footers, legend), tuple(sheet for sheet, _ in tables)


def _sheets(found: list[tuple[Sheet, Rows]], tables: list[tuple[Sheet, Rows]], guesses: Guesses) -> None:
    names = [sheet.name for sheet, _ in tables if sheet.name]
    left = [sheet.name for sheet, _ in found if sheet.name and sheet.name not in names]
    if names and not left:
        guesses.sure("format.sheets", names, "alle zichtbare bladen")
    elif names:
        guesses.doubt("format.sheets", names, f"zonder {', '.join(left)}: daar lijkt geen tabel te staan", ALL)


def _rows(sheet: Sheet) -> Rows:
    """Return the first rows of a sheet; of a long one the last rows too, for its footers."""
    count = sheet.text.num_rows
    parts = [sheet.text.slice(0, LOOKED_AT)]
    if count > LOOKED_AT:
        parts.append(sheet.text.slice(max(LOOKED_AT, count - 50)))
    columns = [[cell for part in parts for cell in part.column(i).to_pylist()] for i in range(sheet.text.num_columns)]
    return list(zip(*columns, strict=True))


def _is_table(rows: Rows) -> bool:
    return len(rows) > 1 and any(sum(map(bool, row)) > 1 and any(map(is_number, row)) for row in rows)


def is_number(cell: str | None) -> bool:
    """Whether a cell reads as a number, with or without a unit or mark behind it."""
    return bool(cell and NUMBER.match(cell.strip()))


def _shape(rows: Rows) -> Shape:
    titles = next((number for number, row in enumerate(rows) if sum(map(bool, row)) > 1), 0)
    headers = 1
    while headers < MOST_HEADERS and titles + headers < len(rows) and _continues(*rows[titles + headers - 1 :][:2]):
        headers += 1
    lone = [row for row in rows[titles + headers :] if sum(map(bool, row)) == 1]
    texts = [next(filter(None, row)).strip() for row in lone]
    around = [cell for row in [*rows[:titles], *lone] for cell in row if cell]
    footers = tuple(dict.fromkeys(map(_pattern, texts)))
    return Shape(titles, headers, footers, _legend(around))


def _continues(above: Sequence[str | None], row: Sequence[str | None]) -> bool:
    """Whether a row below the header belongs to it: no key of its own in the first column, several texts, no number."""
    return row[0] in (None, above[0]) and sum(map(bool, row)) > 1 and not any(map(is_number, row))


def _pattern(text: str) -> str:
    """Return a pattern for footers that begin like this one."""
    word = re.match(r"[^\W\d]{3,}(?=\s*:)", text)
    if word:
        return f"^{word.group()}"
    sign = re.match(r"\S{1,6} = ", text)
    return "^" + re.sub(r"([.^$*+?{}\[\]\\|()])", r"\\\1", sign.group() if sign else text[:24])


def _legend(texts: Iterable[str]) -> dict[str, str]:
    pairs = [(sign, " ".join(words.split()).casefold()) for text in texts for sign, words in LEGEND.findall(text)]
    return {sign: meaning for sign, words in pairs if (meaning := MEANINGS.get(words))}
