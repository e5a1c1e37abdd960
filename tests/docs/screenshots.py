"""Make the pictures of the province's guide: ``python -m tests.docs.screenshots``.

Drenthe's sample workbook gets three planted mistakes and goes through the pipeline's own assessment. The first picture
is the receipt's page in a browser. The second shows the marked workbook: cells, fills and notes are read from the real
marked file and drawn as a table, so that no spreadsheet program is needed. Needs Debian's ``chromium``.
"""

import html
import io
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.cell import Cell, MergedCell
from openpyxl.worksheet.worksheet import Worksheet

from kerndata.model.submission import Counts, Delivery, Status, Submission
from kerndata.quality.assess import assess
from kerndata.quality.marked import marked_copy
from kerndata.quality.receipt import build, to_html
from kerndata.sources.registry import load_source

REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLE = REPOSITORY / "include/kerndata/local/samples/deliveries/drenthe/drop/indicators/Kerncijfers energie.xlsx"
IMAGES = REPOSITORY / "docs" / "images"
PLANTED: Mapping[str, object] = {"C5": -17, "E7": "ca. 643", "G8": "118.467,0,0"}
MOMENT = datetime(2025, 6, 2, 7, 30, tzinfo=UTC)
SUBMISSION_ID = "S-2f6c0b7a91d4e853"
GRID = """<!DOCTYPE html><html lang="nl"><meta charset="utf-8"><style>
body { margin: 0; padding: 12px; font: 13px/1.35 system-ui, sans-serif; background: #fff; color: #1b1b1f; }
table { border-collapse: collapse; } td, th { border: 1px solid #c9ccd1; padding: 3px 6px; text-align: left; }
th { background: #eceef1; font-weight: 400; color: #55585f; text-align: center; } .n { text-align: right; }
p { margin: 10px 0 2px; color: #55585f; } .note { border: 1px solid #b9a44c; background: #fffbe0; padding: 6px 9px;
 margin: 4px 0; white-space: pre-wrap; max-width: 860px; }
</style>"""


def pages() -> tuple[bytes, bytes]:
    """The receipt's page, and a page that shows the marked workbook."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / SAMPLE.name
        with_mistakes(path)
        source = load_source("drenthe")
        spec = source.deliveries["kerncijfers"]
        name = f"indicators/{path.name}"
        found = assess(path, source=source, spec=spec, submission_id=SUBMISSION_ID, file_name=name, judge=False)
        marked = marked_copy(path, submission_id=SUBMISSION_ID, spec=spec, assessment=found)
        size = path.stat().st_size
    if marked is None or marked.body is None:
        raise ValueError("the planted mistakes were not found; adapt PLANTED to the sample")
    receipt = build(_submission(name, size), found, source, MOMENT, marked=marked)
    book = load_workbook(io.BytesIO(marked.body))
    return to_html(receipt), "".join(_drawn(book[book.sheetnames[0]])).encode()


def picture(page: bytes, target: Path, width: int, height: int) -> None:
    """Render a page with headless Chromium, ``width`` × ``height`` pixels from its top."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page.html"
        source.write_bytes(page)
        subprocess.run(
            [
                *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"),
                *(f"--user-data-dir={folder}/profile", f"--window-size={width},{height}"),
                *(f"--screenshot={target}", source.as_uri()),
            ],
            check=True,
            capture_output=True,
            timeout=60,
        )


def with_mistakes(path: Path) -> None:
    """Write the sample to ``path`` with PLANTED in it: two cells are refused, one is remarked on."""
    book = load_workbook(SAMPLE)
    for cell, value in PLANTED.items():
        book.worksheets[0][cell] = value
    book.save(path)


def _submission(name: str, size: int) -> Submission:
    delivery = Delivery("PV22", "inbox-drenthe", f"drop/{name}", "v1", MOMENT)
    return Submission(
        id=SUBMISSION_ID, sequence=1, province="PV22", delivery=delivery, sha256="0" * 64, size_bytes=size,
        dataset="indicators", delivery_name="kerncijfers", status=Status.ARCHIVED, counts=Counts(), received_at=MOMENT,
    )  # fmt: skip


def _drawn(sheet: Worksheet) -> Iterator[str]:
    """The sheet as Excel lays it out: letters, numbers, merged cells, fills, and the notes below it."""
    spans = {
        area.start_cell.coordinate: (area.size["columns"], area.size["rows"]) for area in sheet.merged_cells.ranges
    }
    letters = [sheet.cell(1, number + 1).coordinate[:-1] for number in range(sheet.max_column)]
    yield f"{GRID}<table><tr><th></th>{''.join(f'<th>{one}</th>' for one in letters)}</tr>"
    notes = []
    for row in sheet.iter_rows():
        yield f"<tr><th>{row[0].row}</th>"
        for cell in row:
            if isinstance(cell, MergedCell):
                continue
            yield _cell(cell, *spans.get(cell.coordinate, (1, 1)))
            if cell.comment:
                notes.append((cell.coordinate, cell.comment.text))
        yield "</tr>"
    yield "</table>"
    for place, text in notes:
        yield f'<p>Notitie bij cel {place}</p><div class="note">{html.escape(text)}</div>'


def _cell(cell: Cell, columns: int, rows: int) -> str:
    fill = f' style="background:#{cell.fill.fgColor.rgb[2:]}"' if cell.fill.fill_type == "solid" else ""
    number = ' class="n"' if isinstance(cell.value, int | float) else ""
    text = html.escape("" if cell.value is None else str(cell.value))
    return f'<td colspan="{columns}" rowspan="{rows}"{fill}{number}>{text}</td>'


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    receipt, marked = pages()
    picture(receipt, IMAGES / "ontvangstbewijs.png", 900, 940)
    picture(marked, IMAGES / "gemarkeerd-bestand.png", 900, 552)
    for name in ("ontvangstbewijs.png", "gemarkeerd-bestand.png"):
        sys.stdout.write(f"{name}: {(IMAGES / name).stat().st_size // 1000} kB\n")


if __name__ == "__main__":
    main()
