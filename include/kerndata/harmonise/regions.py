"""Regions by code, name or alias, and the guard against a file of another province."""

from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc

from kerndata.contracts.code_lists import province_of
from kerndata.errors import FileFault
from kerndata.model.province import Province


def region_code(text: str) -> str | None:
    """Return the CBS code of a province, or None when the text names none."""
    try:
        return province_of(text).code
    except LookupError:
        return None


def refuse_other_province(codes: pa.Array, own: Province) -> None:
    """Raise ``FileFault`` F-OTHER-PROVINCE when more than half of the rows that name a province name one other."""
    counts = Counter({one["values"]: one["counts"] for one in pc.value_counts(codes.drop_null()).to_pylist()})
    if not counts:
        return
    code, rows = counts.most_common(1)[0]
    if code != own.code and 2 * rows > counts.total():
        found = province_of(code).name
        raise FileFault("F-OTHER-PROVINCE", observed=len(codes), found=found, expected=own.name)
