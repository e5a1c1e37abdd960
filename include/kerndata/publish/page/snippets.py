"""Code that readers copy: each reads this release and shows one indicator.

In each, ``BASE`` stands for the address of the release's folder; the page replaces it, see ``parts``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

BASE = "{base}"
UNKNOWN = "https://…/"  # for Excel, which reads no file beside the workbook

_PANDAS = """\
import pandas as pd

values = pd.read_parquet("{base}indicators.parquet")
chosen = values[
    (values["indicator_code"] == "{code}") & (values["category"] == "totaal") & (values["region_level"] == "provincie")
]
table = chosen.astype({"value": float}).pivot(index="region_code", columns="period", values="value")
print(table)
"""
_DUCKDB = """\
SELECT region_code, period, value, unit, value_status, missing_reason
FROM read_parquet('{base}indicators.parquet')
WHERE indicator_code = '{code}' AND category = 'totaal' AND region_level = 'provincie'
ORDER BY region_code, period;
"""
_R = """\
values <- read.csv("{base}indicators.csv", na.strings = "", colClasses = c(period = "character"))
chosen <- subset(values, indicator_code == "{code}" & category == "totaal" & region_level == "provincie")
with(chosen, tapply(value, list(region_code, period), sum))
"""
_EXCEL = """\
let
    Source = Csv.Document(
        Web.Contents("{base}national.csv"),
        [Delimiter = ",", Encoding = 65001, QuoteStyle = QuoteStyle.Csv]
    ),
    Headed = Table.PromoteHeaders(Source, [PromoteAllScalars = true]),
    Numbers = Table.TransformColumnTypes(
        Headed,
        {
            {"value", type number}, {"partial_value", type number},
            {"final_value", type number}, {"provisional_value", type number},
            {"provinces_with_value", Int64.Type}, {"provinces_expected", Int64.Type}, {"provinces_final", Int64.Type}
        },
        "en-US"
    )
in
    Numbers
"""


@dataclass(frozen=True, slots=True)
class Snippet:
    """One example; ``parts`` are the texts between which the address comes."""

    name: str
    parts: Sequence[str]
    base: str

    @property
    def text(self) -> str:
        """The whole, as somebody copies it."""
        return self.base.join(self.parts)


def snippets(address: str, code: str) -> list[Snippet]:
    """The examples for a release at ``address``; empty: beside the reader's own script. ``code`` is an indicator's."""
    found = (("pandas", _PANDAS, ""), ("duckdb", _DUCKDB, ""), ("r", _R, ""), ("excel", _EXCEL, UNKNOWN))
    return [
        Snippet(name, text.replace("{code}", code).split(BASE), address or unknown) for name, text, unknown in found
    ]
