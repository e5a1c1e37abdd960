"""Regions by code, name or alias, and the guard against a file of another province."""

import re
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from kerndata.contracts.code_lists import province_of
from kerndata.errors import FileFault
from kerndata.harmonise.arrays import coded, counted
from kerndata.harmonise.vocabulary import Refused
from kerndata.model.province import Province

ALSO_MUNICIPALITY = ("groningen", "utrecht")
PROVINCE_WORD = re.compile(r"^(?:provincie|prov\.?)\s+(?=\S)|\s*\((?:provincie|prov\.?|pv)\)$", re.IGNORECASE)
OTHER_LEVELS = (
    (re.compile(r"GM[0-9]{4}|gemeente\s.+|.+\s?\((?:gemeente|gem\.?|gm)\)", re.IGNORECASE), "een gemeente"),
    (re.compile(r"NL(?:01|00)?|nederland", re.IGNORECASE), "heel Nederland"),
    (re.compile(r"PV99|niet in te delen", re.IGNORECASE), "wat niet in te delen is"),
    (re.compile(r"(?:LD|CR|ES)[0-9]{2}", re.IGNORECASE), "een ander soort gebied"),
)


def region_code(text: str) -> str | Refused | None:
    """Return the CBS code of a province, why a known region of another level is none, or None."""
    for name in (text, PROVINCE_WORD.sub("", text)):
        try:
            return province_of(name).code
        except LookupError:
            continue
    level = next((level for pattern, level in OTHER_LEVELS if pattern.fullmatch(text.strip())), None)
    return Refused("H-REGION-LEVEL", level) if level else None


def region_reader(cells: pa.Array) -> Callable[[str], str | Refused | None]:
    """Return ``region_code`` for this column: bare Groningen and Utrecht have two readings among municipalities."""
    names = pc.unique(cells.drop_null()).to_pylist()
    if not any(name.strip().casefold() in ALSO_MUNICIPALITY for name in names):
        return region_code
    known = [region_code(name) for name in names]
    levels = [one.expected for one in known if isinstance(one, Refused)]
    if "een gemeente" not in levels and known.count(None) < 2:
        return region_code
    both = Refused("H-REGION-AMBIGUOUS", "de provincie of de gemeente")
    return lambda text: both if text.strip().casefold() in ALSO_MUNICIPALITY else region_code(text)


def refuse_other_province(codes: pa.Array, own: Province) -> None:
    """Raise ``FileFault`` F-OTHER-PROVINCE when more than half of the rows that name a province name one other."""
    counts = counted(coded(codes))
    if not counts:
        return
    code, rows = counts.most_common(1)[0]
    if code != own.code and 2 * rows > counts.total():
        found = province_of(code).name
        raise FileFault("F-OTHER-PROVINCE", observed=len(codes), found=found, expected=own.name)
