"""Disclosure control: whoever solves the equations of one release or of two finds no protected cell."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerndata.errors import NotChecked
from kerndata.merge.disclosure import Cell, Equation, Problem, hide
from kerndata.merge.protect import Row, Settings, problem_of

REGIONS = ("PV20", "PV21", "PV22", "PV23")
RULES = Settings.model_validate(
    {"minimumUnits": 3, "dominancePct": 80, "widthPct": 10, "wholes": [["totaal", "klein", "groot"]]}
)
Values = Mapping[Cell, Decimal]


def cell(region: str, category: str = "totaal") -> Cell:
    return Cell(region, category)


def total(*regions: str) -> Equation:
    return Equation(cell("NL01"), tuple(cell(one) for one in regions or REGIONS))


def problem(values: Sequence[int], protected: Sequence[str], **other: object) -> Problem:
    told = {cell(one): Decimal(value) for one, value in zip(REGIONS, values, strict=True)}
    told[cell("NL01")] = sum(told.values(), Decimal(0))
    facts = {"equations": (total(),), **other}
    return Problem(values=told, protected=frozenset(cell(one) for one in protected), **facts)  # type: ignore[arg-type]


def names(hidden: frozenset[Cell]) -> list[str]:
    return sorted(one.region_code for one in hidden)


def test_one_protected_province_takes_the_smallest_other_with_it_and_leaves_the_total() -> None:
    assert names(hide(problem([50, 7, 30, 40], ["PV20"]))) == ["PV20", "PV21"]


def test_two_protected_provinces_hide_each_other() -> None:
    assert names(hide(problem([50, 7, 30, 40], ["PV20", "PV23"]))) == ["PV20", "PV23"]


def test_what_hides_must_leave_room() -> None:
    """Beside 1,000 a neighbour of 3 tells the reader 1,000 within 3 at the top; but the bottom is open."""
    assert names(hide(problem([1000, 3, 5, 2], ["PV20"]))) == ["PV20", "PV23"]
    assert names(hide(problem([1, 0, 0, 500], ["PV20"]))) == ["PV20", "PV23"]


def test_a_zero_is_no_cover() -> None:
    assert names(hide(problem([5, 0, 0, 9], ["PV20"]))) == ["PV20", "PV23"]


def test_what_the_release_before_told_is_no_cover() -> None:
    public = frozenset({cell("PV21"), cell("PV22")})

    assert names(hide(problem([50, 7, 30, 40], ["PV20"], public=public))) == ["PV20", "PV23"]


def test_the_total_goes_when_every_other_cell_is_known_already() -> None:
    public = frozenset(cell(one) for one in REGIONS[1:])

    assert names(hide(problem([50, 7, 30, 40], ["PV20"], public=public))) == ["NL01", "PV20"]


def test_what_cannot_be_protected_stops_the_release() -> None:
    public = frozenset({*(cell(one) for one in REGIONS[1:]), cell("NL01")})

    with pytest.raises(NotChecked, match=r"totaal of PV20 can be worked out.*the last release stands"):
        hide(problem([50, 7, 30, 40], ["PV20"], public=public))


def test_the_same_pattern_again_hides_the_same_cells() -> None:
    first = hide(problem([50, 7, 30, 40], ["PV20"]))
    public = frozenset({*(cell(one) for one in (*REGIONS, "NL01"))} - first)
    old = Equation(None, (cell("PV20"), cell("PV21")), is_old=True)

    assert hide(problem([50, 7, 30, 40], ["PV20"], public=public, equations=(total(), old))) == first


def test_a_neighbour_that_hid_it_before_may_not_come_out() -> None:
    """The release before told PV20 + PV21; PV22 would be the cheaper cover now."""
    old = Equation(None, (cell("PV20"), cell("PV21")), is_old=True)

    assert "PV21" in names(hide(problem([50, 70, 3, 40], ["PV20"], equations=(total(), old))))


def test_a_value_of_before_may_not_come_out_when_its_province_has_delivered_another() -> None:
    """PV20 is large enough now and comes out; PV21 must stay in, also against the total of now."""
    old = Equation(None, (cell("PV20"), cell("PV21")), is_old=True)
    former = frozenset({cell("PV20")})

    assert names(hide(problem([50, 70, 3, 40], [], equations=(total(), old), former=former))) == ["PV21", "PV22"]


@st.composite
def two_releases(draw: st.DrawFn) -> tuple[list[Row], list[Row], dict[str, Decimal]]:
    """Rows of a first release, and of a second after it: new values, new secrets, new primaries."""
    categories = draw(st.sampled_from([("totaal",), ("totaal", "klein", "groot")]))
    before, after = (draw(_values(categories)) for _ in range(2))
    same = set(before) - draw(st.sets(st.sampled_from(sorted(before)), max_size=3))
    after = {one: before[one] if one in same else value for one, value in after.items()}
    if len(categories) == 3:  # the whole stays the sum of its parts
        after |= {cell(one): after[cell(one, "klein")] + after[cell(one, "groot")] for one in REGIONS}
        same -= {cell(one) for one in REGIONS if before[cell(one)] != after[cell(one)]}
    return _rows(draw, before, None), _rows(draw, after, same), dict(before)


def _values(categories: Sequence[str]) -> st.SearchStrategy[dict[Cell, Decimal]]:
    number = st.integers(0, 60).map(Decimal)
    cells = [cell(region, category) for region in REGIONS for category in categories]

    def whole(found: dict[Cell, Decimal]) -> dict[Cell, Decimal]:
        if len(categories) == 1:
            return found
        return found | {cell(one): found[cell(one, "klein")] + found[cell(one, "groot")] for one in REGIONS}

    return st.fixed_dictionaries(dict.fromkeys(cells, number)).map(whole)


def _rows(draw: st.DrawFn, values: Values, same: set[Cell] | None) -> list[Row]:
    facts = draw(st.lists(st.sampled_from("pppoooooos"), min_size=len(values), max_size=len(values)))
    return [
        Row(
            cell=one,
            value=None if fact == "s" else value,
            is_there=True,
            is_secret=fact == "s",
            is_primary=fact == "p" and value > 0,
            old_value=None,
            was_there=False,
            was_hidden=False,
            was_secret=False,
            is_same=same is not None and one in same,
        )
        for (one, value), fact in zip(sorted(values.items()), facts, strict=True)
    ]


def after_it(rows: list[Row], first: list[Row], hidden: frozenset[Cell]) -> list[Row]:
    """The rows of a second release, with what the first one told of each."""
    was = {one.cell: one for one in first}
    return [
        replace(
            one,
            old_value=None if one.cell in hidden else was[one.cell].value,
            was_there=True,
            was_hidden=one.cell in hidden and was[one.cell].value is not None,
            was_secret=one.cell in hidden,
            is_same=one.is_same and (was[one.cell].value is None) == (one.value is None),
        )
        for one in rows
    ]


def told_totals(made: Problem, hidden: frozenset[Cell]) -> dict[str, Decimal]:
    found = {one.category: value for one, value in made.values.items() if one.region_code == "NL01"}
    return {one: value for one, value in found.items() if value is not None and cell("NL01", one) not in hidden}


def solvable(unknowns: Sequence[object], equations: Sequence[Mapping[object, int]], wanted: object) -> bool:
    """Say whether linear algebra alone gives a number: its unit vector is in the span of the rows."""
    matrix = np.array([[one.get(name, 0) for name in unknowns] for one in equations]).reshape(-1, len(unknowns))
    unit = np.array([[name == wanted for name in unknowns]], dtype=float)
    rank = np.linalg.matrix_rank(matrix) if matrix.size else 0
    return bool(np.linalg.matrix_rank(np.vstack([matrix, unit])) == rank)


def system(
    rows: Sequence[Row], hidden: frozenset[Cell], totals: Mapping[str, Decimal], name: Callable[[Cell], object | None]
) -> list[dict[object, int]]:
    """What a reader writes down from one release: every published sum over the numbers that are not known."""
    sums: list[dict[Cell, int]] = [{cell(one, category): 1 for one in REGIONS} for category in totals]
    cells = {one.cell for one in rows} | {cell("NL01", one) for one in totals}
    families = ({cell(one, "klein"): 1, cell(one, "groot"): 1, cell(one): -1} for one in (*REGIONS, "NL01"))
    sums += [one for one in families if set(one) <= cells]
    return [{name(one): sign for one, sign in found.items() if name(one)} for found in sums]


class Reader:
    """Who has both releases: what he knows of each number, and which numbers of the two are one to him."""

    def __init__(self, hidden: frozenset[Cell], hidden_again: frozenset[Cell], same: set[Cell]) -> None:
        self.hidden, self.again, self.same = hidden, hidden_again, same

    def first(self, one: Cell) -> object | None:
        return self._name("first", one, self.hidden, self.again)

    def second(self, one: Cell) -> object | None:
        return self._name("second", one, self.again, self.hidden)

    def _name(self, release: str, one: Cell, here: frozenset[Cell], there: frozenset[Cell]) -> object | None:
        if one not in here or (one in self.same and one not in there):
            return None
        return ("same" if one in self.same else release, one)


@settings(max_examples=80)
@given(two_releases())
def test_nobody_can_work_out_a_hidden_cell_from_one_release_or_from_two(
    given_: tuple[list[Row], list[Row], dict[Cell, Decimal]],
) -> None:
    first, second, before = given_
    made = problem_of(first, REGIONS, RULES, None)
    hidden = hide(made)
    totals = told_totals(made, hidden)
    alone = Reader(hidden, frozenset(before), set())
    _nobody_knows(made.protected, system(first, hidden, totals, alone.first), alone.first)

    later = after_it(second, first, hidden)
    again = problem_of(later, REGIONS, RULES, totals)
    try:
        hidden_again = hide(again)
    except NotChecked:
        return  # nothing is published
    same = {row.cell for row in later if row.value in (None, before[row.cell])}
    same |= {one for one in made.values if one.region_code == "NL01" and made.values[one] == again.values.get(one)}
    reader = Reader(hidden, hidden_again, same)
    both = system(first, hidden, totals, reader.first)
    both += system(later, hidden_again, told_totals(again, hidden_again), reader.second)
    _nobody_knows(again.protected, both, reader.second)
    _nobody_knows(made.protected, both, reader.first)


def _nobody_knows(
    protected: Iterable[Cell], equations: list[dict[object, int]], name: Callable[[Cell], object | None]
) -> None:
    """What a release tells with good reason, as a value that stands in it, is no disclosure."""
    secret = [name(one) for one in protected if name(one)]
    unknowns = sorted({key for one in equations for key in one} | set(secret), key=str)
    for wanted in secret:
        assert not solvable(unknowns, equations, wanted), wanted


@settings(max_examples=25)
@given(two_releases())
def test_the_same_release_again_hides_the_same(given_: tuple[list[Row], list[Row], dict[Cell, Decimal]]) -> None:
    first = [replace(one, is_same=True) for one in given_[0]]
    made = problem_of(first, REGIONS, RULES, None)
    hidden = hide(made)

    again = problem_of(after_it(first, first, hidden), REGIONS, RULES, told_totals(made, hidden))

    assert hide(again) == hidden
