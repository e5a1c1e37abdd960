"""Release folders for the tests of the public page: the real sample deliveries, and a large invented one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from tests.unit.merge_rows import CODES, Row, figure, give, submission, wind_farm

from kerndata.contracts.code_lists import indicators
from kerndata.contracts.contract import load_contract
from kerndata.harmonise import harmonise
from kerndata.local.samples import tables
from kerndata.local.samples.render import API, DELIVERIES, ROUND1
from kerndata.merge.corrections import read_register
from kerndata.merge.supersede import MergeInput
from kerndata.merge.tables import NAMES, table_of
from kerndata.publish.candidate import Candidate, Previous, build
from kerndata.publish.texts import about
from kerndata.quality.evaluate import evaluate
from kerndata.read import read
from kerndata.sources import HttpVia
from kerndata.sources.registry import load_source

CORRECTIONS = read_register("""
corrections:
  - {id: C-2026-003, dataset: projects, key: {province_code: PV24, project_id: W-dubbel}, column: turbines,
     old: 5, new: 6, reason: counted again on site, source: visit, expires: 2026-12-31}
""")
__all__ = ["about", "demo_releases", "full_release"]

LATE = "limburg"  # not in the first of the two releases


def demo_releases(work: Path) -> tuple[Candidate, Candidate]:
    """Two releases of the sample deliveries as the demo makes them.

    In the first Gelderland has four rows refused and Limburg's indicators are missing; the second holds everything.
    """
    first_inputs = _inputs(work / "first", is_first=True)
    first = build(first_inputs, None, work=work / "first", code_version="1.0.0")
    files = {name: first.folder / f"{name}.parquet" for name in NAMES}
    inputs = _inputs(work / "second", is_first=False)
    second = build(inputs, Previous("2026.1", files), work=work / "second", code_version="1.0.0")
    return first, second


def _inputs(work: Path, *, is_first: bool) -> dict[str, list[MergeInput]]:
    work.mkdir(parents=True, exist_ok=True)
    inputs: dict[str, list[MergeInput]] = {name: [] for name in NAMES}
    for sequence, (slug, key, path) in enumerate(_deliveries(is_first=is_first), start=1):
        dataset, code, rows = _accepted(slug, key, path)
        one = replace(submission(sequence, code, len(rows), dataset), province=slug)
        table = pa.Table.from_pandas(rows.assign(submission_id=one.id), preserve_index=False)
        target = work / f"{one.id}.parquet"
        pq.write_table(table, target)
        inputs[dataset].append(MergeInput(one, target))
    return inputs


def _deliveries(*, is_first: bool) -> Iterator[tuple[str, str, Path]]:
    for path in sorted((tables.HERE / DELIVERIES).glob("*/drop/*/*")):
        slug, key = path.relative_to(tables.HERE / DELIVERIES).as_posix().split("/", 1)
        if is_first and "indicators" in key and slug in {LATE, "gelderland"}:
            continue
        yield slug, key, path
    for path in sorted((tables.HERE / API).glob("*/*")):
        yield path.parent.name, f"/{path.relative_to(tables.HERE / API).as_posix()}", path
    if is_first:
        key = "drop/indicators/kerndataset_2024.csv"
        yield "gelderland", key, tables.HERE / ROUND1 / "gelderland" / key


@cache
def _accepted(slug: str, key: str, path: Path) -> tuple[str, str, pd.DataFrame]:
    source = load_source(slug)
    pulled = [one for one in source.deliveries.values() if isinstance(one.via, HttpVia) and one.via.path == key]
    spec = pulled[0] if pulled else source.match(key)
    assert spec is not None
    found = harmonise(read(path, spec.format), spec, source, "S-0123456789abcdef", path.name)
    errors = evaluate(load_contract(spec.dataset), found).query("severity == 'error'")
    rows = found.rows[~found.rows["observation"].isin(errors["observation"])]
    columns = [one for one in table_of(spec.dataset).schema.names if one in rows.columns]
    return spec.dataset, source.province.code, rows[columns].assign(quality_flags="")


def full_release(work: Path, years: int = 12, codes: Sequence[str] = tuple(indicators()), **texts: str) -> Candidate:
    """A release with every indicator of ``codes``, gaps of every kind, and projects of every technology and phase.

    One project stands in two provinces, and the exchange set right how many turbines it has.
    ``texts`` take the place of those columns in the rows of the first province. The release before it held one
    other value, and of each project another capacity, or name.
    """
    work.mkdir(parents=True)
    inputs = [
        give(work, 1 + place, code, _figures(place, code, years, codes, texts)) for place, code in enumerate(CODES[:11])
    ]
    twice = wind_farm("PV25", "G-6", name="Windpark Dubbel", technology="net", phase=6)
    projects = [give(work, 30, "PV24", _farms(texts), "projects"), give(work, 31, "PV25", [twice], "projects")]
    renamed = {"name": "Oude naam"} if texts else {"capacity_mw": 1}
    earlier = [{**row, **renamed} for row in _farms(texts)]
    old_figures = [give(work, 40, "PV20", [figure("PV20", "5", "H3.4", "2024")])]
    old = {"indicators": old_figures, "projects": [give(work, 41, "PV24", earlier, "projects")]}
    before = build(old, None, work=work / "before", code_version="1.0.0")
    previous = Previous("2026.2", {name: before.folder / f"{name}.parquet" for name in NAMES})
    inputs_of = {"indicators": inputs, "projects": projects}
    return build(inputs_of, previous, work=work / "after", code_version="1.0.0", corrections=CORRECTIONS)


def _figures(place: int, code: str, years: int, codes: Sequence[str], texts: Mapping[str, str]) -> list[Row]:
    rows: list[Row] = []
    for number, one in enumerate(indicators()[chosen] for chosen in codes):
        for year in range(2025 - years, 2025):
            value = str((number + 1) * (place + 2) * (year - 2000) / 4)
            reason = ("geheim", "onbekend", "niet_van_toepassing")[number % 3] if place == year % 11 else None
            other = {"unit": one.unit, "value_status": "voorlopig" if year == 2024 else "definitief"}
            rows.append(figure(code, None if reason else value, one.code, str(year), missing_reason=reason, **other))
    rows.append(figure(code, "3", "H3.4", "2024-Q1"))
    rows.append(figure(code, "4", "H3.4", "2024", category="klein"))
    if texts and not place:
        rows.append(figure(code, "9", "H3.5", "2024", **{"category": "klein"} | texts))
        rows.append(figure(code, "9", f"X{texts['unit']}", "2024", **texts | {"category": "totaal"}))
    return rows


def _farms(texts: Mapping[str, str]) -> list[Row]:
    technologies = (
        "wind_op_land",
        "zon_dak",
        "zon_veld",
        "zon_water",
        "batterij",
        "warmte",
        "waterstof",
        "biogas",
        "net",
    )
    farms = [wind_farm("PV24", f"W{phase}", technology=name, phase=phase) for phase, name in enumerate(technologies)]
    hostile = {name: text for name, text in texts.items() if name in table_of("projects").schema.names}
    farms.append(wind_farm("PV24", "W-dubbel", name="Windpark Dubbel", technology="net"))
    return [*farms, wind_farm("PV24", "W-leeg", capacity_mw=None), wind_farm("PV24", "W-tekst", **hostile)]
