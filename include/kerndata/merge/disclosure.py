"""Which cells must stay out of a release so that none that is protected can be worked out.

Pure: values, protected cells and equations in, hidden cells out. A reader knows every cell that is not hidden, every
equation (a total is the sum of its parts), that no value is negative, and the release before. A protected cell is safe
when the equations do not determine it (exact rank over fractions) and leave it a wide enough interval (HiGHS).
What is hidden besides the protected cells is chosen one at a time, the smallest value first, totals last: the same
input gives the same choice.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from kerndata.errors import NotChecked


class Cell(NamedTuple):
    """One published number of one indicator and period; region NL01 is the national total."""

    region_code: str
    category: str


@dataclass(frozen=True, slots=True)
class Equation:
    """``whole`` is the sum of ``parts``.

    ``is_old``: told by the release before, which nobody can take back; it holds only the cells that were hidden there
    (``whole`` None when it was not), because the others are known.
    """

    whole: Cell | None
    parts: tuple[Cell, ...]
    is_old: bool = False

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All cells in it."""
        return (*self.parts, self.whole) if self.whole else self.parts

    def sign(self, cell: Cell) -> int:
        """Return the coefficient of a cell."""
        return (cell in self.parts) - (cell == self.whole)


@dataclass(frozen=True, slots=True)
class Problem:
    """One indicator and period.

    ``values`` are the true ones, None where we do not know it either (a province keeps it secret). ``public`` cells
    stand in the release before with the same value: hiding them hides nothing. ``former`` cells were hidden there and
    may have had another value then, which must not come out either. ``width_pct`` is how wide the interval of a
    protected cell must be, in percent of its value.
    """

    values: Mapping[Cell, Decimal | None]
    protected: frozenset[Cell]
    equations: tuple[Equation, ...]
    public: frozenset[Cell] = frozenset()
    former: frozenset[Cell] = frozenset()
    width_pct: Decimal = Decimal(0)
    national: str = field(default="NL01")


def hide(problem: Problem) -> frozenset[Cell]:
    """Return all cells to keep out of the release: the protected ones and what must go with them.

    Raises NotChecked when a protected cell can be worked out whatever is hidden.
    """
    unknown = {cell for cell, value in problem.values.items() if value is None}
    hidden = set(problem.protected | unknown)
    # One after the other: what is safe stays safe when more is hidden, because the reader then knows less.
    for cell in sorted(problem.protected):
        while is_determined(cell, problem.equations, hidden) or _is_narrow(problem, cell, hidden):
            hidden.add(_cheapest(problem, cell, problem.equations, hidden))
    for cell in sorted(problem.former):
        before = Cell(f"{cell.region_code}{_BEFORE}", cell.category)
        apart = [_with_its_former_value(one, cell, before) for one in problem.equations]
        while is_determined(before, apart, hidden | {before}):
            hidden.add(_cheapest(problem, before, apart, hidden))
    return frozenset(hidden)


def is_determined(cell: Cell, equations: Sequence[Equation], hidden: Set[Cell]) -> bool:
    """Say whether the equations alone fix a hidden cell: its unit vector lies in the space of their rows."""
    columns = sorted(hidden)
    rows = [[Fraction(one.sign(other)) for other in columns] for one in equations]
    target = [Fraction(other == cell) for other in columns]
    return _rank([*rows, target]) == _rank(rows)


def _with_its_former_value(equation: Equation, cell: Cell, before: Cell) -> Equation:
    """Say of an equation of the release before that it speaks of a cell's value of then: a number of its own."""
    if not equation.is_old or cell not in equation.cells:
        return equation
    parts = tuple(before if one == cell else one for one in equation.parts)
    return Equation(before if equation.whole == cell else equation.whole, parts, is_old=True)


def _cheapest(problem: Problem, exposed: Cell, equations: Sequence[Equation], hidden: Set[Cell]) -> Cell:
    """Choose the next cell to hide: in an equation of the exposed one, else in one that is tied to it."""
    for around in ({exposed}, _component(equations, exposed, hidden)):
        touched = [one for one in equations if around & set(one.cells)]
        free = {cell for one in touched for cell in one.cells} - hidden - problem.public - {exposed}
        if free:
            return min(free, key=lambda cell: _cost(problem, cell))
    raise NotChecked(
        f"{exposed.category} of {exposed.region_code} can be worked out from the release before and what was published "
        "with it, whatever is kept back now. Nothing was published; the last release stands. Decide with the province: "
        "publish the value, or withdraw that release."
    )


def _cost(problem: Problem, cell: Cell) -> tuple[bool, bool, Decimal, Cell]:
    value = problem.values.get(cell) or Decimal(0)
    return cell.region_code == problem.national, value == 0, value, cell


def _component(equations: Sequence[Equation], start: Cell, hidden: Set[Cell]) -> set[Cell]:
    """Return a cell and the hidden cells that equations tie to it."""
    found = {start}
    while True:
        more = {cell for one in equations if found & set(one.cells) for cell in one.cells if cell in hidden} - found
        if not more:
            return found
        found |= more


def _is_narrow(problem: Problem, cell: Cell, hidden: Set[Cell]) -> bool:
    """Say whether non-negative values that fit this release leave a cell too little room.

    What the release before told is left out: values may have changed since.
    """
    columns = sorted(_component(problem.equations, cell, hidden))
    rows = [one for one in problem.equations if not one.is_old and set(one.cells) & set(columns)]
    sums = [_sum_of_hidden(problem, one, hidden) for one in rows]
    scale = max((abs(one) for one in sums), default=Decimal(0)) or Decimal(1)
    ends = _interval(columns, cell, rows, [float(one / scale) for one in sums])
    if ends is None:
        return False
    low, high = (end * float(scale) for end in ends)
    value = problem.values[cell]
    wanted = (high if value is None else float(value)) * float(problem.width_pct) / 100
    return high - low <= max(wanted, float(scale) * _TINY)


def _interval(
    columns: Sequence[Cell], cell: Cell, rows: Sequence[Equation], sums: Sequence[float]
) -> tuple[float, float] | None:
    """Return the lowest and highest value of a cell; None when nothing bounds it, or no values fit at all."""
    if not rows:
        return None
    signs = [[one.sign(other) for other in columns] for one in rows]
    if len(signs) == 1 and min(signs[0]) == max(signs[0]):  # one sum over them all: any may take it whole
        return (0.0 if len(columns) > 1 else abs(sums[0])), abs(sums[0])
    from scipy.optimize import linprog  # here: it loads for a second, and most releases need it not

    ends = []
    for direction in (1, -1):
        aim = [direction * (other == cell) for other in columns]
        solved = linprog(aim, A_eq=signs, b_eq=sums, method="highs")
        if solved.status != _SOLVED:
            return None
        ends.append(direction * float(solved.fun))
    return ends[0], ends[1]


def _sum_of_hidden(problem: Problem, equation: Equation, hidden: Set[Cell]) -> Decimal:
    known = [equation.sign(cell) * (problem.values[cell] or 0) for cell in equation.cells if cell not in hidden]
    return Decimal(-sum(known, Decimal(0)))


_SOLVED, _TINY, _BEFORE = 0, 1e-9, " before"


def _rank(rows: Sequence[Sequence[Fraction]]) -> int:
    left, rank = [list(row) for row in rows], 0
    for column in range(len(left[0]) if left else 0):
        place = next((place for place in range(rank, len(left)) if left[place][column]), None)
        if place is None:
            continue
        pivot = left.pop(place)
        left.insert(rank, pivot)
        for row in left[rank + 1 :]:
            factor = row[column] / pivot[column]
            if factor:
                row[:] = [one - factor * other for one, other in zip(row, pivot, strict=True)]
        rank += 1
    return rank
