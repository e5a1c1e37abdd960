"""Findings become totals per rule, with five samples; the verdict counts more than it words."""

from kerndata.ledger.findings import FindingTotal, totals
from kerndata.model.finding import Finding, Severity


def finding(rule_id: str, row: int, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(rule_id, severity, None, "Blad1", row, "B", f"waarde {row}", "bericht", "message")


def test_findings_are_added_up_per_rule_in_order_of_appearance() -> None:
    found = [finding("R-2", 1), finding("R-1", 2, Severity.WARNING), *(finding("R-2", row) for row in range(3, 10))]

    first, second = totals(found, {"R-2": 8, "R-1": 12_000})

    assert (first.rule_id, first.severity, first.count) == ("R-2", Severity.ERROR, 8)
    assert [sample["row"] for sample in first.samples] == [1, 3, 4, 5, 6]
    assert second == FindingTotal(
        "R-1",
        Severity.WARNING,
        12_000,
        ({"member": None, "sheet": "Blad1", "row": 2, "column": "B", "value": "waarde 2"},),
    )


def test_nothing_found_is_no_total() -> None:
    assert totals([], {}) == ()
