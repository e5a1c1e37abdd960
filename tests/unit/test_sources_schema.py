"""The source schema: what a YAML may say, and what the error says when it says something else."""

import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

from kerndata.contracts.contract import load_contract
from kerndata.errors import ConfigurationError
from kerndata.sources import schema
from kerndata.sources.registry import Source, load_file

ROOT: dict[str, Any] = {"province": "PV27", "contact": {"team": "Datateam", "mail": "data@noord-holland.example"}}
WIND: dict[str, Any] = {
    "dataset": "indicators",
    "via": {"bucket": "indicators/wind_*.csv"},
    "format": {"kind": "csv"},
    "columns": {"Provincie": "region", "Jaar": "period", "Waarde": "value"},
    "constants": {"indicator": "H3.4", "unit": "MW"},
}


def loaded(tmp_path: Path, name: str = "noord_holland", **deliveries: Any) -> Source:
    path = tmp_path / f"{name}.yaml"
    path.write_text(yaml.safe_dump(ROOT | {"deliveries": deliveries}), encoding="utf-8")
    return load_file(path)


def refused(tmp_path: Path, **changes: Any) -> str:
    with pytest.raises(ConfigurationError) as error:
        loaded(tmp_path, wind=WIND | changes)
    assert "sources/noord_holland.yaml" in str(error.value)
    return str(error.value)


def test_the_example_in_the_docstring_is_valid() -> None:
    example = textwrap.dedent((schema.__doc__ or "").split("::\n", 1)[1].split("\nTargets", 1)[0])
    assert schema.SourceSpec.model_validate(yaml.safe_load(example)).deliveries["wind"].captured


def test_an_unknown_key_names_the_nearest_right_one(tmp_path: Path) -> None:
    message = refused(tmp_path, layout={"title_row": 1})
    assert "unknown key 'title_row'; did you mean 'title_rows'?" in message
    assert "deliveries.wind.layout" in message


def test_a_column_from_two_origins_is_refused(tmp_path: Path) -> None:
    assert "period: given by more than one" in refused(tmp_path, constants=WIND["constants"] | {"period": "2024"})


def test_a_needed_column_from_nowhere_is_refused(tmp_path: Path) -> None:
    assert "indicator: not given" in refused(tmp_path, constants={"unit": "MW"})
    assert "unit: give it" in refused(tmp_path, constants={"indicator": "H3.4"})


def test_a_column_of_the_other_dataset_is_refused(tmp_path: Path) -> None:
    assert "does not have" in refused(tmp_path, columns=WIND["columns"] | {"Gemeente": "municipality_name"})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"layout": {"values": "(?P<jaar>.*)"}}, "unknown group 'jaar'"),
        ({"layout": {"values": "(?P<period>"}}, "not a regular expression"),
        ({"numbers": {"decimal": ",", "thousands": ","}}, "must differ"),
        ({"format": {"kind": "csv", "encoding": "windows-1525"}}, "unknown encoding"),
        ({"format": {"kind": "dbf"}}, "format"),
        ({"via": {"bucket": "/indicators/*.csv"}}, "bucket"),
        ({"via": {"connection": "api", "path": "//elsewhere.example/x", "cron": "0 6 * * *"}}, "path"),
    ],
)
def test_what_cannot_be_right_is_refused_with_the_reason(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    assert said in refused(tmp_path, **changes)


def test_a_key_given_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "noord_holland.yaml"
    path.write_text("province: PV27\nprovince: PV28\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="given twice"):
        load_file(path)


def test_a_yaml_under_another_province_s_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"belongs in sources/noord_holland\.yaml"):
        loaded(tmp_path, "zeeland", wind=WIND)


def test_a_key_in_the_inbox_finds_its_delivery(tmp_path: Path) -> None:
    source = loaded(tmp_path, wind=WIND, solar=WIND | {"via": {"bucket": "indicators/zon.csv"}})
    assert source.match("drop/indicators/wind_2024.csv") == source.deliveries["wind"]
    assert source.delivery_name("drop/indicators/zon.csv") == "solar"
    assert source.match("drop/indicators/old/wind_2024.csv") is None
    assert source.match("drop/indicators/zonXcsv") is None


def test_two_patterns_for_one_key_are_a_configuration_error(tmp_path: Path) -> None:
    source = loaded(tmp_path, wind=WIND, again=WIND | {"via": {"bucket": "indicators/*.csv"}})
    with pytest.raises(ConfigurationError, match="narrower"):
        source.match("drop/indicators/wind_2024.csv")


def test_the_narrowest_threshold_holds(tmp_path: Path) -> None:
    loose = WIND | {"via": {"bucket": "indicators/loose_*.csv"}, "refuse_threshold_pct": 0}
    source = loaded(tmp_path, wind=WIND, loose=loose)
    assert source.threshold_pct("wind", 10) == 10
    assert source.threshold_pct("loose", 10) == 0


def test_everything_that_is_wrong_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "noord_holland.yaml"
    path.write_text(
        textwrap.dedent("""\
            province: PV27
            contact: {team: Datateam, mail: data@noord-holland.example, fone: 1}
            delivery: 3
            deliveries:
              wind:
                dataset: indicators
                via: {bucket: "indicators/*.csv"}
                format: {kind: csv, delimeter: ";"}
                layout: {title_row: 1}
                columns: {Jaar: periode, Waarde: value}
                vocabulary: {status: {a: voorlopigg}}
            """),
        encoding="utf-8",
    )
    with pytest.raises(ConfigurationError) as error:
        load_file(path)
    assert str(error.value).splitlines() == [
        "sources/noord_holland.yaml: 6 problems",
        "  line 2, contact.fone: unknown key 'fone'; known keys: team, mail, receipts_by_mail",
        "  line 3, delivery: unknown key 'delivery'; did you mean 'deliveries'?",
        "  line 8, deliveries.wind.format.delimeter: unknown key 'delimeter'; did you mean 'delimiter'?",
        "  line 9, deliveries.wind.layout.title_row: unknown key 'title_row'; did you mean 'title_rows'?",
        "  line 10, deliveries.wind.columns.Jaar: 'periode' is not known here; did you mean 'period'?",
        "  line 11, deliveries.wind.vocabulary.status.a: 'voorlopigg' is not known here; did you mean 'voorlopig'?",
    ]


FROM_A_COLUMN = {"columns": WIND["columns"] | {"Onderwerp": "indicator"}, "constants": {"unit": "MW"}}
FROM_HEADERS = {"columns": {"Provincie": "region", "Jaar": "period"}, "constants": {"unit": "MW"}}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (FROM_A_COLUMN | {"vocabulary": {"indicator": {"Wind": "H3.44"}}}, "did you mean 'H3.4'?"),
        (FROM_A_COLUMN | {"vocabulary": {"indicator": {"H3.3": "H3.4"}}}, "itself a code"),
        (FROM_A_COLUMN | {"vocabulary": {"indicator": {"Wind op": "H3.3", "wind  op": "H3.4"}}}, "given 2 times"),
        ({"constants": {"indicator": "H3.4", "unit": "MW", "status": "vast"}}, "'vast' is not in the statuses"),
        ({"columns": WIND["columns"] | {"jaar ": "period"}}, "'jaar' is given 2 times"),
        ({"ignored_columns": ["JAAR"]}, "'jaar' is given 2 times"),
        ({"marks": {"status": {"*": "voorlopig"}, "missing": {"*": "geheim"}}}, "'*' is given 2 times"),
        ({"via": {"bucket": "drop/indicators/*.csv"}}, "can never match"),
        ({"via": {"bucket": "projects/*.csv"}}, "below drop/indicators/"),
        ({"expected_periods": ["2024", "2024-Q3"]}, "2024-Q3: not the periods of a delivery that is yearly"),
        ({"expected_periods": ["2024", "2024"]}, "given twice"),
        ({"layout": {"sheet_name": "(?P<category>dak)"}}, "a csv file has no sheets"),
        ({"layout": {"footers": ["^Bron|"]}}, "matches every row"),
        ({"layout": {"footers": ["x^Bron"]}}, "can never match"),
        (FROM_HEADERS | {"layout": {"values": "^(?P<indicator>.+)$ MW"}}, "can never match"),
        (FROM_HEADERS | {"layout": {"values": "^(?P<indicator>(\\w+ ?)+)$"}}, "repeats a repeat"),
    ],
)
def test_what_the_code_lists_and_the_file_itself_contradict_is_refused(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    assert said in refused(tmp_path, **changes)


def test_a_region_of_another_province_is_refused(tmp_path: Path) -> None:
    columns = {"Jaar": "period", "Waarde": "value"}
    assert "is not Noord-Holland" in refused(
        tmp_path, columns=columns, constants=WIND["constants"] | {"region": "Zeeland"}
    )


def test_two_deliveries_of_one_pattern_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="also the pattern of"):
        loaded(tmp_path, wind=WIND, again=WIND)


def test_the_technologies_are_those_of_the_contract() -> None:
    rule = load_contract("projects").rule("P-TECHNOLOGY")
    assert set(schema.Technology.__args__) == set(rule.arguments["value_set"])  # type: ignore[attr-defined]
