"""What the page shows, as plain values: everything a template asks for, nothing about languages or layout."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from kerndata.merge.overview import NOT_DELIVERED
from kerndata.publish.page.checks import Comparison, Scores, Together

REASONS = ("geheim", "onbekend", "niet_van_toepassing", NOT_DELIVERED)
FINAL = "definitief"


@dataclass(frozen=True, slots=True)
class Cell:
    """What one province has for one period: a value, or the reason why there is none."""

    value: Decimal | None
    status: str | None = None
    reason: str | None = None

    @property
    def is_provisional(self) -> bool:
        """True for a value that will be revised."""
        return self.value is not None and self.status != FINAL


NOTHING = Cell(None, reason=NOT_DELIVERED)


@dataclass(frozen=True, slots=True)
class Total:
    """The national value of one period; None when a province is missing, because a sum would then be no total."""

    value: Decimal | None
    status: str | None

    @property
    def is_provisional(self) -> bool:
        """True for a value that will be revised."""
        return self.value is not None and self.status != FINAL


@dataclass(frozen=True)
class Series:
    """One indicator over ``periods`` (in order): cells per period and province code, totals per period.

    Only the category ``totaal`` of the provinces is here; ``other_categories`` and ``other_periods`` count what is in
    the data files besides.
    """

    code: str
    theme: str
    name_nl: str
    name_en: str
    unit: str
    is_summed: bool
    periods: Sequence[str]
    cells: Mapping[str, Mapping[str, Cell]]
    totals: Mapping[str, Total]
    other_categories: int
    other_periods: int

    @cached_property
    def latest(self) -> str | None:
        """The last period in which any province has a value."""
        known = [period for period in self.periods if self.with_value(period)]
        return known[-1] if known else None

    def cell(self, period: str, province: str) -> Cell:
        """What a province has; not delivered when it has no row."""
        return self.cells.get(period, {}).get(province, NOTHING)

    def before(self, period: str) -> str | None:
        """The period of the same kind a year earlier, if it is shown."""
        earlier = f"{int(period[:4]) - 1}{period[4:]}"
        return earlier if earlier in self.periods else None

    def values(self, period: str) -> Mapping[str, Decimal]:
        """Value per province that has one."""
        found = self.cells.get(period, {})
        return {code: cell.value for code, cell in found.items() if cell.value is not None}

    def with_value(self, period: str) -> int:
        """Count the provinces that have a value."""
        return len(self.values(period))

    def gaps(self, period: str, provinces: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Reason → provinces without a value; the known reasons first, in their fixed order."""
        found: dict[str, list[str]] = {reason: [] for reason in REASONS}
        for code in provinces:
            cell = self.cell(period, code)
            if cell.value is None:
                found.setdefault(cell.reason or "onbekend", []).append(code)
        return {reason: codes for reason, codes in found.items() if codes}

    def is_provisional(self, period: str) -> bool:
        """True when the total, or without totals any province's value, will be revised."""
        if period in self.totals:
            return self.totals[period].is_provisional
        return any(cell.is_provisional for cell in self.cells.get(period, {}).values())


@dataclass(frozen=True, slots=True)
class Delivered:
    """How much one province has of everything that any province has."""

    province: str
    with_value: int
    missing: Mapping[str, int]
    projects: int

    @property
    def share(self) -> Decimal | None:
        """Share of the indicator values that are there; None when no province has any."""
        expected = self.with_value + sum(self.missing.values())
        return Decimal(self.with_value) / expected if expected else None


@dataclass(frozen=True, slots=True)
class Group:
    """Projects taken together; ``without_capacity`` of them do not say theirs."""

    projects: int
    capacity_mw: Decimal | None
    without_capacity: int


@dataclass(frozen=True, slots=True)
class Projects:
    """All projects: per technology and phase (as the data spell them), per province, and together."""

    by_phase: Mapping[tuple[str, int | None], Group]
    by_province: Mapping[str, Group]
    total: Group


@dataclass(frozen=True, slots=True)
class Change:
    """One value that changed since the previous release; texts are as the data files hold them.

    ``what`` is an indicator's code or a project's id, ``part`` the period or the project's column. ``reason``: why the
    exchange set it right, when it did.
    """

    dataset: str
    province: str
    what: str
    part: str
    change: str
    cause: str
    old: str | None
    new: str | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """How many values changed, per (dataset, change, cause), and the changed values that matter most."""

    counts: Mapping[tuple[str, str, str], int]
    largest: Sequence[Change]

    @property
    def total(self) -> int:
        """Number of changed values."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything of one release that its page shows."""

    series: Sequence[Series]
    delivered: Sequence[Delivered]
    projects: Projects
    changes: Changes
    values: int
    flagged: Mapping[str, int]
    scores: Sequence[Scores]
    comparison: Comparison
    together: Sequence[Together] = ()
