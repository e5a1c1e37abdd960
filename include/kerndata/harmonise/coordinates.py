"""Places to WGS 84 degrees: from degrees or from RD (EPSG:28992), swapped back where only that lies in the Netherlands.

The ranges of degrees, RD metres and RD kilometres in the Netherlands have nothing in common, so a pair of numbers tells
itself what it is; other than agreed is a warning, in none of them an error. Conversion: EPSG operation 15934
("Amersfoort to WGS 84 (4)", accuracy 1 m), written out, so that a machine with PROJ's grids gives the same bytes.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kerndata.harmonise.arrays import TEXT
from kerndata.harmonise.findings import Findings
from kerndata.harmonise.numbers import read_numbers
from kerndata.sources.schema import DeliverySpec

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Native = Callable[[str], pa.Array]
System = tuple[str, tuple[float, float], tuple[float, float], float]
DEGREES = r"^[+-]?[0-9]{1,3}([.,][0-9]+)?$"  # no thousands in degrees, so either decimal mark is clear
LON, LAT = (3.2, 7.3), (50.7, 53.7)  # as rules P-LON and P-LAT
X_RD, Y_RD = (7_000.0, 300_000.0), (289_000.0, 629_000.0)  # metres, the area RD is defined for
SYSTEMS = (("graden (WGS 84)", LON, LAT, 0.0), ("RD in meters", X_RD, Y_RD, 1.0), ("RD in kilometers", X_RD, Y_RD, 1e3))
PIPELINE = (
    "+proj=pipeline +step +inv +proj=sterea +lat_0=52.1561605555556 +lon_0=5.38763888888889 +k=0.9999079 +x_0=155000 "
    "+y_0=463000 +ellps=bessel +step +proj=push +v_3 +step +proj=cart +ellps=bessel +step +proj=helmert +x=565.4171 "
    "+y=50.3319 +z=465.5524 +rx=0.398957388243134 +ry=-0.343987817378283 +rz=1.87740163998045 +s=4.0725 "
    "+convention=coordinate_frame +step +inv +proj=cart +ellps=WGS84 +step +proj=pop +v_3 +step +proj=unitconvert "
    "+xy_in=rad +xy_out=deg"
)


def places(cells: dict[str, pa.Array], spec: DeliverySpec, findings: Findings, native: Native) -> dict[str, pa.Array]:
    """Return ``lon`` and ``lat`` (double, degrees) from the columns the source agreed: lon and lat, or x_rd and y_rd.

    Degrees outside the Netherlands stay as written: the contract's rules refuse them. ``cells``: stripped text.
    """
    is_rd = "x_rd" in spec.columns.values()
    names, agreed = (("x_rd", "y_rd"), SYSTEMS[1]) if is_rd else (("lon", "lat"), SYSTEMS[0])
    first = _numbers(cells[names[0]], native(names[0]), "lon", spec, findings)
    second = _numbers(cells[names[1]], native(names[1]), "lat", spec, findings)
    written = pc.binary_join_element_wise(*(pc.fill_null(cells[name], "(leeg)") for name in names), "; ")
    lon, lat = np.full_like(first, np.nan), np.full_like(second, np.nan)
    open_ = ~(np.isnan(first) & np.isnan(second))
    for system in SYSTEMS:
        for one, other, is_swapped in ((first, second, False), (second, first, True)):
            found = open_ & _inside(one, other, system)
            open_ &= ~found
            lon[found], lat[found] = _degrees(one[found], other[found], system[3])
            _flag(findings, found & (system is not agreed), "H-RD-CONVERTED", written, system[0])
            _flag(findings, found & is_swapped, "H-LATLON-SWAPPED", written, system[0])
    kept = open_ & (not is_rd) & _could_be_degrees(first, 180) & _could_be_degrees(second, 90)
    lon[kept], lat[kept] = first[kept], second[kept]
    _flag(findings, open_ & ~kept, "H-COORDINATE-OUTSIDE", written, agreed[0])
    return {"lon": pa.array(lon, from_pandas=True), "lat": pa.array(lat, from_pandas=True)}


def _numbers(cells: pa.Array, native: pa.Array, target: str, spec: DeliverySpec, findings: Findings) -> Floats:
    """Return the numbers of one column, NaN where there is none; degrees may have either decimal mark."""
    degrees = pc.fill_null(pc.match_substring_regex(cells, DEGREES), False)
    others = pc.if_else(degrees, pa.scalar(None, TEXT), cells)
    numbers = read_numbers(others, native, spec.numbers, spec.marks)
    findings.add(numbers.rule, target, cells, numbers.expected)
    simple = pc.replace_substring(pc.if_else(degrees, cells, pa.scalar(None, TEXT)), ",", ".").cast(pa.float64())
    found: Floats = pc.coalesce(simple, numbers.value.cast(pa.float64())).to_numpy(zero_copy_only=False)
    return found


def _inside(one: Floats, other: Floats, system: System) -> Mask:
    _, (west, east), (south, north), metres = system
    scale = metres or 1.0
    return (west <= one * scale) & (one * scale <= east) & (south <= other * scale) & (other * scale <= north)


def _could_be_degrees(number: Floats, most: float) -> Mask:
    return np.isnan(number) | (np.abs(number) <= most)


def _degrees(x: Floats, y: Floats, metres: float) -> tuple[Floats, Floats]:
    """Convert RD to degrees, rounded to seven decimals (1 cm); degrees (``metres`` 0) stay as they are."""
    if not metres or not len(x):
        return x, y
    from pyproj import Transformer  # here: only files with RD pay for loading it

    lon, lat = Transformer.from_pipeline(PIPELINE).transform(x * metres, y * metres)
    return np.round(lon, 7), np.round(lat, 7)


def _flag(findings: Findings, found: Any, rule: str, written: pa.Array, system: str) -> None:
    mask = pa.array(np.asarray(found, dtype=bool))
    rules = pc.if_else(mask, rule, pa.scalar(None, TEXT))
    findings.add(rules, "lon", written, pa.repeat(pa.scalar(system, TEXT), len(written)))
