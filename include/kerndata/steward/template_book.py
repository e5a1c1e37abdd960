"""The workbook of a template: drop-downs on the data sheet, the lists they offer, the same bytes every time."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from xml.etree import ElementTree

from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from kerndata.contracts.constraints import column_of, constraint_of
from kerndata.contracts.contract import Contract
from kerndata.harmonise.units import UNITS
from kerndata.quality.wording import shown
from kerndata.sources.registry import Source
from kerndata.sources.sjabloon import HEADERS, MISSING, SHEET
from kerndata.steward.template_words import contract_column, offered

LAST = 5000  # rows that have drop-downs
MOMENT = datetime(2026, 1, 1)  # noqa: DTZ001 - a workbook's own time stamp has no zone; a clock would change the bytes
MODIFIED = "{http://purl.org/dc/terms/}modified"
HEADER = PatternFill("solid", fgColor="DCE6F1")
LISTS = "Lijsten"
CLOSED_INDICATORS = {"Indicator": "indicator", "Status": "status"}
CLOSED_PROJECTS = {"Fase": "phase", "Techniek": "technology", "Regeling": "scheme"}


def workbook(
    contract: Contract, source: Source, data: Sequence[Sequence[str]], others: Mapping[str, Sequence[Sequence[str]]]
) -> bytes:
    """Return the bytes of a workbook with the data sheet first and ``others`` (name to rows) behind it."""
    book = Workbook()
    book.remove(book.worksheets[0])
    page = _sheet(book, SHEET, data)
    page.freeze_panes = "A2"
    for name, lines in others.items():
        _sheet(book, name, lines)
    _drop_downs(book, page, contract, source)
    _bounds(page, contract)
    book.properties.creator = "Kerndata"
    book.properties.created = MOMENT
    stream = io.BytesIO()
    book.save(stream)
    return fixed(stream.getvalue())


def _sheet(book: Workbook, name: str, lines: Sequence[Sequence[str]]) -> Worksheet:
    page: Worksheet = book.create_sheet(name)
    for line in lines:
        page.append([text or None for text in line])
    for cell in page[1]:
        cell.font = Font(bold=True)
        cell.fill = HEADER
    width = max(map(len, lines))
    for number in range(1, width + 1):
        longest = max((len(line[number - 1]) for line in lines if len(line) == width), default=10)
        page.column_dimensions[get_column_letter(number)].width = min(max(longest + 2, 12), 60)
    return page


def _drop_downs(book: Workbook, page: Worksheet, contract: Contract, source: Source) -> None:
    """Offer the closed lists as drop-downs; the cells of a list too long for a formula stand on their own sheet."""
    dataset = contract.dataset
    offers: dict[str, Sequence[str]] = {"Provincie": [source.province.name]}
    if dataset == "indicators":
        offers |= {header: offered(contract, column) for header, column in CLOSED_INDICATORS.items()}
        offers["Eenheid"] = list(UNITS)
    else:
        offers |= {header: offered(contract, column) for header, column in CLOSED_PROJECTS.items()}
    lists = book.create_sheet(LISTS)
    lists.sheet_state = "hidden"
    for number, (header, texts) in enumerate(offers.items(), 1):
        for row, text in enumerate([header, *texts], 1):
            lists.cell(row, number, text)
        letter = get_column_letter(number)
        rule = DataValidation("list", f"={LISTS}!${letter}$2:${letter}${len(texts) + 1}", allow_blank=True)
        rule.error, rule.errorTitle = "Kies een waarde uit de lijst.", header
        _on(page, rule, dataset, header)
    if dataset == "indicators":
        _numbers(page)


def _bounds(page: Worksheet, contract: Contract) -> None:
    """Warn, without stopping anybody, about a number outside the bounds of the contract."""
    for header, column in HEADERS[contract.dataset].items():
        held = constraint_of(contract, column_of(contract, contract_column(contract.dataset, column)), usual=True)
        if held.minimum is None or held.maximum is None:
            continue
        rule = DataValidation("decimal", str(held.minimum), str(held.maximum), operator="between", allow_blank=True)
        rule.errorStyle = "warning"  # a text such as „ca. 12” is looked at when the file arrives
        rule.error = f"Verwacht: {shown(held.minimum, 'nl')} tot en met {shown(held.maximum, 'nl')}."
        rule.errorTitle = header
        _on(page, rule, contract.dataset, header)


def _numbers(page: Worksheet) -> None:
    place = get_column_letter([*HEADERS["indicators"]].index("Waarde") + 1)
    marks = ",".join(f'{place}2="{mark}"' for mark in MISSING)
    rule = DataValidation("custom", f"=OR(ISNUMBER({place}2),{marks})", allow_blank=True)
    rule.error, rule.errorTitle = f"Vul een getal in, of {', '.join(MISSING)}.", "Waarde"
    _on(page, rule, "indicators", "Waarde")


def _on(page: Worksheet, rule: DataValidation, dataset: str, header: str) -> None:
    letter = get_column_letter([*HEADERS[dataset]].index(header) + 1)
    rule.showErrorMessage = True
    rule.add(f"{letter}2:{letter}{LAST}")
    page.add_data_validation(rule)


def fixed(body: bytes) -> bytes:
    """Return the same workbook without the moment of writing, its members stored in the order they have."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    core = ElementTree.fromstring(members["docProps/core.xml"])  # noqa: S314 - written a moment ago by ourselves
    for element in core.iter(MODIFIED):
        element.text = MOMENT.isoformat() + "Z"
    members["docProps/core.xml"] = ElementTree.tostring(core)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            member = zipfile.ZipInfo(name, MOMENT.timetuple()[:6])
            member.create_system = 3  # the same on every platform
            archive.writestr(member, content)
    return stream.getvalue()
