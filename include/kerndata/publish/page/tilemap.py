"""The twelve provinces as tiles of equal size, each about where it lies: small ones are as visible as large ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from kerndata.publish.page.geometry import classes
from kerndata.publish.page.views import Series

TILE, GAP = 82, 4
COLUMNS = ROWS = 4
WIDTH = COLUMNS * (TILE + GAP) - GAP
HEIGHT = ROWS * (TILE + GAP) - GAP

# (letters, column, row) by CBS code
PLACES = MappingProxyType(
    {
        "PV20": ("GR", 3, 0),
        "PV21": ("FR", 2, 0),
        "PV22": ("DR", 3, 1),
        "PV23": ("OV", 3, 2),
        "PV24": ("FL", 2, 1),
        "PV25": ("GE", 2, 2),
        "PV26": ("UT", 1, 2),
        "PV27": ("NH", 1, 1),
        "PV28": ("ZH", 0, 2),
        "PV29": ("ZE", 0, 3),
        "PV30": ("NB", 1, 3),
        "PV31": ("LI", 2, 3),
    }
)


@dataclass(frozen=True, slots=True)
class Tile:
    """One province; ``shade`` 0 (lowest) to 4 (highest), None without a value, and then ``reason`` says why."""

    province: str
    letters: str
    x: int
    y: int
    value: Decimal | None
    shade: int | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class TileMap:
    """The map of one period with the bounds of its shades."""

    period: str
    tiles: Sequence[Tile]
    bounds: Sequence[tuple[Decimal, Decimal]]
    lacks: bool


def tile_map(series: Series, period: str) -> TileMap:
    """Draw one period of an indicator."""
    shades, bounds = classes(series.values(period))
    tiles = [_tile(series, period, code, shades) for code in PLACES]
    return TileMap(period, tiles, bounds, any(one.value is None for one in tiles))


def _tile(series: Series, period: str, code: str, shades: Mapping[str, int]) -> Tile:
    letters, column, row = PLACES[code]
    cell = series.cell(period, code)
    place = (column * (TILE + GAP), row * (TILE + GAP))
    return Tile(code, letters, *place, cell.value, shades.get(code), cell.reason if cell.value is None else None)
