"""Delimited text: one meaning for both parsers, in every dialect and encoding; what is not as agreed is refused."""

import csv
import io

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kerndata.errors import FileFault
from kerndata.read import Limits, csv_quick
from kerndata.read.csv import read
from kerndata.read.csv_careful import careful
from kerndata.read.csv_quick import quick
from kerndata.sources.formats import CsvFormat

CSV = CsvFormat(delimiter=";")
LIMITS = Limits()
Cells = list[list[str | None]]


def cells(data: bytes, spec: CsvFormat = CSV) -> Cells:
    (sheet,) = read(data, spec, LIMITS).sheets
    assert sheet.native is None
    return [list(row.values()) for row in sheet.text.to_pylist()]


def fault(data: bytes, spec: CsvFormat = CSV) -> FileFault:
    with pytest.raises(FileFault) as error:
        read(data, spec, LIMITS)
    return error.value


def is_quick(data: bytes, spec: CsvFormat = CSV) -> bool:
    return quick(data, spec) is not None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252"])
def test_csv_in_each_agreed_encoding(encoding: str) -> None:
    data = "Provincie;Waarde\r\nFryslân;1.351\r\n".encode(encoding)
    assert cells(data, CsvFormat(encoding="windows-1252")) == [["Provincie", "Waarde"], ["Fryslân", "1.351"]]


def test_an_encoding_is_never_guessed() -> None:
    error = fault("Provincie;Waarde\nFryslân;1\n".encode("windows-1252"))
    assert (error.rule_id, error.facts["position"], error.facts["agreed"]) == ("F-ENCODING", 23, "utf-8")
    assert fault(b"\xef\xbb\xbfa;b\n\xe9;1\n", CsvFormat(encoding="windows-1252")).rule_id == "F-ENCODING"
    assert fault(b"\xff\xfea;b\n1").rule_id == "F-ENCODING"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("quote", ['"', "'"])
def test_every_dialect_is_read_quickly(delimiter: str, end: str, quote: str) -> None:
    rows = [["Provincie", "Waarde"], ["Drenthe", "1.5"], ["Zeeland", ""]]
    data = "".join(delimiter.join(row) + end for row in rows).encode()
    spec = CsvFormat(delimiter=delimiter, quote=quote)
    assert is_quick(data, spec)
    assert cells(data, spec) == [[cell or None for cell in row] for row in rows]
    if end != "\r":
        whole = "".join(delimiter.join(f"{quote}{cell}{quote}" for cell in row) + end for row in rows).encode()
        assert is_quick(whole, spec)
        assert cells(whole, spec) == cells(data, spec)


def test_rows_keep_the_numbers_a_spreadsheet_shows() -> None:
    text = 'Titel\n\nProvincie;Opmerking\n"Drenthe";"twee\nregels"\nZeeland;\n\nBron: CBS\n'
    assert cells(text.encode()) == [
        ["Titel", None],
        [None, None],
        ["Provincie", "Opmerking"],
        ["Drenthe", "twee\nregels"],
        ["Zeeland", None],
        [None, None],
        ["Bron: CBS", None],
    ]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_blank_lines_between_rows_are_read_quickly(end: bytes) -> None:
    data = end.join([b"a;b;c", b"1;2;3", b"", b"", b"", b"4;5;6", b"", b"7;8;9", b"", b""])
    assert is_quick(data)
    assert cells(data)[2:5] == [[None] * 3] * 3
    assert cells(data)[5:] == [["4", "5", "6"], [None] * 3, ["7", "8", "9"], [None] * 3]


@pytest.mark.parametrize(
    ("text", "row"),
    [("a;b;c\n1;2;3\n1;2\n1;2;3\n", 3), ("a;b\n1;2\n1;2;3\n1;2\n", 3), ("a;b\n1;2\nalleen\n1;2\n", 3)],
)
def test_a_ragged_row_is_named(text: str, row: int) -> None:
    error = fault(text.encode())
    assert (error.rule_id, error.facts["row"]) == ("F-RAGGED", row)


def test_empty_trailing_columns_are_no_fault() -> None:
    assert cells(b"a;b\n1;2;;\n3;4\n5;6\n")[1] == ["1", "2"]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"\xef\xbb\xbf\r\n \r\n", "F-EMPTY"),
        (b"a;b\n", "F-HEADER-ONLY"),
        (b"sep=;\r\na;b\r\n1;2\r\n\0", "F-NUL"),
        (b'a;b\n"1;2\n', "F-UNREADABLE"),
        (b'a;b\n"1"x;2\n', "F-UNREADABLE"),
        (b'a;b;c\nx;"a;"b";c"\n', "F-UNREADABLE"),
    ],
)
def test_a_broken_csv_is_a_fault_with_its_own_rule(data: bytes, rule: str) -> None:
    assert fault(data).rule_id == rule


def test_the_reason_of_a_broken_quote_is_told_in_both_languages() -> None:
    facts = fault(b'a;b\n"1;2\n').facts
    assert facts["reason"] == "row 2: unexpected end of data"
    assert facts["reden"] == "rij 2: een aanhalingsteken wordt niet meer gesloten"


@pytest.mark.parametrize("line", [b"sep=;", b'"sep=;"', b"SEP=;"])
def test_the_line_in_which_excel_names_the_delimiter_is_a_title(line: bytes) -> None:
    assert cells(line + b"\r\na;b\r\n1;2\r\n") == [[line.decode(), None], ["a", "b"], ["1", "2"]]


@pytest.mark.parametrize(
    ("text", "agreed", "found"),
    [
        ("sep=,\na;b\n1;2\n", ";", "komma (,)"),
        ("Provincie,Jaar,Waarde\nDrenthe,2024,1.5\n", ";", "komma (,)"),
        ('Wind\n\n"Provincie","Jaar","Waarde"\n"Drenthe","2024","1,5"\n"Zeeland","2024","2,5"\n', ";", "komma (,)"),
        ("Provincie;Jaar;Waarde\nDrenthe;2024;1,5\nZeeland;2024;2,5\n", ",", "puntkomma (;)"),
        ("Provincie\tJaar\nDrenthe\t2024\n", ";", "tab"),
        ("Provincie|Jaar\nDrenthe|2024\n", ",", "streep (|)"),
    ],
)
def test_another_delimiter_than_agreed_is_named(text: str, agreed: str, found: str) -> None:
    error = fault(text.encode(), CsvFormat(delimiter=agreed))
    assert (error.rule_id, error.facts["found"]) == ("F-DELIMITER", found)


@pytest.mark.parametrize(
    "text",
    [
        "Vermogen, per provincie\nJaar;Waarde\n2023;1,5\n2024;2,5\n",
        "Naam;Bedrag\nA, B, C;1\nD, E, F;2\nG, H, I;3\n",
        "2024\n1,5\n2,5\n",
        "Provincie;2023;2024\nDrenthe;1,5;2,5\nZeeland;1,5;2,5\n",
    ],
)
def test_commas_in_cells_are_no_sign_of_another_delimiter(text: str) -> None:
    assert len(cells(text.encode())) == text.count("\n")


@pytest.mark.parametrize("block_bytes", range(16, 40))
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_row_may_cross_from_one_block_to_the_next(
    block_bytes: int, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_quick, "BLOCK_BYTES", block_bytes)
    for row in ("12;3{end}{end}4;5{end}", '1;"2{end}3"{end}{end}4;5{end}'):
        text = f"a;b{end}" + row.format(end=end) * 20
        table = quick(text.encode(), CSV)
        assert table is not None
        assert table.to_pylist() == careful(text, CSV, LIMITS).to_pylist()


@settings(deadline=None)  # the machine may be busy
@given(st.text(alphabet='ab1,.;" \n\r\té', max_size=60))
@example('a;b;c\nx;"a;"b";c"\n')
@example('a;b\n"";"";""\n')
@example("a;b\r\n1;2\r\r\n3;4\r\n")
@example("a;b\n\n\n1;2\n \n3;4\n")
@example('a;b\n\n1;"2\n\n3"\n')
@example("\ufeffa;b\n1;2\n")
@example("a;b\r1;2\r\r3;4")
def test_the_quick_and_the_careful_parser_have_one_meaning(text: str) -> None:
    swift = quick(text.encode(), CSV) if text.strip() else None
    if swift is not None:
        assert swift.to_pylist() == careful(text, CSV, LIMITS).to_pylist()


@pytest.mark.parametrize("title", ["", "sep=;\n", "Wind in Drenthe\n\n"])
@pytest.mark.parametrize("footer", ["", "\nBron: CBS\n"])
def test_cells_that_come_back_are_kept_once_and_mean_the_same(title: str, footer: str) -> None:
    rows = "".join(f"{'Drenthe' if row % 7 else ''};{2000 + row % 20};{row},5\n" for row in range(500))
    text = f"{title}Provincie;Jaar;Waarde\n{rows}{footer}"
    (sheet,) = read(text.encode(), CSV, LIMITS).sheets
    assert [pa.types.is_dictionary(kind) for kind in sheet.text.schema.types] == [True, True, False]
    own = text.removeprefix("sep=;\n")
    expected = careful(own, CSV, LIMITS).to_pylist()
    assert sheet.text.to_pylist()[len(title.splitlines()) if title == "sep=;\n" else 0 :] == expected


def test_a_column_that_comes_back_at_first_only_is_read_whole() -> None:
    rows = ["0;0"] * 2000 + [f"{row};0" for row in range(200_000)]
    table = quick("\n".join(["a;b", *rows]).encode(), CSV)
    assert table is not None
    assert table.column(0).to_pylist() == ["a", *(row.split(";")[0] for row in rows)]


FIELD = st.sampled_from(["", "a", " ", "1,5", '"a"', '""', '"a;b"', '"a\nb"', '"a""b"', '"', 'a"b', "é"])
LINE = st.lists(FIELD, min_size=1, max_size=3).map(";".join)


@settings(deadline=None)  # the machine may be busy
@given(st.lists(LINE, max_size=6), st.sampled_from(["\n", "\r\n", "\r", "\n\n"]))
def test_the_parsers_have_one_meaning_for_rows_of_quoted_and_ragged_fields(lines: list[str], end: str) -> None:
    text = end.join(lines)
    swift = quick(text.encode(), CSV) if text.strip() else None
    if swift is not None:
        assert swift.to_pylist() == careful(text, CSV, LIMITS).to_pylist()


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.lists(st.text(alphabet='ab1,.;" \n', max_size=4), min_size=3, max_size=3), min_size=2, max_size=6))
def test_what_a_spreadsheet_writes_is_read_back(rows: list[list[str]]) -> None:
    target = io.StringIO()
    csv.writer(target, delimiter=";").writerows(rows)
    text = target.getvalue()
    table = quick(text.encode(), CSV)
    table = careful(text, CSV, LIMITS) if table is None else table
    if any(row[2].strip() for row in rows):
        assert [list(row.values()) for row in table.to_pylist()] == [[cell or None for cell in row] for row in rows]
