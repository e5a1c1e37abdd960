"""Numbers in every notation: read back exactly, or refused; never a third thing."""

import re
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerndata.harmonise import sweep
from kerndata.harmonise.arrays import DECIMAL
from kerndata.harmonise.notation import read_cell
from kerndata.harmonise.numbers import read_numbers
from kerndata.harmonise.products import products
from kerndata.harmonise.sweep import plain_numbers
from kerndata.harmonise.units import UNITS, conversion, multiply
from kerndata.sources.layout import Marks, Numbers

DUTCH = Numbers(decimal=",", thousands=".")
COMMA = Numbers(decimal=",")
POINT = Numbers(decimal=".")
DIALECTS = [Numbers(decimal=d, thousands=t) for d in (",", ".") for t in (None, ".", ",", " ", "'") if d != t]
MARKS = Marks(status={"*": "voorlopig", "**": "nader_voorlopig"}, missing={"x": "geheim", ".": "onbekend"})
exact = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=3)


def column(texts: list[str | None], numbers: Numbers, native: bool = False) -> list[tuple[Decimal | None, str | None]]:
    got = read_numbers(pa.array(texts, pa.string()), pa.array([native] * len(texts)), numbers, MARKS)
    return list(zip(got.value.to_pylist(), got.rule.to_pylist(), strict=True))


def rendered(value: Decimal, numbers: Numbers) -> str:
    text = f"{value:,f}" if numbers.thousands else f"{value:f}"
    return text.translate({ord(","): numbers.thousands or "", ord("."): numbers.decimal})


@settings(deadline=None)  # the machine may be busy
@given(exact, st.sampled_from(DIALECTS))
def test_a_number_in_the_agreed_notation_is_read_back_exactly(value: Decimal, numbers: Numbers) -> None:
    assert column([rendered(value, numbers)], numbers) == [(value.quantize(Decimal("1e-9")), None)]


@settings(deadline=None)  # the machine may be busy
@given(exact, st.sampled_from(DIALECTS), st.sampled_from([Numbers(decimal=","), Numbers(decimal=".")]))
def test_without_a_thousands_mark_no_other_notation_is_misread_unseen(
    value: Decimal, written: Numbers, agreed: Numbers
) -> None:
    text = rendered(value, written)
    ((got, rule),) = column([text], agreed)
    is_agreed_notation = rendered(value, agreed) == text or agreed.decimal in text
    assert got in (None, value) or rule == "H-NUMBER-REPAIRED" or is_agreed_notation


@settings(deadline=None)  # the machine may be busy
@given(st.text(alphabet="0123456789.,' -+*ca.xMW≈", max_size=12), st.sampled_from(DIALECTS))
def test_the_sweep_and_the_single_cell_agree(text: str, numbers: Numbers) -> None:
    ((value, rule),) = column([text], numbers)
    if text.strip():
        cell = read_cell(text.strip(), False, numbers, MARKS)
        assert value == cell.value or rule == "H-NUMBER-AMBIGUOUS"


@pytest.mark.parametrize(
    ("text", "numbers", "value", "rule"),
    [
        ("1.351", DUTCH, "1351", None),
        ("1.351.000,5", DUTCH, "1351000.5", None),
        ("1.351", COMMA, None, "H-NUMBER-AMBIGUOUS"),
        ("1,351", POINT, None, "H-NUMBER-AMBIGUOUS"),
        ("1.5", COMMA, "1.5", "H-NUMBER-REPAIRED"),
        ("0.351", DUTCH, "0.351", "H-NUMBER-REPAIRED"),
        ("1 351", COMMA, "1351", "H-NUMBER-REPAIRED"),
        ("1\u00a0351", Numbers(thousands=" "), "1351", None),
        ("\u22125,5", COMMA, "-5.5", None),
        ("1e5", COMMA, None, "H-NUMBER-INVALID"),
        ("12,34,5", COMMA, None, "H-NUMBER-INVALID"),
        ("9" * 30, COMMA, None, "H-NUMBER-INVALID"),
        ("5 MW", COMMA, None, "H-NUMBER-INVALID"),
        ("ca. 12", COMMA, "12", "H-ESTIMATE"),
        ("≈1.162", DUTCH, "1162", "H-ESTIMATE"),
    ],
)
def test_notations(text: str, numbers: Numbers, value: str | None, rule: str | None) -> None:
    assert column([text], numbers) == [(Decimal(value) if value else None, rule)]


def test_an_ambiguous_number_comes_with_both_readings() -> None:
    assert read_cell("1.351", False, COMMA, MARKS).expected == "1351 of 1,351"


def test_a_file_that_also_writes_a_decimal_point_makes_its_thousands_ambiguous() -> None:
    got = column(["1.351", "1.5", "1.351.000", "7", "2.000,5"], DUTCH)
    assert [rule for _, rule in got] == ["H-NUMBER-AMBIGUOUS", "H-NUMBER-REPAIRED", None, None, None]


def test_native_cells_bypass_the_notation() -> None:
    assert column(["1.351", "2024", "0.1234567891234567"], DUTCH, native=True) == [
        (Decimal("1.351"), None),
        (Decimal(2024), None),
        (Decimal("0.123456789"), None),
    ]
    assert column(["2024-12-31", "true"], DUTCH, native=True) == [(None, "H-NUMBER-INVALID")] * 2


def test_marks_units_and_missing_values() -> None:
    suffix = Numbers(decimal=",", thousands=".", unit_suffix=True)
    cell = read_cell("1.234,5 MW**", False, suffix, MARKS)
    assert (cell.value, cell.unit, cell.status) == (Decimal("1234.5"), "MW", "nader_voorlopig")
    assert read_cell("1,5 mln kWh", False, suffix, MARKS).unit == "mln kWh"
    assert read_cell("X", False, suffix, MARKS).reason == "geheim"
    assert read_cell(".", False, suffix, MARKS).reason == "onbekend"


@pytest.mark.parametrize(
    ("written", "wanted", "factor"),
    [
        ("kWh", "mln kWh", Fraction(1, 10**6)),
        ("GWh", "mln kWh", Fraction(1)),
        ("TJ", "mln kWh", Fraction(10, 36)),
        ("MW", "kW", Fraction(1000)),
        ("MWp", "kWp", Fraction(1000)),
        ("Mln  kWh", "mln kWh", Fraction(1)),
    ],
)
def test_units_convert_by_exact_factors(written: str, wanted: str, factor: Fraction) -> None:
    assert conversion(written, wanted).factor == factor


def test_other_kinds_and_unknown_units_are_never_converted() -> None:
    assert conversion("kWp", "kW").rule == "H-UNIT-KIND"
    assert conversion("MWh", "MW").rule == "H-UNIT-KIND"
    assert conversion("MWatt", "MW").rule == "H-UNIT-UNKNOWN"
    assert conversion(None, "MW").rule == "H-UNIT-UNKNOWN"


def test_every_unit_of_the_indicator_list_is_in_the_table() -> None:
    from kerndata.contracts.code_lists import indicators

    assert {one.unit for one in indicators().values()} <= set(UNITS)


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=6)))
def test_multiplication_is_exact_and_its_two_ways_agree(values: list[Decimal]) -> None:
    for factor in (Fraction(1, 10**6), Fraction(10, 36), Fraction(1000)):
        got = multiply(pa.array(values, DECIMAL), factor).to_pylist()
        assert all(
            abs(Fraction(one) - Fraction(value) * factor) <= Fraction(1, 2 * 10**9)
            for one, value in zip(got, values, strict=True)
        )


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.none() | st.text(alphabet="0123456789.,-x ", max_size=22), max_size=12), st.sampled_from([",", "."]))
def test_the_plainest_numbers_are_what_a_single_cell_says(texts: list[str | None], decimal: Literal[",", "."]) -> None:
    column_of = pa.array(["", *texts, "7"], pa.string()).slice(1, len(texts))
    plain = re.compile(rf"[0-9]{{1,9}}(?:\{decimal}[0-9]{{1,9}})?")
    for text, value in zip(texts, plain_numbers(column_of, decimal).array().to_pylist(), strict=True):
        is_plain = text is not None and plain.fullmatch(text) is not None
        assert value == (read_cell(text or "", False, Numbers(decimal=decimal), MARKS).value if is_plain else None)


def test_a_column_longer_than_one_batch_keeps_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "BATCH", 3)
    texts = ["1,5", "x", None, "2", "", "3,25", "-4", "5"]
    values = plain_numbers(pa.array(texts, pa.string()), ",").array().to_pylist()
    assert values == [Decimal("1.5"), None, None, Decimal(2), None, Decimal("3.25"), None, Decimal(5)]


@pytest.mark.parametrize("proof", ["1.5", "1.351,5", "1 351", "1.351.000,5"])
def test_one_cell_in_another_notation_leaves_no_cell_with_two_readings(proof: str) -> None:
    got = column([proof, "1,351", "12,35", "1351", "0,351"], COMMA)
    assert [rule for _, rule in got] == ["H-NUMBER-REPAIRED", "H-NUMBER-AMBIGUOUS", None, None, None]


def test_a_cell_shown_as_a_percentage_is_not_a_fraction() -> None:
    got = read_numbers(pa.array(["45%", "45.5%", "0.45"]), pa.array([True] * 3), COMMA, MARKS)
    assert got.value.to_pylist() == [Decimal(45), Decimal("45.5"), Decimal("0.45")]
    assert got.unit.to_pylist() == ["%", "%", None]


factor = st.none() | st.fractions(min_value=Fraction(1, 10**6), max_value=10**6, max_denominator=10**6)


@settings(deadline=None)  # the machine may be busy
@given(
    st.lists(st.none() | st.decimals(-(10**8), 10**8, places=9, allow_nan=False), max_size=8),
    st.lists(factor, min_size=1, max_size=3),
    st.data(),
)
def test_a_factor_per_row_multiplies_exactly(
    values: list[Decimal | None], factors: list[Fraction | None], data: st.DataObject
) -> None:
    rows = [data.draw(st.integers(0, len(factors) - 1)) for _ in values]
    got = products(pa.array([Decimal(0), *values], DECIMAL).slice(1), factors, pa.array(rows, pa.int32()))
    if got is not None:
        for one, value, row in zip(got.to_pylist(), values, rows, strict=True):
            by = factors[row]
            expected = None if value is None or by is None else multiply(pa.array([value], DECIMAL), by)[0].as_py()
            assert one == expected


def test_numbers_beyond_sixty_four_bits_are_left_to_the_exact_way() -> None:
    big = pa.array([Decimal(10) ** 15], DECIMAL)
    assert products(big, [Fraction(1)], pa.array([0])) is None
    assert products(pa.array([Decimal(10) ** 9], DECIMAL), [Fraction(10**6)], pa.array([0])) is None
