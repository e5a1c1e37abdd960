"""Records (JSON, GeoJSON) to sheets: the keys are the header row, in the order in which they first appear."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from kerndata.errors import FileFault
from kerndata.model.sheet import Reading, Sheet
from kerndata.read.cells import Cell, canonical, native_table, text_table, within
from kerndata.read.limits import Limits

Record = Mapping[str, Cell]


class Page(NamedTuple):
    """The records of one file, or of one of the pages in which an address gave them."""

    records: Sequence[Record]
    member: str | None


def reading_of(pages: Sequence[Page], limits: Limits) -> Reading:
    """Return one sheet per page that holds a record: row 1 the keys of all pages, row *i + 1* record *i*.

    Raises ``FileFault`` F-HEADER-ONLY when no page holds one.
    """
    header = list(dict.fromkeys(key for page in pages for record in page.records for key in record))
    if not header:
        raise FileFault("F-HEADER-ONLY")
    within(sum(len(page.records) for page in pages) + 1, len(header), limits)
    return Reading(tuple(_sheet(page, header) for page in pages if page.records), "utf-8")


def _sheet(page: Page, header: Sequence[str]) -> Sheet:
    rows: list[list[Cell]] = [[*header], *([record.get(key) for key in header] for record in page.records)]
    text = text_table([[canonical(cell) for cell in row] for row in rows], len(header))
    return Sheet(text, native_table(rows, len(header)), member=page.member)
