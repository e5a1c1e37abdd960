"""Where a file belongs that lies in a place nobody agreed on, or holds another delivery than its place says."""

from difflib import SequenceMatcher
from fnmatch import fnmatchcase

from kerndata.errors import FileFault
from kerndata.harmonise.tables import table_of
from kerndata.model.sheet import Reading
from kerndata.sources.registry import DROP, Source
from kerndata.sources.schema import DeliverySpec
from kerndata.sources.via import BucketVia


def unknown_delivery(source: Source, name: str) -> FileFault:
    """The fault of a file that matches no pattern: it names the pattern nearest to its name, and all that are agreed.

    ``name`` is the key below ``drop/``.
    """
    agreed = [f"{DROP}{pattern}" for pattern in source.patterns()]
    nearest = max(agreed, key=lambda pattern: _likeness(pattern, f"{DROP}{name}"), default="")
    return FileFault("F-UNKNOWN-DELIVERY", name=name, nearest=nearest, expected=", ".join(agreed))


def other_delivery(fault: FileFault, reading: Reading, spec: DeliverySpec, source: Source) -> FileFault | None:
    """The fault of a file whose columns lack and fit another delivery of the same province; None when they fit none."""
    if fault.rule_id != "F-COLUMNS-MISSING":
        return None
    agreed = {name: one for name, one in source.deliveries.items() if one is not spec and one.columns}
    for name, other in agreed.items():
        if fits(reading, other):
            place = f"{DROP}{other.via.bucket}" if isinstance(other.via, BucketVia) else "de eigen API"
            return FileFault("F-OTHER-DATASET", observed=fault.observed, found=name, place=place, **_missing(fault))
    return None


def _missing(fault: FileFault) -> dict[str, str | int]:
    return {name: fault.facts[name] for name in ("missing", "member") if name in fault.facts}


def fits(reading: Reading, other: DeliverySpec) -> bool:
    """Whether every sheet has the columns of a delivery, all of them."""
    try:
        remarks = [remark for sheet in reading.sheets for remark in table_of(sheet, other)[2]]
    except FileFault:
        return False
    return not any(remark.rule_id == "F-COLUMN-ABSENT" for remark in remarks)


def _likeness(pattern: str, key: str) -> tuple[bool, int, float]:
    """First whether the file name fits (the more of it is spelled out, the better), then how alike the whole is."""
    name_pattern = pattern.rpartition("/")[2]
    fits = fnmatchcase(key.rpartition("/")[2], name_pattern)
    spelled_out = len(name_pattern.replace("*", "").replace("?", "")) if fits else 0
    return fits, spelled_out, SequenceMatcher(None, pattern.casefold(), key.casefold()).ratio()
