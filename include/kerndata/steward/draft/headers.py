"""Headers to columns: by the words provinces use, by the unit they name, and by what stands below them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from kerndata.contracts.code_lists import UnknownCodeError, indicators, province_of
from kerndata.harmonise.units import UNITS
from kerndata.steward.draft.guess import Guesses
from kerndata.steward.draft.lexicon import HEADERS, LOOSE

FOLDED_UNITS = {unit.casefold(): unit for unit in UNITS}
BEHIND = (
    re.compile(r"^(?P<bare>.*?)\s*\((?P<unit>[^()]+)\)$"),
    re.compile(r"^(?P<bare>.*?)\s*\[(?P<unit>[^\[\]]+)\]$"),
    re.compile(r"^(?P<bare>.+) in (?P<unit>\S+)$"),
    re.compile(r"^(?P<bare>.*?)(?:^| )(?P<unit>\S+)$"),
)
YEAR = re.compile(r"(?:19|20)\d\d(?:[ -]?[QKH][1-4])?")
ABOUT: Mapping[str, tuple[str, ...]] = {
    "indicator": ("indicator_code", "unit", "value"), "region": ("region_code", "province_code"),
    "period": ("period", "value_status"), "status": ("value_status",), "unit": ("unit", "value"),
    "x_rd": ("lon", "lat"), "y_rd": ("lon", "lat"),
}  # fmt: skip
KINDS = {
    "capacity_mw": "power", "storage_mwh": "energy", "expected_production_mwh_per_year": "energy",
    "local_ownership_pct": "share",
}  # fmt: skip
CHECKED = {"lon": (3.0, 7.5), "lat": (50.0, 54.0), "x_rd": (7_000, 300_000), "y_rd": (289_000, 630_000)}


@dataclass(frozen=True, slots=True)
class Header:
    """One column as the file shows it; ``bare`` is its name folded and without unit; ``cells`` are filled ones."""

    text: str
    bare: str
    unit: str | None
    cells: tuple[str, ...]


def header_of(text: str, cells: Sequence[str]) -> Header:
    """Return a header with its unit set apart."""
    folded = " ".join(text.replace("_", " ").split()).casefold()
    whole = re.sub(r"(?:/| per )(?:jaar|jr)\b", "", folded)
    for pattern in BEHIND:
        match = pattern.match(whole)
        # a unit alone is a name too ("MW"), but a count alone is not a unit ("Aantal")
        if match and match["unit"].strip() in FOLDED_UNITS and (match["bare"] or not _is_count(match["unit"])):
            return Header(text, match["bare"].strip(), FOLDED_UNITS[match["unit"].strip()], tuple(cells))
    return Header(text, folded, None, tuple(cells))


def _is_count(unit: str) -> bool:
    return UNITS[FOLDED_UNITS[unit.strip()]][0] == "count"


def about(target: str) -> tuple[str, ...]:
    """Return the contract columns that are read wrong when a column is taken for the wrong one."""
    return ABOUT.get(target, (target,))


def dataset_of(headers: Sequence[Header]) -> str:
    """Return which dataset the headers speak of most."""
    score = {dataset: len(_assigned(headers, dataset)) for dataset in HEADERS}
    wide = sum(YEAR.fullmatch(one.text.strip("* ")) is not None for one in headers)
    about_projects = {"project_id", "name", "phase", "technology"} & set(_assigned(headers, "projects").values())
    return "projects" if len(about_projects) > 2 and score["projects"] > score["indicators"] + wide else "indicators"


def guess_columns(headers: Sequence[Header], dataset: str, guesses: Guesses) -> dict[str, str]:
    """Add the guesses about ``columns``; return their header to our column."""
    found = _degrees(headers, _assigned(headers, dataset))
    told = {one.text: one for one in headers}
    for text, target in found.items():
        why, is_sure = _why(told[text], target, dataset)
        guesses.entry("columns", text, target, why, None if is_sure else about(target))
    return found


def _assigned(headers: Sequence[Header], dataset: str) -> dict[str, str]:
    """Return header to column: the best-known name first, each header and each column once, in the file's order."""
    pairs = sorted(
        (names.index(one.bare), number, one, target)
        for number, one in enumerate(headers)
        for target, names in HEADERS[dataset].items()
        if one.bare in names and _fits(one, target)
    )
    pairs += [
        (99, number, one, target)
        for number, one in enumerate(headers)
        for target, names in HEADERS[dataset].items()
        if len(one.bare) > 3 and get_close_matches(one.bare, names, n=1, cutoff=0.85) and _fits(one, target)
    ]
    taken: dict[str, str] = {}
    for _, _, one, target in pairs:
        if one.text not in taken and target not in taken.values():
            taken[one.text] = target
    return {one.text: taken[one.text] for one in headers if one.text in taken}


def _fits(one: Header, target: str) -> bool:
    """Whether the unit in the header can be this column's: ``MW`` alone is a capacity, ``MWh`` a production."""
    kind = UNITS[one.unit][0] if one.unit else None
    wanted = KINDS.get(target)
    if wanted:
        return kind in (wanted, None) and bool(one.bare or kind)
    return kind in (None, "count")


def _degrees(headers: Sequence[Header], found: Mapping[str, str]) -> dict[str, str]:
    """Put coordinates right by their size: X and Y may be metres (RD), and may be the other way round."""
    told = {one.text: one for one in headers}
    places = {text: target for text, target in found.items() if target in ("lon", "lat")}
    right = {text: _by_size(told[text]) or target for text, target in places.items()}
    return {**found, **right} if len(set(right.values())) == len(right) else dict(found)


def _by_size(one: Header) -> str | None:
    numbers = [float(cell.replace(",", ".")) for cell in one.cells if re.fullmatch(r"[+-]?\d+(?:[.,]\d+)?", cell)]
    if not numbers or len(numbers) < len(one.cells):
        return None
    return next((name for name, (low, high) in CHECKED.items() if all(low <= one <= high for one in numbers)), None)


def _why(one: Header, target: str, dataset: str) -> tuple[str, bool]:
    """Return why a header means a column, and whether that is certain."""
    proof = _proof(one, target)
    if proof:
        return proof, True
    names = HEADERS[dataset].get(target, ())
    if one.bare in names and one.bare not in LOOSE:
        return "naam van de kop", True
    example = ", ".join(dict.fromkeys(one.cells))[:60]
    return f"lijkt {target}; er staat bijvoorbeeld: {example or 'niets'}", False


def _proof(one: Header, target: str) -> str:
    """Return what the cells themselves prove, if anything."""
    if not one.cells:
        return ""
    if target == "region" and all(map(_is_province, one.cells)):
        return "alle cellen noemen een provincie"
    if target == "period" and all(YEAR.fullmatch(cell.strip("* ")) for cell in one.cells):
        return "alle cellen zijn perioden"
    if target == "indicator" and all(cell in indicators() for cell in one.cells):
        return "alle cellen zijn indicatorcodes"
    if target == "unit" and all(cell.casefold() in FOLDED_UNITS for cell in one.cells):
        return "alle cellen zijn eenheden"
    if target in CHECKED and _by_size(one) == target:
        return "alle getallen liggen in Nederland"
    return ""


def _is_province(text: str) -> bool:
    try:
        return bool(province_of(text))
    except UnknownCodeError:
        return False
