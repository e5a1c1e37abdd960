"""A file of nonsense costs the exchange one receipt, not a worker."""

from pathlib import Path

from kerndata.model.submission import Status
from kerndata.quality.assess import assess
from kerndata.quality.findings import MOST_PER_RULE
from kerndata.sources.registry import load_source

ROWS = MOST_PER_RULE + 2_000
HEADER = "Provincie;Indicator;Periode;Waarde;Eenheid;Status"


def test_of_one_rule_so_many_findings_are_told_and_all_are_counted(tmp_path: Path) -> None:
    source, name = load_source("flevoland"), "sjabloon_indicators_csv"
    path = tmp_path / "sjabloon_indicators.csv"
    path.write_text("\n".join([HEADER, *["Flevoland;onzin;2024;1;MW;definitief"] * ROWS]) + "\n", encoding="utf-8")

    verdict = assess(
        path,
        source=source,
        spec=source.deliveries[name],
        submission_id="S-1",
        file_name=path.name,
        judge=False,
    ).verdict

    told = [one for one in verdict.findings if one.rule_id == "H-INDICATOR-UNKNOWN"]
    assert verdict.status is Status.REFUSED
    assert verdict.counts.refused == ROWS
    assert verdict.totals["H-INDICATOR-UNKNOWN"] == ROWS
    assert [one.row for one in told] == list(range(2, MOST_PER_RULE + 2))
