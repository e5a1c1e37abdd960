"""Tables as a province could deliver them: a random table, written in a random way, with what must come back.

``deliveries`` draws a ``Delivery``: the bytes of a file, how it was agreed to be written (a ``DeliverySpec``), and the
values it holds. ``outcome`` reads and harmonises it in this process and compares; the conversion of units is worked out
here with fractions, apart from the library's.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st
from tests.unit.roundtrip_files import file_of

from kerndata.contracts.code_lists import indicators, province_of
from kerndata.contracts.contract import load_contract
from kerndata.errors import FileFault
from kerndata.harmonise import Harmonised, harmonise
from kerndata.harmonise.units import UNITS
from kerndata.model.finding import Severity
from kerndata.read.formats import read_as
from kerndata.read.limits import Limits
from kerndata.sources import DeliverySpec, Source
from kerndata.sources.contact import Contact

AXES = ("indicator", "period", "category")
NAMES = {
    "H3.4": "Wind op land", "H3.5": "Windproductie", "H3.8": "Zonnepanelen, vermogen", "H3.10": "Zonproductie",
    "V2.3": "Gaslevering", "E1.1": "Uitstoot CO2", "V2.11": "Warmte", "H3.7": "Zonnestroominstallaties (aantal)",
}  # fmt: skip
CATEGORIES = {"totaal": "Totaal", "dak": "Op dak; klein", "veld": 'Veld "groot"', "cafe": "Café’s"}
PERIODS = ("2019", "2023", "2024", "2024-Q3", "2024-H1")
STATUS = {"*": "voorlopig", "**": "nader_voorlopig"}
MISSING = {"x": "geheim", ".": "onbekend", "-": "niet_van_toepassing"}
GROUPS = {
    "indicator": "(?P<indicator>.+?)", "category": "(?P<category>.+?)",
    "period": r"(?P<period>\d{4}(?:-[QH]\d)?\*{0,2})",
}  # fmt: skip
DIALECTS = [(d, t) for d in (",", ".") for t in (None, ".", ",", " ", "'") if d != t]
TYPED = (".", None)  # written like this, a number can also be a typed cell
DRAWN_DIALECTS = st.sampled_from(DIALECTS)
FORMATS = ("csv",) * 12 + ("json", "parquet", "zip", "xlsx", "xls", "ods")
Key = tuple[str, ...]
Dialect = tuple[str, str | None]
COMPARED: dict[str, tuple[Key, Key]] = {
    "indicators": (("indicator_code", "period", "category"), ("value", "missing_reason", "value_status")),
    "projects": (
        ("project_id",),
        ("name", "technology", "phase", "capacity_mw", "expected_production_mwh_per_year", "turbines",
         "commissioned_on", "lon", "lat"),
    ),
}  # fmt: skip
ONE_CODE = st.lists(st.sampled_from(sorted(NAMES)), min_size=1, max_size=1)
SOME_CODES = st.lists(st.sampled_from(sorted(NAMES)), min_size=1, max_size=3, unique=True)
SOME_LABELS = st.tuples(
    st.lists(st.sampled_from(PERIODS), min_size=1, max_size=3, unique=True),
    st.lists(st.sampled_from(sorted(CATEGORIES)), min_size=1, max_size=2, unique=True),
    st.integers(0, 9_999),
)


@dataclass(frozen=True)
class Cell:
    """One value: a number in the written unit, or the reason there is none; ``status`` is its mark."""

    number: Decimal | None
    missing: str = ""
    status: str = ""


@dataclass(frozen=True)
class Delivery:
    """A file as bytes; ``expected``: by key the value in the contract's unit, the missing reason and the status.

    Where the whole file fits the agreed notation, its values are what that notation says.
    """

    content: bytes
    spec: dict[str, Any]
    expected: Mapping[Key, tuple[Any, ...]]
    name: str


@dataclass(frozen=True)
class Way:
    """How a table is written."""

    kind: str
    dialect: Dialect
    axes: tuple[str, ...]
    unit_in: str
    is_one_header: bool
    titles: tuple[str, ...]
    footers: tuple[str, ...]
    extra: bool
    is_merged: bool


def exact(number: Decimal | None, written: str, code: str) -> Decimal | None:
    """Convert to the indicator's unit by the sizes of the units, rounded half to even to nine decimals."""
    if number is None:
        return None
    share = Fraction(number) * UNITS[written][1] / UNITS[indicators()[code].unit][1]
    with localcontext(prec=80):
        return (Decimal(share.numerator) / Decimal(share.denominator)).quantize(Decimal("1e-9"))


def number_text(number: Decimal, dialect: Dialect) -> str:
    """Write a number with these decimal and thousands marks."""
    decimal, thousands = dialect
    text = f"{number:,f}" if thousands else f"{number:f}"
    return text.translate({ord(","): thousands or "", ord("."): decimal})


LINES = ["Energiemonitor 2024", "", "Bron: eigen telling, versie 1.351,5", "* voorlopig"]
WAYS = st.tuples(
    st.permutations(AXES), st.integers(0, 3), DRAWN_DIALECTS, st.integers(0, 59), st.booleans(),
    st.lists(st.sampled_from(LINES), max_size=3),
    st.lists(st.sampled_from(["Bron: CBS", "Bron; eigen", ""]), max_size=2), st.booleans(), st.booleans(),
)  # fmt: skip


def way_of(kind: str, drawn: tuple[Any, ...]) -> Way:
    """A layout and a place for the unit that go together in this format."""
    axes, depth, dialect, unit, is_one_header, titles, footers, extra, is_merged = drawn
    axes = tuple(axes[:depth])
    is_flat = kind in ("json", "parquet")
    places = ["cell", "header", "constant", *([] if is_flat else ["note", "row"])]
    places += [] if "indicator" in axes else ["column"]
    around = ((), ()) if is_flat else (tuple(titles), tuple(footers))
    unit_in = places[unit % len(places)]
    return Way(kind, dialect, axes, unit_in, is_flat or is_one_header, *around, extra, is_merged)


def figures(draw: st.DrawFn, way: Way) -> tuple[dict[Key, Cell], dict[str, str]]:
    """Draw cells by (indicator, period, category), and the unit each indicator is written in."""
    is_single = way.unit_in in ("note", "constant") or (
        way.unit_in in ("header", "row") and "indicator" not in way.axes
    )
    codes = draw(ONE_CODE if is_single else SOME_CODES)
    if way.unit_in == "cell":  # a count with a unit behind it is no notation anyone uses; any other unit is
        codes = [code for code in codes if code != "H3.7"] or ["H3.4"]
    periods, categories, choice = draw(SOME_LABELS)
    units = {code: written_units(code)[choice % len(written_units(code))] for code in codes}
    keys = [(code, period, category) for code in codes for period in periods for category in categories]
    return dict(zip(keys, draw(drawn_cells(len(keys))), strict=True)), units


@cache
def written_units(code: str) -> list[str]:
    """Every unit an indicator may be written in: all of its kind."""
    kind = UNITS[indicators()[code].unit][0]
    return [unit for unit, (other, _) in UNITS.items() if other == kind]


def _shape(places: int, mark: str = "", sign: int = 1) -> tuple[int, str, int]:
    return places, mark, sign


SHAPES = [_shape(0), _shape(0), _shape(1), _shape(2), _shape(3), _shape(3), _shape(6), _shape(1, "", -1)]
SHAPES += [_shape(places, mark) for places in (0, 1, 3) for mark in STATUS]
LACKING = sorted(MISSING)
SIZES = (9, 99, 1_351, 13_510, 999_999, 10**9)  # digits, so that short numbers are drawn as often as long ones
NUMBERS = st.integers(0, 10**12)


@cache
def drawn_cells(count: int) -> st.SearchStrategy[list[Cell]]:
    """So many cells, each from one drawn number: hypothesis draws one number much faster than three."""
    return st.lists(NUMBERS.map(cell), min_size=count, max_size=count)


def cell(drawn: int) -> Cell:
    """A number with its places, mark and sign; beyond the shapes a reason for having none."""
    rest, shape = divmod(drawn, len(SHAPES) + len(LACKING))
    if shape >= len(SHAPES):
        return Cell(None, LACKING[shape - len(SHAPES)])
    digits, size = divmod(rest, len(SIZES))
    places, mark, sign = SHAPES[shape]
    return Cell(Decimal(digits % (SIZES[size] + 1) * sign).scaleb(-places), "", mark)


@st.composite
def deliveries(draw: st.DrawFn, formats: Sequence[str] = FORMATS, is_agreed: bool = True) -> Delivery:
    """Draw an indicators delivery; with ``is_agreed`` false its numbers may be in another notation than agreed."""
    way = way_of(draw(st.sampled_from(formats)), draw(WAYS))
    table, units = figures(draw, way)
    grid, headers = _grid(way, table, units)
    agreed = way.dialect if is_agreed else draw(DRAWN_DIALECTS)
    spec = _spec(way, agreed, units, len(headers))
    content, name, spec["format"] = file_of(draw, way.kind, _framed(way, headers, grid, units), way.dialect == TYPED)
    is_native = way.dialect == TYPED and way.kind not in ("csv", "zip")
    texts = [number_text(one.number, way.dialect) for one in table.values() if one.number is not None]
    is_understood = is_native or not all(fits(text, agreed) for text in texts)
    expected = {
        key: (
            exact(_meant(one.number, way.dialect, way.dialect if is_understood else agreed), units[key[0]], key[0]),
            MISSING.get(one.missing), STATUS.get(one.status, "definitief"),
        )
        for key, one in table.items()
    }  # fmt: skip
    return Delivery(content, spec, expected, name)


DISTURBED = st.tuples(
    st.integers(0, 3), st.sampled_from(";,|"), st.sampled_from(["utf-8", "utf-8-sig", "windows-1252"])
)
HEADERS = st.sampled_from(["Provincie", "PROVINCIE", "Provincie¹", "Provincie*", "Próvincie:", "Gebied"])


@st.composite
def disturbed(draw: st.DrawFn) -> Delivery:
    """Draw a delivery that is not as agreed in its title rows, its delimiter, its encoding or a header."""
    delivery = draw(deliveries(("csv",)))
    titles, delimiter, encoding = draw(DISTURBED)
    spec, agreed = dict(delivery.spec), delivery.spec["format"]
    text = delivery.content.decode("utf-16" if delivery.content[:2] in (b"\xff\xfe", b"\xfe\xff") else _plainly(agreed))
    text = text.replace("Provincie", draw(HEADERS), 1)
    what = draw(st.integers(0, 3))
    spec["layout"] = delivery.spec["layout"] | ({"title_rows": titles} if what == 0 else {})
    spec["format"] = {"kind": "csv", "delimiter": delimiter if what == 1 else agreed["delimiter"]}
    spec["format"] |= {"encoding": "windows-1252"} if what == 2 else {}
    return Delivery(text.encode(encoding, "replace"), spec, delivery.expected, delivery.name)


def _plainly(agreed: Mapping[str, str]) -> str:
    return agreed.get("encoding", "utf-8-sig")


def fits(text: str, agreed: Dialect) -> bool:
    """Whether a number is written in the agreed notation."""
    decimal, thousands = agreed
    groups = rf"|[1-9]\d{{0,2}}(?:{re.escape(thousands)}\d{{3}})+" if thousands else ""
    return bool(re.fullmatch(rf"-?(?:\d+{groups})(?:{re.escape(decimal)}\d+)?", text))


def _meant(number: Decimal | None, written: Dialect, read: Dialect) -> Decimal | None:
    """What a number says in the notation it is read in: a file that fits the agreed one in every cell means that."""
    if number is None or written == read:
        return number
    decimal, thousands = read
    return Decimal(number_text(number, written).replace(thousands or "", "").replace(decimal, "."))


def _shown(axis: str, text: str) -> str:
    return {"indicator": NAMES, "category": CATEGORIES}.get(axis, {}).get(text, text)


def _grid(way: Way, table: Mapping[Key, Cell], units: Mapping[str, str]) -> tuple[list[list[str]], list[list[str]]]:
    """Return the data rows and the header rows (merged headings filled in their first column only)."""
    rest = [axis for axis in AXES if axis not in way.axes]
    at = {axis: number for number, axis in enumerate(AXES)}
    across = list(dict.fromkeys(tuple(key[at[axis]] for axis in way.axes) for key in table))
    down = list(dict.fromkeys(tuple(key[at[axis]] for axis in rest) for key in table))
    across.sort()
    labels = ["Provincie", *(axis.capitalize() for axis in rest), *(["Eenheid"] if way.unit_in == "column" else [])]
    tops = [_levels(way, one, units) for one in across]
    depth = max(len(top) for top in tops)
    labelled = [[label, *[""] * (depth - 1)] for label in labels]
    if way.extra:
        labelled.append(["Opmerking", *[""] * (depth - 1)])
    body = []
    for row in down:
        key_of = dict(zip(rest, row, strict=True))
        cells_ = ["Drenthe", *(_shown(axis, key_of[axis]) for axis in rest)]
        cells_ += [units[key_of["indicator"]]] if way.unit_in == "column" else []
        cells_ += ['let op: 1;5, en "dit"\nook'] if way.extra else []
        for column in across:
            told = key_of | dict(zip(way.axes, column, strict=True))
            cells_.append(_cell(way, table[tuple(told[axis] for axis in AXES)], units[told["indicator"]]))
        body.append(cells_)
    columns = [*labelled, *_merged(way, tops)]
    return body, [list(level) for level in zip(*columns, strict=True)]


def _levels(way: Way, about: Key, units: Mapping[str, str]) -> list[str]:
    """Return the header of one value column, level by level."""
    told = dict(zip(way.axes, about, strict=True))
    unit = units[told["indicator"]] if "indicator" in told else next(iter(units.values()))
    levels = [_shown(axis, told[axis]) for axis in way.axes] or ["Waarde"]
    if way.is_one_header or way.unit_in == "row":
        levels = [" - ".join(levels)]
    if way.unit_in == "header":
        levels[-1] += f" ({unit})"
    return [*levels, unit] if way.unit_in == "row" else levels


def _merged(way: Way, tops: Sequence[Sequence[str]]) -> list[list[str]]:
    """Empty the cells that a merged heading covers, or leave them filled in."""
    if not way.is_merged:
        return [list(top) for top in tops]
    found = [list(tops[0])]
    for before, top in pairwise(tops):
        same = 0
        while same < len(top) - 1 and top[same] == before[same]:
            same += 1
        found.append([*[""] * same, *top[same:]])
    return found


def _cell(way: Way, cell: Cell, unit: str) -> str:
    if cell.number is None:
        return cell.missing
    behind = f" {unit}" if way.unit_in == "cell" else ""
    return number_text(cell.number, way.dialect) + behind + cell.status


def _framed(
    way: Way, headers: Sequence[Sequence[str]], grid: Sequence[Sequence[str]], units: Mapping[str, str]
) -> list[list[str]]:
    """Put title rows above the table and footers and the note below it."""
    width = len(grid[0])
    note = [f"Eenheid: {next(iter(units.values()))}"] if way.unit_in == "note" else []
    lone = [[line, *[""] * (width - 1)] for line in (*way.footers, *note)]
    above = [[line, *[""] * (width - 1)] for line in way.titles]
    return [*above, *map(list, headers), *map(list, grid), *lone]


def _spec(way: Way, agreed: Dialect, units: Mapping[str, str], depth: int) -> dict[str, Any]:
    one = " - ".join(GROUPS[axis] for axis in way.axes) or "Waarde"
    many = " / ".join(GROUPS[axis] for axis in way.axes) or "Waarde"
    values = one if way.is_one_header or way.unit_in == "row" else many
    values += {"header": r" \((?P<unit>[^()]+)\)", "row": " / (?P<unit>.+)"}.get(way.unit_in, "")
    layout: dict[str, Any] = {"title_rows": len(way.titles), "header_rows": depth, "footers": ["^Bron"]}
    columns = {axis.capitalize(): axis for axis in AXES if axis not in way.axes} | {"Provincie": "region"}
    columns |= {"Eenheid": "unit"} if way.unit_in == "column" else {}
    layout |= {"notes": "^Eenheid: (?P<unit>.+)$"} if way.unit_in == "note" else {}
    return {
        "dataset": "indicators",
        "via": {"bucket": "*"},
        "numbers": {"decimal": agreed[0], "thousands": agreed[1], "unit_suffix": way.unit_in == "cell"},
        "layout": layout | {"values": f"^{values}$"},
        "columns": columns,
        "ignored_columns": ["Opmerking"],
        "constants": {"unit": next(iter(units.values()))} if way.unit_in == "constant" else {},
        "vocabulary": {
            "indicator": {name: code for code, name in NAMES.items()},
            "category": {name: code for code, name in CATEGORIES.items()},
        },
        "marks": {"status": STATUS, "missing": MISSING},
    }


def harmonised(delivery: Delivery, folder: Path) -> Harmonised | FileFault:
    """Read and harmonise in this process; a refusal of the whole file is returned."""
    path = folder / delivery.name
    path.write_bytes(delivery.content)
    spec = DeliverySpec.model_validate(delivery.spec)
    source = Source(province_of("Drenthe"), Contact(team="Team", mail="a@b.example"), {"delivery": spec})
    try:
        return harmonise(read_as(path, spec.format, Limits()), spec, source, "S-1", delivery.name)
    except FileFault as fault:
        return fault


def differences(delivery: Delivery, got: Harmonised) -> list[str]:
    """Every observation that is neither what was written nor refused, and every one that went missing."""
    catalogue = load_contract(delivery.spec["dataset"]).catalogue
    rules = zip(got.cell_findings["observation"].tolist(), got.cell_findings["rule_id"].tolist(), strict=True)
    errors = {observation for observation, rule in rules if catalogue[rule].severity is Severity.ERROR}
    keys, values = COMPARED[delivery.spec["dataset"]]
    rows = zip(*(pa.array(got.rows[name]).to_pylist() for name in keys + values), strict=True)
    found = {row[: len(keys)]: _rounded(row[len(keys) :]) for number, row in enumerate(rows) if number not in errors}
    wrong = [
        f"{key}: {delivery.expected.get(key)} came back as {values}"
        for key, values in found.items()
        if delivery.expected.get(key) != values
    ]
    lost = len(delivery.expected) - len(found) - len(errors)
    return [*wrong, *([f"{lost} observations went missing"] if lost > 0 else [])]


def _rounded(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Degrees to five decimals: a metre."""
    return tuple(round(one, 5) if isinstance(one, float) else one for one in values)
