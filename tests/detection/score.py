"""Plants mistakes with a fixed seed and counts what the rules find: in one delivery, beside the last, in the set."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random

import pandas as pd
import pyarrow as pa
from tests.detection import plant, real
from tests.detection.real import Cell
from tests.unit.quality_rows import figure, harmonised, project

from kerndata.contracts.contract import load_contract
from kerndata.local.samples import tables
from kerndata.quality.evaluate import evaluate
from kerndata.quality.history import history
from kerndata.quality.previous import CANCELLED, Previous, compare, history_findings
from kerndata.quality.set_checks import SetTables, set_findings

SEED = 2024
ABOUT_PLACE = frozenset({"I-REGION"})  # planted copies of a province have a code of their own
HISTORY = {
    "unit 1,000 times too large": "F-HISTORY-FACTOR", "unit 1,000 times too small": "F-HISTORY-FACTOR",
    "TJ for GWh (3.6 times too large)": "F-HISTORY-FACTOR", "a digit dropped": "F-HISTORY-DIGIT",
    "half a year as a year": "F-HISTORY-HALF", "implausible jump": "F-HISTORY-JUMP",
    "stale copy of last year": "F-HISTORY-COPY",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Score:
    """Of ``planted`` mistakes: found by any rule, and named by the rule meant for them.

    ``elsewhere``: rows with a finding that no mistake was planted in, such as the figure beside a wrong one.
    """

    name: str
    planted: int
    found: int
    named: int
    elsewhere: int = 0


def false_alarms(cells: Sequence[Cell]) -> dict[str, int]:
    """Findings per rule on unchanged figures."""
    return {rule: int(rows) for rule, rows in _findings(cells)["rule_id"].value_counts().items()}


def in_one_delivery(mistake: plant.Mistake, trials: int, cells: Sequence[Cell]) -> Score:
    """Every trial is a province's delivery under a code of its own, so that all are judged at once."""
    rng, by_region = Random(f"{SEED} {mistake.name}"), _by_region(cells)
    every, planted = list[Cell](), list[set[int]]()
    for number in range(trials):
        own = by_region[rng.choice(sorted(by_region))]
        changed = mistake.plant(rng, own)
        planted.append({len(every) + at for at in changed})
        every += [_renamed(changed.get(at, one), f"T{number:04d}") for at, one in enumerate(own)]
    found = _findings(every)
    hits = found.groupby("observation")["rule_id"].agg(set).to_dict()
    told = [set().union(*(hits.get(at, set()) for at in rows)) for rows in planted]
    wanted = [bool(rules & mistake.rules) for rules in told]
    elsewhere = len(set(hits) - set().union(*planted))
    return Score(mistake.name, trials, sum(map(bool, told)), sum(wanted), elsewhere)


def beside_the_last(mistake: plant.Mistake, trials: int, cells: Sequence[Cell]) -> Score:
    """A file of the last year only, with the mistake; the years before were delivered earlier."""
    rng, by_region, contract = Random(f"{SEED} {mistake.name}"), _by_region(cells), load_contract("indicators")
    last, found, named = max(one.period for one in cells), 0, 0
    for _ in range(trials):
        own = by_region[rng.choice(sorted(by_region))]
        changed: dict[int, Cell] = {}
        while not changed or any(own[at].period != last for at in changed):
            changed = mistake.plant(rng, own)
        file = [changed.get(at, one) for at, one in enumerate(own) if one.period == last]
        old = [one for one in own if one.period != last]
        told = {one.rule_id for one in history(contract, _rows(old), _rows(file))}
        own_rules = set(_findings(file)["rule_id"])
        found += bool(told | own_rules)
        named += HISTORY[mistake.name] in told or bool(own_rules & mistake.rules)
    return Score(f"{mistake.name}, file of one year", trials, found, named)


def swapped_provinces(cells: Sequence[Cell], *, with_release: bool) -> Score:
    """Every pair of provinces changes places in one year, for each third year."""
    regions, years = sorted({one.region for one in cells}), sorted({one.period for one in cells})[::2]
    right = _set_of(cells)
    found = elsewhere = planted = 0
    for year in years:
        for one, other in combinations(regions, 2):
            places = {one: other, other: one}
            moved = [_renamed(c, places.get(c.region, c.region)) if c.period == year else c for c in cells]
            keys = {item.key for item in set_findings(_set_of(moved), right if with_release else None)}
            planted, found = planted + 1, found + (f"{year} {one} {other}" in keys)
            elsewhere += len(keys - {f"{year} {one} {other}"})
    after = "beside the last release" if with_release else "without a release before"
    return Score(f"two provinces swapped, {after}", planted, found, found, elsewhere)


def projects(trials: int) -> list[Score]:
    """Mistakes in lists of wind farms."""
    contract, farms = load_contract("projects"), _farms()
    rng = Random(SEED)

    def of_rows(name: str, rule: str, change: Callable[[dict[str, object]], Iterable[dict[str, object]]]) -> Score:
        found = 0
        for _ in range(trials):
            rows = list(change(dict(rng.choice(farms))))
            judged = evaluate(contract, harmonised(*rows, dataset="projects"))
            found += rule in set(judged["rule_id"])
        return Score(name, trials, found, found)

    def of_history(name: str, rule: str, old: int, new: int | None) -> Score:
        found = 0
        for _ in range(trials):
            farm = dict(rng.choice(farms))
            before, after = _project_rows([farm | {"phase": old}]), _project_rows([farm | {"phase": new}])
            found += rule in {one.rule_id for one in history(contract, before, after)}
        return Score(name, trials, found, found)

    def kilowatts(farm: dict[str, object]) -> Iterable[dict[str, object]]:
        return [farm | {"capacity_mw": str(1000 * max(2, float(str(farm["capacity_mw"]))))}]

    def park(farm: dict[str, object]) -> Iterable[dict[str, object]]:
        size = float(str(farm["capacity_mw"]))
        farm |= {"capacity_mw": str(max(size, 9.0)), "expected_production_mwh_per_year": None}
        return [farm | {"project_id": f"P-{n}", "name": f"{farm['name']} turbine {n}", "turbines": 1} for n in range(4)]

    return [
        of_rows("capacity of the park on every row", "P-PARK-CAPACITY", park),
        of_rows("status in the future", "P-COMMISSIONED-FUTURE", lambda farm: [farm | {"commissioned_on": "2031"}]),
        of_rows("capacity in kW", "P-CAPACITY", kilowatts),
        of_history("phase back from realised", "F-PHASE-BACK-REALISED", 6, 3),
        of_history("phase back in a plan", "F-PHASE-BACK", 4, 2),
        _vanished(trials, rng),
        _twice(trials, rng),
    ]


def _vanished(trials: int, rng: Random) -> Score:
    """A province's list without one of its farms; ``elsewhere``: told though the farm had been given as cancelled."""
    contract, lists = load_contract("projects"), _farms_by_province()
    found = named = elsewhere = 0

    def told(before: Sequence[dict[str, object]], after: Sequence[dict[str, object]]) -> str:
        last, now = Previous("S-1", _project_rows(before)), _project_rows(after)
        findings = history_findings(contract, compare(contract, last, now, now.head(0)), last, now)
        return " ".join(one.message_nl for one in findings if one.rule_id == "F-KEYS-VANISHED")

    for _ in range(trials):
        farms = rng.choice(lists)
        gone = rng.choice(farms)
        rest = [one for one in farms if one is not gone]
        message = told(farms, rest)
        found, named = found + bool(message), named + (str(gone["name"]) in message)
        elsewhere += bool(told([*rest, gone | {"phase": CANCELLED}], rest))
    return Score("vanished project", trials, found, named, elsewhere)


def _farms_by_province() -> list[list[dict[str, object]]]:
    """The lists with at least two farms."""
    found: dict[object, list[dict[str, object]]] = {}
    for farm in _farms():
        found.setdefault(farm["province_code"], []).append(farm)
    return [found[code] for code in sorted(found, key=str) if len(found[code]) > 1]


def _twice(trials: int, rng: Random) -> Score:
    farms, found = _farms(), 0
    for _ in range(trials):
        farm = rng.choice(farms)
        other = rng.choice([code for code in sorted(real.CODES) if code != farm["province_code"]])
        rows = [*farms, farm | {"project_id": "X-1", "name": str(farm["name"]).upper(), "province_code": other}]
        told = set_findings(SetTables(_figure_table([]), _project_table(rows)))
        found += any("X-1" in one.key for one in told if one.rule_id == "S-PROJECT-TWICE")
    return Score("same project in two provinces", trials, found, found)


def false_alarms_of_projects() -> dict[str, int]:
    """Findings per rule on the unchanged wind farms, remarks on what is missing apart."""
    told = evaluate(load_contract("projects"), harmonised(*_farms(), dataset="projects"))
    found = {rule: int(rows) for rule, rows in told["rule_id"].value_counts().items() if "MISSING" not in str(rule)}
    for one in set_findings(SetTables(_figure_table([]), _project_table(_farms()))):
        found[one.rule_id] = found.get(one.rule_id, 0) + 1
    return found


def false_alarms_of_the_set(cells: Sequence[Cell]) -> int:
    """Findings on the unchanged figures of all provinces, beside themselves as the release before."""
    return len(set_findings(_set_of(cells))) + len(set_findings(_set_of(cells), _set_of(cells)))


def _by_region(cells: Sequence[Cell]) -> dict[str, list[Cell]]:
    found: dict[str, list[Cell]] = {}
    for one in cells:
        found.setdefault(one.region, []).append(one)
    return found


def _renamed(one: Cell, region: str) -> Cell:
    return Cell(one.code, region, one.period, one.value, one.category)


def _rows(cells: Sequence[Cell]) -> pd.DataFrame:
    rows = [
        figure(
            indicator_code=one.code, region_code=one.region, period=one.period, value=f"{one.value:.3f}",
            category=one.category,
        )
        for one in cells
    ]  # fmt: skip
    return harmonised(*rows).rows


def _findings(cells: Sequence[Cell]) -> pd.DataFrame:
    rows = harmonised()
    judged = evaluate(load_contract("indicators"), type(rows)(_rows(cells), rows.cell_findings, {}, ()))
    return judged[~judged["rule_id"].isin(ABOUT_PLACE)]


def _set_of(cells: Sequence[Cell]) -> SetTables:
    return SetTables(_figure_table([one for one in cells if one.category == "totaal"]), _project_table([]))


def _figure_table(cells: Sequence[Cell]) -> pa.Table:
    return pa.table(
        {
            "indicator_code": pa.array([one.code for one in cells], pa.string()),
            "region_code": pa.array([one.region for one in cells], pa.string()),
            "year": pa.array([int(one.period) for one in cells], pa.int64()),
            "value": pa.array([one.value for one in cells], pa.float64()),
        }
    )


def _farms() -> list[dict[str, object]]:
    return [
        project(
            project_id=one.project_id, name=one.name, province_code=one.province_code, turbines=one.turbines,
            municipality_name=one.municipality_name, capacity_mw=str(one.capacity_mw),
            reference_date=one.reference_date, commissioned_on=one.commissioned_on,
            lon=None if one.lon is None else float(one.lon),
            lat=None if one.lat is None else float(one.lat),
            expected_production_mwh_per_year=None
            if one.expected_production_mwh_per_year is None
            else str(one.expected_production_mwh_per_year),
        )
        for province in sorted(real.CODES)
        for one in tables.farms(province)
    ]  # fmt: skip


def _project_rows(rows: Sequence[dict[str, object]]) -> pd.DataFrame:
    return harmonised(*rows, dataset="projects").rows


def _project_table(rows: Sequence[dict[str, object]]) -> pa.Table:
    kinds = {
        "province_code": pa.string(), "project_id": pa.string(), "name": pa.string(), "technology": pa.string(),
        "capacity_mw": pa.float64(), "phase": pa.int64(), "lon": pa.float64(), "lat": pa.float64(),
    }  # fmt: skip
    told = {name: [row[name] for row in rows] for name in kinds}
    told["capacity_mw"] = [float(str(value)) for value in told["capacity_mw"]]
    return pa.table({name: pa.array(told[name], kind) for name, kind in kinds.items()})
