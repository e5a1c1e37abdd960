"""A closed table of units: conversion by exact factors, only within one kind; a miss is a finding, never a guess.

Panel capacity (Wp, direct current) and inverter capacity (W, alternating current) are different kinds, as are
electricity counted in kWh and power in kW. Energy: 1 kWh = 3.6 MJ (SI, exact).
"""

import re
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

import pyarrow as pa
import pyarrow.compute as pc

from kerndata.harmonise.arrays import DECIMAL

QUANTUM = Decimal("1e-9")
KILO, MEGA, GIGA, TERA = 10**3, 10**6, 10**9, 10**12
_KWH = Fraction(36, 10)
UNITS: dict[str, tuple[str, Fraction]] = {
    # energy in MJ
    "MJ": ("energy", Fraction(1)), "GJ": ("energy", Fraction(KILO)), "TJ": ("energy", Fraction(MEGA)),
    "PJ": ("energy", Fraction(GIGA)), "Wh": ("energy", _KWH / KILO), "kWh": ("energy", _KWH),
    "MWh": ("energy", _KWH * KILO), "GWh": ("energy", _KWH * MEGA), "TWh": ("energy", _KWH * GIGA),
    "mln kWh": ("energy", _KWH * MEGA), "mrd kWh": ("energy", _KWH * GIGA),
    # power in kW
    "W": ("power", Fraction(1, KILO)), "kW": ("power", Fraction(1)), "MW": ("power", Fraction(KILO)),
    "GW": ("power", Fraction(MEGA)), "MWe": ("power", Fraction(KILO)),
    # panel power in kWp
    "Wp": ("panel power", Fraction(1, KILO)), "kWp": ("panel power", Fraction(1)),
    "MWp": ("panel power", Fraction(KILO)), "GWp": ("panel power", Fraction(MEGA)),
    "aantal": ("count", Fraction(1)), "stuks": ("count", Fraction(1)), "%": ("share", Fraction(1)),
    "ton": ("mass", Fraction(1)), "kton": ("mass", Fraction(KILO)), "Mton": ("mass", Fraction(MEGA)),
    "ton CO2-eq": ("mass CO2-eq", Fraction(1)), "kton CO2-eq": ("mass CO2-eq", Fraction(KILO)),
    "Mton CO2-eq": ("mass CO2-eq", Fraction(MEGA)),
    "m3": ("gas volume", Fraction(1)), "mln m3": ("gas volume", Fraction(MEGA)),
}  # fmt: skip
_ALIASES = {
    "m³": "m3", "mln m³": "mln m3", "mln. m3": "mln m3", "mln. m³": "mln m3", "miljoen m3": "mln m3",
    "miljoen m³": "mln m3", "procent": "%", "stuk": "stuks", "mln. kwh": "mln kWh", "miljoen kwh": "mln kWh",
    "mrd. kwh": "mrd kWh", "miljard kwh": "mrd kWh",
}  # fmt: skip
_FOLDED = {name.casefold(): name for name in UNITS} | _ALIASES
_AROUND = re.compile(r"^in |^\((?P<round>[^()]*)\)$|^\[(?P<square>[^][]*)\]$")  # "in MW", "(MW)", "[MW]"


@dataclass(frozen=True, slots=True)
class Conversion:
    """``factor`` from the written unit to the wanted one, or the rule that was broken with what was expected."""

    factor: Fraction | None
    rule: str | None = None
    expected: str | None = None


def conversion(written: str | None, wanted: str) -> Conversion:
    """Return how to get from one unit to the other; ``wanted`` is a unit of the code list (KeyError otherwise)."""
    kind, size = UNITS[wanted]
    name = name_of(written) if written else None
    same_kind = ", ".join(unit for unit, (other, _) in UNITS.items() if other == kind)
    if name is None:
        return Conversion(None, "H-UNIT-UNKNOWN", same_kind)
    if UNITS[name][0] != kind:
        return Conversion(None, "H-UNIT-KIND", same_kind)
    return Conversion(UNITS[name][1] / size)


def name_of(written: str) -> str | None:
    """Return the name of a unit in the table, however it is written; None for one that is not in it."""
    return _FOLDED.get(_bare(written))


def is_quantity(written: str) -> bool:
    """Whether a text is the unit of something that is measured, not counted."""
    name = name_of(written)
    return name is not None and UNITS[name][0] != "count"


def _bare(written: str) -> str:
    text = " ".join(written.split()).casefold()
    return _AROUND.sub(lambda match: match["round"] or match["square"] or "", text).strip()


def multiply(values: pa.Array, factor: Fraction) -> pa.Array:
    """Multiply decimals exactly and round half to even to nine decimals; null where the result has no room."""
    if factor == 1:
        return values
    fast = _multiply_arrow(values, factor)
    if fast is not None:
        return fast
    return pa.array([None if value is None else _exact(value, factor) for value in values.to_pylist()], DECIMAL)


def _exact(value: Decimal, factor: Fraction) -> Decimal | None:
    with localcontext(prec=80):
        result = (value * factor.numerator / factor.denominator).quantize(QUANTUM)
        return result if abs(result) < 10**18 else None


def _multiply_arrow(values: pa.Array, factor: Fraction) -> pa.Array | None:
    """Multiply in Arrow when the factor is a short decimal and every result has room; None otherwise."""
    with localcontext(prec=40):
        short = Decimal(factor.numerator) / Decimal(factor.denominator)
        exponent = short.normalize().as_tuple().exponent
    largest = pc.max(pc.abs(values)).as_py()
    if largest is None:
        return values
    if Fraction(short) != factor or not isinstance(exponent, int) or exponent < -12 or largest * abs(short) >= 10**17:
        return None
    scaled = pc.multiply(values.cast(pa.decimal256(37, 9)), pa.scalar(short, pa.decimal256(30, 12)))
    return pc.round(scaled, 9, "half_to_even").cast(DECIMAL)
