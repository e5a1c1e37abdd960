"""Which columns hold the observations of an indicators file, and what their headers tell: period, indicator, unit."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kerndata.harmonise.layout import Grid
from kerndata.steward.draft.guess import Guesses
from kerndata.steward.draft.headers import FOLDED_UNITS, YEAR, Header
from kerndata.steward.draft.lexicon import HEADERS
from kerndata.steward.draft.shape import is_number

# How a header names indicator and unit, most telling first; at least all but one header of a file must fit.
UNIT_PATTERNS = (
    r"^(?P<indicator>.+) \((?P<unit>[^()]+)\)$",
    r"^(?P<indicator>.+) \[(?P<unit>[^\[\]]+)\]$",
    r"^(?P<indicator>.+) – (?P<unit>[^–]+)$",
    r"^(?P<indicator>.+) - (?P<unit>[^-]+)$",
    r"^(?P<indicator>.+) / (?P<unit>[^/]+)$",
    r"^(?P<indicator>.+), (?P<unit>[^,]+)$",
    r"^(?P<indicator>.+) in (?P<unit>.+)$",
    r"^(?P<indicator>.+)_(?P<unit>[^_]+)$",
)
ALL = ("value", "indicator_code", "period", "unit")


@dataclass(frozen=True, slots=True)
class Values:
    """One column of observations: its place in the grid, and what its header tells."""

    grid: Grid
    index: int
    told: Mapping[str, str]

    @property
    def cells(self) -> list[str | None]:
        """The cells of the column, as text."""
        return [cell and cell.strip() for cell in self.grid.body[self.index].to_pylist()]

    @property
    def written(self) -> list[str]:
        """The filled cells that the file did not type itself, and that are therefore in the province's notation."""
        return self._typed(by_file=False)

    @property
    def typed(self) -> list[str]:
        """The filled cells that the file did type itself, with what its number format shows behind them."""
        return self._typed(by_file=True)

    def _typed(self, *, by_file: bool) -> list[str]:
        natives = self.grid.is_native(self.index).to_pylist()
        return [cell for cell, native in zip(self.cells, natives, strict=True) if cell and native is by_file]


def guess_values(
    grids: Sequence[Grid], headers: Sequence[Header], columns: Mapping[str, str], guesses: Guesses
) -> list[Values]:
    """Add the guess about ``layout.values`` when the file is wide; return the columns that hold observations."""
    if "value" in columns.values():
        mapped = next(text for text, target in columns.items() if target == "value")
        return [Values(grid, grid.headers.index(mapped), {}) for grid in grids if mapped in grid.headers]
    free = [one for one in headers if one.text and one.text not in columns]
    years = [one.text for one in free if YEAR.fullmatch(one.text.strip("* "))]
    pattern = _by_period(years) if len(years) > 1 else _by_indicator(free)
    if pattern is None:
        guesses.note("layout.values", "geen kolom met waarden gevonden; geef columns: … value of layout.values", ALL)
        return []
    if len(years) > 1:
        guesses.sure("layout.values", pattern, f"{len(years)} kolommen met een periode als kop")
    elif "unit" in re.compile(pattern).groupindex:
        guesses.sure("layout.values", pattern, "koppen met indicator en eenheid")
    else:
        guesses.doubt("layout.values", pattern, "kolommen met getallen, zonder bekende eenheid in de kop", ALL)
    return [
        Values(grid, index, {name: text for name, text in match.groupdict().items() if text})
        for grid in grids
        for index, header in enumerate(grid.headers)
        if header not in columns and (match := re.search(pattern, header))
    ]


def _by_period(years: Sequence[str]) -> str:
    if all(re.fullmatch(r"\d{4}\*{0,2}", text) for text in years):
        marked = any(text.endswith("*") for text in years)
        return r"^(?P<period>\d{4}\*{0,2})$" if marked else r"^(?P<period>\d{4})$"
    return r"^(?P<period>(?:19|20)\d\d(?:[ -]?[QKH][1-4])?\*{0,2})$"


def _by_indicator(free: Sequence[Header]) -> str | None:
    numeric = [one for one in free if one.cells and sum(map(is_number, one.cells)) * 2 >= len(one.cells)]
    for pattern in UNIT_PATTERNS:
        fits = [re.search(pattern, one.text) for one in numeric]
        known = [match for match in fits if match and match["unit"].strip().casefold() in FOLDED_UNITS]
        if known and len(known) >= len(numeric) - 1:
            return pattern
    if not numeric:
        return None
    names = "|".join(re.sub(r"([.^$*+?{}\[\]\\|()])", r"\\\1", one.text) for one in numeric)
    return f"^(?P<indicator>{names})$"


def leftover(
    headers: Sequence[Header], columns: Mapping[str, str], values: Sequence[Values], guesses: Guesses, dataset: str
) -> None:
    """Note the columns that were not understood, and the needed ones that were not found."""
    used = {*columns, *(one.grid.headers[one.index] for one in values)}
    left = [one.text for one in headers if one.text and one.text not in used]
    if left:
        asked = [name for name in HEADERS[dataset] if name not in columns.values()]
        told = f"kolommen niet herkend: {', '.join(left)}; zet ze bij columns of ignored_columns"
        guesses.note("ignored_columns", told, [*asked, *ALL])
