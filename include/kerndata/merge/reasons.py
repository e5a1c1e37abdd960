"""Why a person should look at a candidate before it is published: the thresholds that its changes pass.

Works on the tallies and the table ``judged`` of ``kerndata.merge.classify``.
"""

from collections.abc import Iterable, Iterator, Sequence

from kerndata.merge.classification import Reason, Tally
from kerndata.merge.engine import Connection
from kerndata.merge.reconcile import Agreement, Reconciliation
from kerndata.merge.thresholds import Share, Thresholds
from kerndata.model.finding import Severity
from kerndata.model.release import Remark

_BEYOND, _VANISHED = "revised beyond the band", "vanished"


def spread(tallies: Sequence[Tally], thresholds: Thresholds) -> list[Reason]:
    """Say where too much moved or vanished: per province and dataset, then altogether."""
    reasons = [reason for one in tallies for reason in _in_a_province(one, thresholds)]
    for what, count, most in (
        (_BEYOND, sum(one.beyond for one in tallies), thresholds.beyond_band_altogether),
        (_VANISHED, sum(one.vanished for one in tallies), thresholds.vanished_altogether),
    ):
        if count >= most:
            reasons.append(Reason(what, "NL01", f"{count} altogether", str(most)))
    return reasons


def _in_a_province(one: Tally, thresholds: Thresholds) -> Iterator[Reason]:
    if thresholds.province_gone and one.had and not one.has:
        yield Reason("a province fell out", one.province, f"all {one.had} {one.dataset} are gone", "none may")
        return
    for what, count, share in (
        (_BEYOND, one.beyond, thresholds.beyond_band),
        (_VANISHED, one.vanished, thresholds.vanished),
    ):
        if _is_much(count, one.had, share):
            seen = f"{count} of {one.had} {one.dataset} ({100 * count / one.had:.0f} %)"
            yield Reason(what, one.province, seen, f"{share.share_pct:g} % and {share.at_least}")


def _is_much(count: int, had: int, share: Share) -> bool:
    return had > 0 and count >= share.at_least and 100 * count >= share.share_pct * had


def extremes(connection: Connection, thresholds: Thresholds) -> list[Reason]:
    """Say where a figure became many times larger or smaller: a unit or a digit, more often than news."""
    query = "SELECT province_code, count(*), round(max(factor)) FROM judged WHERE factor >= $most GROUP BY 1 ORDER BY 1"
    found = connection.execute(query, {"most": thresholds.extreme_factor}).fetchall()
    return [
        Reason(
            "a figure of another size",
            province,
            f"{count}, at most {factor:.0f} times larger or smaller",
            f"{thresholds.extreme_factor:g} times",
        )
        for province, count, factor in found
    ]


def unreconciled(connection: Connection, found: Iterable[Reconciliation], thresholds: Thresholds) -> list[Reason]:
    """Say what no longer agrees with its reference; what differed already and did not change now is old news."""
    query = "SELECT DISTINCT indicator_code, period, category FROM judged WHERE dataset = 'indicators'"
    touched = set(connection.execute(query).fetchall())
    return [
        Reason(
            f"{one.reference.indicator_code} {one.reference.period} differs from its reference",
            "NL01",
            f"{one.national:f}, that is {one.difference:+f}",
            f"{one.reference.tolerance:f}",
        )
        for one in found
        if thresholds.reconciliation
        and one.agreement is Agreement.DIFFERS
        and (one.reference.indicator_code, one.reference.period, one.reference.category) in touched
    ]


def impossible(remarks: Iterable[Remark]) -> list[Reason]:
    """Say which rules on the whole dataset find what cannot be (kerndata.quality.set_checks)."""
    return [
        Reason(one.rule_id, "NL01", one.message_en, "none may") for one in remarks if one.severity is Severity.ERROR
    ]
