"""Values per thousand inhabitants, so that a large and a small province can be compared.

Only of indicators that are sums (a share per head means nothing), of whole years, and where inhabitants are known
(``contracts/code_lists/population.csv``: 1 January of the year). Never of a partial sum.
"""

from collections.abc import Sequence

import pyarrow as pa

from kerndata.contracts.code_lists.derived import Inhabitants
from kerndata.merge.engine import Connection, Relation

# One division per value, correctly rounded: the same bytes on every machine. Sums stay decimal.
_PER_CAPITA = """
SELECT w.indicator_code, w.region_level, w.region_code, w.period,
  CAST(CAST(w.value AS DOUBLE) * 1000 / p.inhabitants AS DECIMAL(28,6)) AS value_per_1000_inhabitants, u.unit,
  s.value_status, p.inhabitants, p.status AS inhabitants_status
FROM wholes w JOIN inhabitants p ON p.region_code = w.region_code AND p.year = w.period
JOIN (SELECT indicator_code, any_value(unit) AS unit FROM national GROUP BY ALL) u USING (indicator_code)
JOIN statuses v ON v.value_status = w.value_status JOIN statuses i ON i.value_status = p.status
JOIN statuses s ON s.place = greatest(v.place, i.place)
WHERE w.value IS NOT NULL AND w.indicator_code IN (SELECT indicator_code FROM summed)
ORDER BY w.indicator_code, w.period, w.region_level, w.region_code
"""


def per_capita(connection: Connection, population: Sequence[Inhabitants]) -> Relation:
    """Divide the wholes (category totaal) by inhabitants; as final as the less final of the two.

    ``unit`` is of the value that was divided. Call ``coverage``, ``national`` and ``aggregates`` first.
    """
    rows = [
        {"region_code": one.region_code, "year": str(one.year), "inhabitants": one.inhabitants, "status": one.status}
        for one in population
    ]
    text = pa.string()
    schema = pa.schema([("region_code", text), ("year", text), ("inhabitants", pa.int64()), ("status", text)])
    connection.from_arrow(pa.Table.from_pylist(rows, schema)).create_view("inhabitants", replace=True)
    return connection.sql(_PER_CAPITA)
