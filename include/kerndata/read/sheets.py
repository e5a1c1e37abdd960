"""Which sheets of a workbook are read, whatever program wrote it."""

from collections.abc import Sequence

from kerndata.errors import FileFault
from kerndata.model.marks import OWN_SHEET
from kerndata.model.sheet import Reading, Sheet


def agreed(wanted: Sequence[str] | None, present: Sequence[str], shown: Sequence[str]) -> Sequence[str]:
    """Return the sheets to read: the agreed ones, else every visible one but the exchange's own sheet of findings.

    Raises ``FileFault`` F-SHEET-MISSING with what was found.
    """
    if not wanted:
        return [name for name in shown if name != OWN_SHEET]
    absent = [name for name in wanted if name not in present]
    if absent:
        raise FileFault("F-SHEET-MISSING", expected=", ".join(absent), found=", ".join(present))
    return wanted


def filled(sheets: Sequence[Sheet], wanted: Sequence[str] | None, member: str | None) -> Reading:
    """Return the agreed sheets, or those that hold a cell; raises ``FileFault`` F-EMPTY when no sheet does."""
    if not any(one.text.num_rows for one in sheets):
        raise FileFault("F-EMPTY", member=member or "")
    return Reading(tuple(one for one in sheets if wanted or one.text.num_rows))
