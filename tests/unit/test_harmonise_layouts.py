"""Where a table stands and what its headers say: repaired and remarked where it is clear, else refused."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from tests.unit.harmonise_files import HEADER, LONG, found, harmonised, remarks, run

from kerndata.errors import FileFault
from kerndata.sources import DeliverySpec

ROW = "H3.4;Drenthe;2024;1;MW\n"
WITHOUT_UNIT = {header: column for header, column in LONG["columns"].items() if column != "unit"}


def values(result: Any) -> list[tuple[str, str, str, Decimal]]:
    columns = [result.rows[name].tolist() for name in ("indicator_code", "period", "category", "value")]
    return list(zip(*columns, strict=True))


def wide(values_: str, **changes: Any) -> dict[str, Any]:
    """A wide delivery of wind capacity in MW: only the region is a column."""
    layout = {"values": values_} | changes.pop("layout", {})
    constants = {"indicator": "H3.4", "unit": "MW"} | changes.pop("constants", {})
    return {"layout": layout, "constants": constants, "columns": {"Provincie": "region"}} | changes


@pytest.mark.parametrize("noted", ["above", "below", "two cells"])
def test_a_unit_above_or_below_the_table_holds_for_all_of_it(tmp_path: Path, noted: str) -> None:
    note = {"above": "Eenheid: GWh;;;\n", "below": "Eenheid: GWh;;;\n", "two cells": "Eenheid:;GWh;;\n"}[noted]
    table = "Indicator;Provincie;Jaar;Waarde\nH3.5;Drenthe;2024;2,5\n"
    text = note + table if noted == "above" else "Windcijfers;;;\n" + table + note
    layout = {"title_rows": 1, "notes": "^Eenheid: (?P<unit>.+)$"}
    result = harmonised(tmp_path, text, columns=WITHOUT_UNIT, layout=layout)
    assert result.rows["original_unit"].tolist() == ["GWh"]
    assert values(result) == [("H3.5", "2024", "totaal", Decimal("2.5"))]
    assert sum(result.other_rows.values()) == text.count("\n") - 1
    assert result.cell_findings.empty


def test_two_notes_that_disagree_refuse_the_file_with_both(tmp_path: Path) -> None:
    text = "Eenheid: GWh;;;\nIndicator;Provincie;Jaar;Waarde\nH3.5;Drenthe;2024;2,5\nEenheid: MWh;;;\n"
    layout = {"title_rows": 1, "notes": "^Eenheid: (?P<unit>.+)$"}
    with pytest.raises(FileFault) as error:
        harmonised(tmp_path, text, columns=WITHOUT_UNIT, layout=layout)
    assert error.value.rule_id == "F-NOTES-DISAGREE"
    assert error.value.facts["found"] == "„GWh” (rij 1) en „MWh” (rij 4)"


def test_without_the_agreed_note_the_unit_is_unknown_and_nothing_is_guessed(tmp_path: Path) -> None:
    layout = {"notes": "^Eenheid: (?P<unit>.+)$"}
    result = harmonised(
        tmp_path, "Indicator;Provincie;Jaar;Waarde\nH3.5;Drenthe;2024;2,5\n", columns=WITHOUT_UNIT, layout=layout
    )
    assert [one[1] for one in found(result)] == ["H-UNIT-UNKNOWN"]


def test_categories_as_columns(tmp_path: Path) -> None:
    words = {"category": {"Grote daken": "dak", "Velden": "veld"}}
    spec = wide("^(?P<category>Totaal|Grote daken|Velden)$", constants={"period": "2024"}, vocabulary=words)
    result = harmonised(tmp_path, "Provincie;Totaal;Grote daken;Velden\nDrenthe;3;1;2\n", **spec)
    assert [row[2:] for row in values(result)] == [("totaal", Decimal(3)), ("dak", Decimal(1)), ("veld", Decimal(2))]


def test_three_header_rows_with_merged_cells_on_two_levels(tmp_path: Path) -> None:
    headers = ";Vermogen wind (MW);;;Productie wind (GWh);\n;dak;;veld;dak;veld\nProvincie;2023;2024*;2023;2023;2023\n"
    spec = {
        "layout": {
            "header_rows": 3,
            "values": r"^(?P<indicator>.+) \((?P<unit>.+)\) / (?P<category>.+) / (?P<period>\d{4}\*?)$",
        },
        "columns": {"Provincie": "region"},
        "vocabulary": LONG["vocabulary"] | {"category": {"dak": "dak", "veld": "veld"}},
    }
    result = harmonised(tmp_path, headers + "Drenthe;1;2;3;4;5\n", **spec)
    assert values(result) == [
        ("H3.4", "2023", "dak", Decimal(1)),
        ("H3.4", "2024", "dak", Decimal(2)),
        ("H3.4", "2023", "veld", Decimal(3)),
        ("H3.5", "2023", "dak", Decimal(4)),
        ("H3.5", "2023", "veld", Decimal(5)),
    ]


def test_a_header_that_moved_is_read_where_it_stands_with_a_remark(tmp_path: Path) -> None:
    for above, agreed, row in (("Titel;;;;\n;;;;\n", 0, 3), ("", 2, 1), ("Titel;;;;\n", 3, 2)):
        result = harmonised(tmp_path, above + HEADER + ROW * 1, layout={"title_rows": agreed})
        assert remarks(result) == {"F-HEADER-MOVED": {"row": row, "expected": agreed + 1}}
        assert values(result) == [("H3.4", "2024", "totaal", Decimal(1))]
        assert result.rows["source_row"].tolist() == [row + 1]


def test_a_header_found_twice_elsewhere_is_refused_with_both_places(tmp_path: Path) -> None:
    with pytest.raises(FileFault) as error:
        harmonised(tmp_path, "Titel;;;;\n" + (HEADER + ROW) * 2)
    assert error.value.rule_id == "F-HEADER-UNCLEAR"
    assert error.value.facts["found"] == "rij 2 en op rij 4"


@pytest.mark.parametrize(
    "header", ["Jaar¹", "JAAR", "  Jaar ", '"Ja\u00adar"', "Jaar*", "Jaar [1]", "Jaar 1)", "Jaar:", '"Jaar\n"', "Jáár"]
)
def test_what_means_nothing_in_a_header_changes_nothing(tmp_path: Path, header: str) -> None:
    result = harmonised(tmp_path, HEADER.replace("Jaar", header) + ROW)
    assert result.rows["period"].tolist() == ["2024"]
    is_as_agreed = header.strip(' "\n').casefold() == "jaar"
    assert list(remarks(result)) == ([] if is_as_agreed else ["F-HEADER-REPAIRED"])
    assert result.unmapped_columns == ()


def test_a_pattern_that_fits_anything_does_not_take_a_header_with_a_mark(tmp_path: Path) -> None:
    spec = wide("^(?P<category>.+)$", constants={"period": "2024"}, vocabulary={"category": {"Velden": "veld"}})
    result = harmonised(tmp_path, "Próvincie:;Velden\nDrenthe;3\n", **spec)
    assert values(result) == [("H3.4", "2024", "veld", Decimal(3))]


def test_the_agreed_header_goes_before_one_with_a_mark_and_two_with_marks_are_refused(tmp_path: Path) -> None:
    both = harmonised(tmp_path, HEADER.replace("\n", ";Jaar¹\n") + "H3.4;Drenthe;2024;1;MW;1999\n")
    assert (both.rows["period"].tolist(), both.unmapped_columns) == (["2024"], ("Jaar¹",))
    with pytest.raises(FileFault, match="F-COLUMN-TWICE"):
        harmonised(
            tmp_path, HEADER.replace("Jaar", "Jaar¹").replace("\n", ";Jaar²\n") + "H3.4;Drenthe;2024;1;MW;1999\n"
        )


def test_a_footnote_number_behind_a_year_is_no_part_of_it(tmp_path: Path) -> None:
    result = harmonised(tmp_path, "Provincie;2023;2024¹\nDrenthe;1;2\n", **wide(r"^(?P<period>\d{4})$"))
    assert result.rows["period"].tolist() == ["2023", "2024"]
    assert remarks(result)["F-HEADER-REPAIRED"] == {"value": "2024¹", "expected": "2024"}


def test_a_star_behind_a_year_means_a_status_and_is_never_dropped(tmp_path: Path) -> None:
    result = harmonised(tmp_path, "Provincie;2023;2024*\nDrenthe;1;2\n", **wide(r"^(?P<period>\d{4})$"))
    assert result.unmapped_columns == ("2024*",)


def test_two_columns_of_values_about_the_same_refuse_the_file(tmp_path: Path) -> None:
    with pytest.raises(FileFault) as error:
        harmonised(tmp_path, "Provincie;2024;2024\nDrenthe;1;2\n", **wide(r"^(?P<period>\d{4})$"))
    assert error.value.facts["headers"] == "2024 (kolom B), 2024 (kolom C)"


def test_a_column_that_is_lacking_is_named_with_the_header_that_looks_like_it(tmp_path: Path) -> None:
    with pytest.raises(FileFault) as error:
        harmonised(tmp_path, HEADER.replace("Eenheid", "Eenheden") + ROW)
    assert error.value.facts["missing"] == "Eenheid (lijkt op „Eenheden”)"


def test_an_agreed_category_column_that_is_absent_or_empty_never_means_total(tmp_path: Path) -> None:
    columns = LONG["columns"] | {"Soort": "category"}
    with pytest.raises(FileFault, match="F-COLUMNS-MISSING"):
        harmonised(tmp_path, HEADER + ROW, columns=columns)
    text = HEADER.replace("\n", ";Soort\n") + "H3.4;Drenthe;2024;1;MW;totaal\nH3.4;Drenthe;2023;1;MW;\n"
    assert harmonised(tmp_path, text, columns=columns).rows["category"].isna().tolist() == [False, True]


def test_an_optional_project_column_that_is_absent_is_remarked(tmp_path: Path) -> None:
    columns = {"nr": "project_id", "naam": "name", "soort": "technology", "fase": "phase", "MW": "capacity_mw"}
    spec = {"dataset": "projects", "columns": columns, "constants": {"region": "PV22"}, "vocabulary": {}, "marks": {}}
    result = harmonised(tmp_path, "nr;naam;soort;fase\n1;Veld;zon_veld;6\n", **spec)
    assert remarks(result) == {"F-COLUMN-ABSENT": {"value": "MW"}}


def test_the_exchange_s_own_columns_in_a_corrected_copy_are_ignored(tmp_path: Path) -> None:
    text = HEADER.replace("\n", ";kerndata_oordeel;kerndata_redenen\n") + ROW.replace("\n", ";overgenomen;\n")
    assert harmonised(tmp_path, text).unmapped_columns == ()


def test_letters_and_headers_say_where_each_column_stands(tmp_path: Path) -> None:
    long = harmonised(tmp_path, HEADER + ROW)
    place = (None, None)
    assert long.letters[place] == {
        "indicator_code": "A", "region_code": "B", "period": "C", "unit": "E", "value": "D"
    }  # fmt: skip
    assert long.headers[place]["C"] == "Jaar"
    wide_ = harmonised(tmp_path, "Provincie;2023;2024\nDrenthe;1;2\n", **wide(r"^(?P<period>\d{4})$"))
    assert wide_.letters[place] == {"region_code": "A"}
    assert wide_.rows["source_column"].tolist() == ["B", "C"]


def test_several_sheets_each_tell_what_they_are_about(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, value in (("2023", 1), ("2024", 2)):
        sheet = book.create_sheet(title)
        sheet.append(["Provincie", "Vermogen"])
        sheet.append(["Drenthe", value])
    book.save(tmp_path / "jaren.xlsx")
    spec = LONG | {
        "format": {"kind": "xlsx"},
        "layout": {"sheet_name": r"^(?P<period>\d{4})$"},
        "columns": {"Provincie": "region", "Vermogen": "value"},
        "constants": {"indicator": "H3.4", "unit": "MW"},
    }
    result = run(tmp_path / "jaren.xlsx", DeliverySpec.model_validate(spec))
    assert [row[1::2] for row in values(result)] == [("2023", Decimal(1)), ("2024", Decimal(2))]
    assert set(result.letters) == {(None, "2023"), (None, "2024")}


def test_a_fault_in_one_sheet_names_the_sheet(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["Provincie", "Waarde"])
    book.worksheets[0].append(["Drenthe", 1])
    book.save(tmp_path / "half.xlsx")
    with pytest.raises(FileFault) as error:
        run(tmp_path / "half.xlsx", DeliverySpec.model_validate(LONG | {"format": {"kind": "xlsx"}}))
    assert error.value.facts["sheet"] == "Sheet"
