"""A file under another name than its kind is refused with both kinds named, before its reader stumbles over it."""

import gzip
import io
import json
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet, OpenDocumentText
from pydantic import TypeAdapter, ValidationError

from kerndata.contracts.contract import delivery_rule
from kerndata.errors import FileFault
from kerndata.read import Limits, read
from kerndata.read.formats import read_as
from kerndata.read.recognise import HEAD_BYTES, kind_of
from kerndata.sources.formats import CsvFormat, FormatSpec, ZipFormat

SPEC: TypeAdapter[FormatSpec] = TypeAdapter(FormatSpec)
HTML = b"<html xmlns:x='urn:schemas-microsoft-com:office:excel'><table><tr><td>1</td></tr></table></html>"
SPREADSHEETML = b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"></Workbook>'


def spec_of(kind: str) -> FormatSpec:
    return SPEC.validate_python({"kind": kind} | ({"members": "*", "inner": {"kind": "csv"}} if kind == "zip" else {}))


def saved(document: object) -> bytes:
    target = io.BytesIO()
    if isinstance(document, pa.Table):
        pq.write_table(document, target)
    elif isinstance(document, openpyxl.Workbook | xlwt.Workbook):
        document.save(target)
    else:
        document.write(target)  # type: ignore[attr-defined]
    return target.getvalue()


def zip_of(**members: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, body in members.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), body)
    return target.getvalue()


def xls() -> bytes:
    book = xlwt.Workbook()
    book.add_sheet("A").write(0, 0, "a")
    return saved(book)


FILES = {
    "xlsx": saved(openpyxl.Workbook()),
    "xls": xls(),
    "ods": saved(OpenDocumentSpreadsheet()),
    "odt": saved(OpenDocumentText()),
    "parquet": saved(pa.table({"a": [1]})),
    "zip": zip_of(wind_csv=b"a;b\n1;2\n"),
    "xlsb": zip_of(xl__workbook_bin=b"x"),
    "docx": zip_of(word__document_xml=b"x"),
    "json": json.dumps([{"a": 1}]).encode(),
    "text": "Provincie;Waarde\r\nFryslân;1\r\n".encode("windows-1252"),
    "html": HTML,
    "spreadsheetml": SPREADSHEETML,
    "pdf": b"%PDF-1.7\n",
    "gzip": gzip.compress(b"a;b\n1;2\n"),
    "image": b"\x89PNG\r\n\x1a\n",
}


@pytest.mark.parametrize("kind", sorted(FILES))
def test_each_kind_is_recognised_by_its_bytes(kind: str) -> None:
    assert kind_of(FILES[kind]) == kind


@pytest.mark.parametrize("agreed", ["csv", "xlsx", "xls", "ods", "json", "geojson", "parquet", "zip"])
def test_every_other_kind_is_refused_with_both_named(tmp_path: Path, agreed: str) -> None:
    right = {"csv": "text", "geojson": "json"}.get(agreed, agreed)
    for kind, data in FILES.items():
        if kind != right:
            (tmp_path / kind).write_bytes(data)
            with pytest.raises(FileFault) as error:
                read_as(tmp_path / kind, spec_of(agreed), Limits())
            assert error.value.rule_id == "F-OTHER-FORMAT", kind


def test_a_web_page_named_xls_is_called_a_web_page_in_dutch(tmp_path: Path) -> None:
    (tmp_path / "wind.xls").write_bytes(b"\xef\xbb\xbf\r\n" + HTML)
    with pytest.raises(FileFault) as error:
        read(tmp_path / "wind.xls", spec_of("xls"))
    message = delivery_rule(error.value.rule_id).message_nl.format(**error.value.facts)
    assert message.startswith("Dit bestand is geen Excel 97-2003 (.xls): van binnen is het HTML")


def test_text_that_only_resembles_another_kind_is_text() -> None:
    for text in ("[concept] Cijfers;2024\nDrenthe;1\n", "<5 MW;2\n", "{naam};1\n", "%PDF", "PK;naam\n1;2\n"):
        assert kind_of(text.encode()) in {None, "text", "pdf"}
        assert kind_of(b"Provincie;x\n" + text.encode()) == "text"


def test_a_csv_in_utf16_is_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("Provincie;Waarde\nFryslân;1\n".encode("utf-16"))
    assert read_as(tmp_path / "a.csv", CsvFormat(), Limits()).encoding == "utf-16-le"


def test_a_head_cut_in_the_middle_of_a_character_changes_nothing() -> None:
    assert kind_of(b"a;" + "é".encode() * HEAD_BYTES) == "text"


def test_another_kind_inside_a_zip_is_named_with_its_member(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zip_of(wind_csv=HTML))
    with pytest.raises(FileFault) as error:
        read_as(tmp_path / "a.zip", ZipFormat(members="*.csv", inner=CsvFormat()), Limits())
    assert str(error.value.facts["found"]).startswith("wind.csv: HTML")


def test_a_zip_in_a_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zip_of(binnen_zip=FILES["zip"]))
    with pytest.raises(FileFault, match="F-OTHER-FORMAT"):
        read_as(tmp_path / "a.zip", ZipFormat(members="*", inner=CsvFormat()), Limits())
    with pytest.raises(ValidationError):
        SPEC.validate_python({"kind": "zip", "members": "*", "inner": {"kind": "zip"}})


def test_a_tab_may_be_written_as_a_word(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_bytes(b"a\tb\n1\t2\n")
    found = read_as(tmp_path / "a.tsv", SPEC.validate_python({"kind": "csv", "delimiter": "tab"}), Limits()).sheets[0]
    assert found.text.num_columns == 2
