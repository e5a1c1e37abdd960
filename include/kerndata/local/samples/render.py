"""Renders the sample deliveries of all provinces from our own tables; the same bytes every time.

``python -m kerndata.local.samples.render`` rewrites three folders beside this module (their content is committed, so
that a reader can open the files):

* ``deliveries/<slug>/drop/<dataset>/<file>``: what a province drops in its bucket (below ``drop/``);
* ``api/<slug>/<file>``: what a province serves instead; the root folder for ``province_api``;
* ``round1/<slug>/drop/<dataset>/<file>``: what goes wrong first in the demo, in place of the good file of that name.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from kerndata.local.samples import faults, indicators, projects
from kerndata.local.samples.tables import HERE, Farm, Figure, farms, figures

DELIVERIES, API, ROUND1 = "deliveries", "api", "round1"

#: province code, where its indicators go, how it writes them, where its projects go, how it writes them
Way = tuple[str, str, Callable[[Sequence[Figure]], bytes], str, Callable[[Sequence[Farm]], bytes]]
WAYS: tuple[Way, ...] = (
    ("PV20", "deliveries/groningen/drop/indicators/kerndataset.csv", indicators.groningen,
     "deliveries/groningen/drop/projects/projecten.csv", projects.groningen),
    ("PV21", "deliveries/fryslan/drop/indicators/energiecijfers.csv", indicators.fryslan,
     "deliveries/fryslan/drop/projects/windparken.csv", projects.fryslan),
    ("PV22", "deliveries/drenthe/drop/indicators/Kerncijfers energie.xlsx", indicators.drenthe,
     "deliveries/drenthe/drop/projects/Windparken.xlsx", projects.drenthe),
    ("PV23", "deliveries/overijssel/drop/indicators/energie_tijdreeks.csv", indicators.overijssel,
     "deliveries/overijssel/drop/projects/projecten.tsv", projects.overijssel),
    ("PV24", "api/flevoland/cijfers.json", indicators.flevoland,
     "api/flevoland/projecten.json", projects.flevoland),
    ("PV25", "deliveries/gelderland/drop/indicators/kerndataset_2024.csv", indicators.gelderland,
     "deliveries/gelderland/drop/projects/projecten_2024.csv", projects.gelderland),
    ("PV26", "deliveries/utrecht/drop/indicators/energie.zip", indicators.utrecht,
     "deliveries/utrecht/drop/projects/windparken.csv", projects.utrecht),
    ("PV27", "deliveries/noord_holland/drop/indicators/monitor_energie.csv", indicators.noord_holland,
     "deliveries/noord_holland/drop/projects/windparken.xlsx", projects.noord_holland),
    ("PV28", "deliveries/zuid_holland/drop/indicators/energie.parquet", indicators.zuid_holland,
     "deliveries/zuid_holland/drop/projects/windparken.parquet", projects.zuid_holland),
    ("PV29", "api/zeeland/energie.csv", indicators.zeeland,
     "api/zeeland/windparken.csv", projects.zeeland),
    ("PV30", "deliveries/noord_brabant/drop/indicators/Energiemonitor.xlsx", indicators.noord_brabant,
     "deliveries/noord_brabant/drop/projects/Projecten wind.xlsx", projects.noord_brabant),
    ("PV31", "deliveries/limburg/drop/indicators/energiecijfers_limburg.csv", indicators.limburg,
     "deliveries/limburg/drop/projects/projectenlijst.csv", projects.limburg),
)  # fmt: skip


def render() -> Mapping[str, bytes]:
    """Every sample file by its path below this folder."""
    found: dict[str, bytes] = {}
    for code, indicator_path, write_indicators, project_path, write_projects in WAYS:
        found[indicator_path] = write_indicators(figures(code))
        found[project_path] = write_projects(farms(code))
    found["round1/gelderland/drop/indicators/kerndataset_2024.csv"] = faults.gelderland(figures("PV25"))
    found["round1/limburg/drop/indicators/energiecijfers_limburg.csv"] = faults.limburg(figures("PV29"))
    return MappingProxyType(found)


def write(folder: Path = HERE) -> None:
    """Replace the rendered files in ``folder``."""
    for part in (DELIVERIES, API, ROUND1):
        shutil.rmtree(folder / part, ignore_errors=True)
    for path, body in render().items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)


if __name__ == "__main__":
    write()
