"""Periods and dates as they are written: one reading, or refused, with both where there are two."""

import pytest

from kerndata.harmonise.periods import date_or_period, period
from kerndata.harmonise.vocabulary import Refused


def two(first: str, second: str) -> Refused:
    return Refused("H-DATE-AMBIGUOUS", f"{first} of {second}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2024", "2024"), ("2024.0", "2024"), ("2024JJ00", "2024"), ("2024 Q3", "2024-Q3"), ("Q3 2024", "2024-Q3"),
     ("2024KW03", "2024-Q3"), ("2024HJ02", "2024-H2"), ("3e kwartaal 2024", "2024-Q3"), ("3e kw. 2027", "2027-Q3"),
     ("kwartaal 3 2027", "2027-Q3"), ("2027 3e kwartaal", "2027-Q3"), ("2027/Q3", "2027-Q3"), ("K3-2027", "2027-Q3"),
     ("2024-H1", "2024-H1"), ("H1 2024", "2024-H1"), ("1e halfjaar 2024", "2024-H1"), ("2024-Q5", None),
     ("voorjaar 2027", None), ("2023-2024", None), ("2.024", None), ("2024-12-31", None), ("45292", None),
     ("24", two("1924", "2024")), ("'24", two("1924", "2024")), ("Q3 24", two("Q3 1924", "Q3 2024")),
     ("\uff12\uff10\uff12\uff14", None)],
)  # fmt: skip
def test_periods(text: str, expected: str | Refused | None) -> None:
    assert period(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("3-4-2024", "2024-04-03"), ("03/04/2024", "2024-04-03"), ("3.4.2024", "2024-04-03"), ("3-4/2024", None),
     ("1-4-2021 0:00", "2021-04-01"), ("01-04-2021 00:00:00", "2021-04-01"), ("2024-04-03T00:00:00", "2024-04-03"),
     ("20240403", "2024-04-03"), ("1 jan 2025", "2025-01-01"), ("31 december 2024", "2024-12-31"),
     ("1-mrt-2024", "2024-03-01"), ("1 okt. 2024", "2024-10-01"), ("mei 2024", "2024-05"), ("2019", "2019"),
     ("2019-05", "2019-05"), ("Q3 2027", "2027-Q3"), ("3e kw. 2027", "2027-Q3"), ("31-2-2024", None),
     ("4/13/2024", None), ("1 foo 2025", None), ("voorjaar 2027", None), ("2027-3", None),
     ("45292", two("1-1-2024", "2-1-2028")), ("45292.0", two("1-1-2024", "2-1-2028")),
     ("31-12-24", two("31-12-1924", "31-12-2024")), ("1 jan 25", two("1-jan-1925", "1-jan-2025")),
     ("2024-12-30T23:00:00Z", two("30-12-2024", "31-12-2024")), ("2024-12-31T10:00:00Z", "2024-12-31"),
     ("2024-12-31T00:00:00+01:00", "2024-12-31"), ("2024-13-01T00:00:00Z", None)],
)  # fmt: skip
def test_dates(text: str, expected: str | Refused | None) -> None:
    assert date_or_period(text) == expected
