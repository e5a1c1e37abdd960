"""Mistakes of one delivery, as people make them: each takes a province's figures and says what is changed in them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from tests.detection.real import Cell

ENERGY = ("H3.5", "H3.6", "H3.10")
STOCK = ("H3.4", "H3.8", "H3.9")
PARTS = ("kleinschalig", "grootschalig", "grootschalig_dak", "grootschalig_veld", "woningen", "bedrijven")
Plant = Callable[[Random, Sequence[Cell]], dict[int, Cell]]  # position -> what stands there instead


@dataclass(frozen=True, slots=True)
class Mistake:
    """``rules``: what should name it; any other finding on a planted figure counts as found, not as named."""

    name: str
    plant: Plant
    rules: frozenset[str]


def _one(rng: Random, cells: Sequence[Cell], codes: Sequence[str] | None = None, least: float = 0) -> int:
    fits = [
        at
        for at, one in enumerate(cells)
        if one.category == "totaal" and one.value > least and (codes is None or one.code in codes)
    ]
    return rng.choice(fits)


def _factor(factor: float, codes: Sequence[str] | None = None) -> Plant:
    def plant(rng: Random, cells: Sequence[Cell]) -> dict[int, Cell]:
        at = _one(rng, cells, codes)
        return {at: cells[at].times(factor)}

    return plant


def digit(rng: Random, cells: Sequence[Cell]) -> dict[int, Cell]:
    """Any digit but the last two of four or more: one that a reader of the release would miss."""
    at = _one(rng, cells, least=999)
    text = f"{cells[at].value:.0f}"
    place = rng.randrange(len(text) - 2)
    return {at: cells[at].to(float(text[:place] + text[place + 1 :]))}


def half_year(rng: Random, cells: Sequence[Cell]) -> dict[int, Cell]:
    """All production of one year is of its first half: 44 to 56 % of it, solar 50 to 58 %."""
    year = cells[_one(rng, cells, ENERGY)].period
    wind, sun = rng.uniform(0.44, 0.56), rng.uniform(0.50, 0.58)
    return {
        at: one.times(sun if one.code == "H3.10" else wind)
        for at, one in enumerate(cells)
        if one.period == year and one.code in ENERGY
    }


def copy(rng: Random, cells: Sequence[Cell]) -> dict[int, Cell]:
    """One year holds the figures of the year before."""
    known = {(one.code, one.period): one.value for one in cells}
    year = rng.choice(sorted({one.period for one in cells})[1:])
    before = str(int(year) - 1)
    again = ((at, one, known.get((one.code, before))) for at, one in enumerate(cells) if one.period == year)
    return {at: one.to(value) for at, one, value in again if value is not None}


def jump(rng: Random, cells: Sequence[Cell]) -> dict[int, Cell]:
    """A figure of another row: 2.5 to 8 times as much, or as little."""
    at, size = _one(rng, cells), rng.uniform(2.5, 8)
    return {at: cells[at].times(size if rng.random() < 0.5 else 1 / size)}


def no_turbines(rng: Random, cells: Sequence[Cell]) -> dict[int, Cell]:
    year = cells[_one(rng, cells, ["H3.4"], least=5)].period
    beside = [at for at, one in enumerate(cells) if one.period == year and one.code in ("H3.4", "H3.5", "H3.6")]
    at = next(at for at, one in enumerate(cells) if one.period == year and one.code == "H3.3")
    return {at: cells[at].to(0), **{one: cells[one] for one in beside}}


def hours(rng: Random, cells: Sequence[Cell]) -> dict[int, Cell]:
    """Both productions of wind of one year are two to three times too high, or too low."""
    year, size = cells[_one(rng, cells, ["H3.5"], least=20)].period, rng.uniform(2, 3)
    factor = size if rng.random() < 0.5 else 1 / size
    return {
        at: one.times(factor) for at, one in enumerate(cells) if one.period == year and one.code in ("H3.5", "H3.6")
    }


def sun_yield(rng: Random, cells: Sequence[Cell]) -> dict[int, Cell]:
    at, size = _one(rng, cells, ["H3.10"]), rng.uniform(1.4, 2.2)
    return {at: cells[at].times(size if rng.random() < 0.5 else 1 / size)}


def parts(rng: Random, cells: Sequence[Cell]) -> dict[int, Cell]:
    """One part is 2 to 50 % too high; its whole is what is told about."""
    fits = [at for at, one in enumerate(cells) if one.category in PARTS and one.value >= 100]
    at = rng.choice(fits)
    about = (cells[at].code, cells[at].period)
    wholes = {one: cells[one] for one in range(len(cells)) if (cells[one].code, cells[one].period) == about}
    return wholes | {at: cells[at].times(rng.uniform(1.02, 1.5))}


def _rules(*names: str) -> frozenset[str]:
    return frozenset(names)


FACTOR = _rules("I-UNIT-FACTOR", "I-BOUNDS")
MISTAKES = (
    Mistake("unit 1,000 times too large", _factor(1000), FACTOR),
    Mistake("unit 1,000 times too small", _factor(0.001), FACTOR),
    Mistake("TJ for GWh (3.6 times too large)", _factor(3.6, ENERGY), FACTOR),
    Mistake("GWh for TJ (3.6 times too small)", _factor(1 / 3.6, ENERGY), FACTOR),
    Mistake("capacity 3.6 times too large", _factor(3.6, STOCK), _rules("I-JUMP", "I-DIGIT")),
    Mistake("a digit dropped", digit, _rules("I-DIGIT")),
    Mistake("half a year as a year", half_year, _rules("I-HALF-YEAR", "I-SOLAR-YIELD")),
    Mistake("stale copy of last year", copy, _rules("I-COPY")),
    Mistake("implausible jump", jump, _rules("I-JUMP")),
    Mistake("wind without turbines", no_turbines, _rules("I-WIND-NO-TURBINES")),
    Mistake("full-load hours out of band", hours, _rules("I-WIND-HOURS")),
    Mistake("kWh per kWp out of band", sun_yield, _rules("I-SOLAR-YIELD")),
)
OF_PARTS = Mistake("parts are not the whole", parts, _rules("I-PARTS"))
