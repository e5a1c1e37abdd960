"""Read the cell that a published value came from, in the bytes that the province delivered."""

import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from kerndata.contracts.code_lists import province_of
from kerndata.errors import KerndataError
from kerndata.ledger import submissions
from kerndata.ledger.database import Ledger
from kerndata.model.sheet import Reading, Sheet
from kerndata.publish.trace import Trace
from kerndata.read import read
from kerndata.sources.formats import FormatSpec
from kerndata.sources.registry import load_source
from kerndata.store import keys
from kerndata.store.client import Store


def cells(
    store: Store, traces: Iterable[Trace], format_of: Callable[[Trace], FormatSpec]
) -> Mapping[Trace, str | None]:
    """Give what stands in the cell of each trace, as the reader sees it; None where there is no such cell.

    A file is fetched and read once, however many values come from it. ``format_of`` says how a trace's file is read.
    """
    by_file: dict[tuple[str, str], list[Trace]] = {}
    for one in traces:
        by_file.setdefault((one.province_code, one.sha256), []).append(one)
    return {
        one: _text(reading, one)
        for found in by_file.values()
        for reading in [_read(store, found[0], format_of(found[0]))]
        for one in found
    }


def format_in(ledger: Ledger) -> Callable[[Trace], FormatSpec]:
    """Give the ``format_of`` that reads a file as its delivery says today.

    Raises KerndataError when the province's source has no such delivery any more.
    """

    def format_of(one: Trace) -> FormatSpec:
        with ledger.transaction() as session:
            submission = submissions.get(session, one.submission_id)
        name, deliveries = submission.delivery_name, load_source(submission.province).deliveries
        if name is None or name not in deliveries:
            raise KerndataError(
                f"{one.submission_id}: sources/{submission.province}.yaml no longer has the delivery {name!r}; the "
                f"file is {one.archive_key} in the archive."
            )
        return deliveries[name].format

    return format_of


def _read(store: Store, one: Trace, spec: FormatSpec) -> Reading:
    key = keys.raw_key(province_of(one.province_code).slug, one.sha256)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "delivered"
        store.fetch(keys.ARCHIVE, key, path)
        return read(path, spec)


def _text(reading: Reading, one: Trace) -> str | None:
    sheet = _sheet(reading, one)
    if sheet is None or one.source_row is None or one.source_column is None:
        return None
    name = f"c{_number(one.source_column)}"
    if name not in sheet.text.column_names or not 0 < one.source_row <= sheet.text.num_rows:
        return None
    found: str | None = sheet.text[name][one.source_row - 1].as_py()
    return found


def _sheet(reading: Reading, one: Trace) -> Sheet | None:
    wanted = (one.source_member, one.source_sheet)
    return next((sheet for sheet in reading.sheets if (sheet.member, sheet.name) == wanted), None)


def _number(letters: str) -> int:
    """Give the number of a column by its letters: A is 1, AA is 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
