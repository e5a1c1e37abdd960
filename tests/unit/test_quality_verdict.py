"""What is kept, what is refused, and when the whole file goes back."""

import pytest
from tests.unit.quality_rows import figure, harmonised, project

from kerndata.contracts.contract import load_contract
from kerndata.errors import FileFault, NotChecked
from kerndata.model.submission import Status
from kerndata.quality.check import check, require_shape
from kerndata.quality.verdict import Verdict, refuse_whole

INDICATORS = load_contract("indicators")
GOOD = [figure(period=str(year)) for year in range(2000, 2019)]


def _check(*rows: dict[str, object], **given: object) -> Verdict:
    return check(INDICATORS, harmonised(*rows, **given), judge=False)  # type: ignore[arg-type]


def test_good_rows_are_kept_and_bad_ones_returned_with_their_reasons() -> None:
    verdict = _check(*GOOD, figure(value="-1", value_status="klaar"))
    assert verdict.status is Status.PARTLY_ACCEPTED
    assert verdict.refused["reasons"].tolist() == ["I-BOUNDS;I-STATUS"]
    assert verdict.refused["observation"].tolist() == [19]
    assert list(verdict.accepted.columns) == list(INDICATORS.column_names)


def test_observed_is_accepted_and_refused_and_other_rows_stand_apart() -> None:
    counts = _check(*GOOD, figure(value="-1")).counts
    assert (counts.observed, counts.accepted, counts.refused, counts.other_rows) == (20, 19, 1, 1)


def test_a_file_with_more_refused_than_the_limit_goes_back_whole() -> None:
    verdict = _check(*GOOD[:8], figure(value="-1"))
    assert verdict.status is Status.REFUSED
    assert verdict.accepted.empty
    assert verdict.findings[0].rule_id == "F-TOO-MANY-REFUSED"
    assert "11,1 %" in verdict.findings[0].message_nl
    assert set(verdict.refused["reasons"]) == {"I-BOUNDS", "F-TOO-MANY-REFUSED"}


def test_exactly_the_limit_is_still_kept() -> None:
    assert _check(*GOOD[:9], figure(value="-1")).status is Status.PARTLY_ACCEPTED


def test_a_file_pasted_twice_is_kept_once() -> None:
    verdict = _check(*GOOD, *GOOD)
    assert verdict.status is Status.PARTLY_ACCEPTED
    assert (verdict.counts.accepted, verdict.counts.refused) == (19, 19)
    assert "staat al op blad Wind, cel F2" in verdict.findings[0].message_nl


def test_a_warning_keeps_the_row_and_flags_it_beside_the_flags_it_had() -> None:
    verdict = _check(figure(indicator_code="E1.1", value="1", quality_flags="A-EARLIER"), figure())
    assert verdict.status is Status.ACCEPTED
    assert verdict.accepted["quality_flags"].tolist() == ["A-EARLIER;I-BOUNDS-ADVISORY", ""]
    assert verdict.counts.flagged == 1
    assert verdict.scores["plausibility"] == 0.5
    assert verdict.scores["validity"] == 1.0


def test_a_conflict_names_the_other_place_and_its_value() -> None:
    rows = harmonised(*GOOD, figure(period="2000", value="1"))
    finding = check(INDICATORS, rows, judge=False, threshold_pct=50).findings[0]
    assert finding.rule_id == "I-KEY-CONFLICT"
    assert "die op blad Wind, cel F21 (1)" in finding.message_nl


def test_a_column_nobody_mapped_is_reported_and_refuses_nothing() -> None:
    verdict = _check(figure(), unmapped=("Opmerking",))
    assert verdict.status is Status.ACCEPTED
    assert "De kolom „Opmerking”" in verdict.findings[0].message_nl


def test_a_file_without_observations_is_refused() -> None:
    with pytest.raises(FileFault, match="F-HEADER-ONLY"):
        _check()
    assert refuse_whole(FileFault("F-HEADER-ONLY")).status is Status.REFUSED


def test_a_column_is_called_what_the_steward_calls_it() -> None:
    rows = harmonised(project(source_column=None, capacity_mw="-3"), dataset="projects")
    finding = check(load_contract("projects"), rows, judge=False).findings[-1]
    assert (finding.column, finding.header) == (None, "vermogen (MW)")
    assert finding.row == 2


@pytest.mark.parametrize("column", ["submission_id", "source_file", "source_row", "quality_flags"])
def test_a_row_without_its_origin_is_our_fault_and_not_checked(column: str) -> None:
    with pytest.raises(NotChecked, match=column):
        require_shape(INDICATORS, harmonised(figure(**{column: None})).rows)


def test_a_column_of_another_type_is_our_fault_and_not_checked() -> None:
    rows = harmonised(figure()).rows
    with pytest.raises(NotChecked, match="value is float64"):
        require_shape(INDICATORS, rows.assign(value=rows["value"].astype("float64")))
