"""What ``kerndata draft`` makes of every sample, beside what our own YAML of that delivery makes of it.

``python -m tests.unit.test_steward_draft_samples`` prints the table.
"""

import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from kerndata.contracts.contract import load_contract
from kerndata.errors import FileFault
from kerndata.harmonise import Harmonised, harmonise
from kerndata.local.samples import tables
from kerndata.local.samples.render import API, DELIVERIES
from kerndata.quality.evaluate import evaluate
from kerndata.read import read
from kerndata.sources import HttpVia, Source, load_source
from kerndata.sources.registry import load_file
from kerndata.sources.schema import DeliverySpec
from kerndata.steward.draft import Draft, draft_of

PLACE = ("source_file", "source_member", "source_sheet", "submission_id", "observation")
SAMPLES = tuple(
    sorted(
        [*(tables.HERE / DELIVERIES).glob("*/drop/*/*"), *(tables.HERE / API).glob("*/*")],
        key=lambda path: path.as_posix(),
    )
)


@dataclass(frozen=True)
class Compared:
    """One sample read by its draft and by our own YAML; ``differing``: the columns in which they are not the same."""

    path: Path
    draft: Draft
    differing: frozenset[str]
    findings: int


def _slug(path: Path) -> str:
    return path.relative_to(tables.HERE).parts[1]


def _own(source: Source, path: Path) -> DeliverySpec:
    key = path.relative_to(tables.HERE).as_posix()
    for name, spec in source.deliveries.items():
        if isinstance(spec.via, HttpVia) and key == f"{API}{spec.via.path}":
            return source.deliveries[name]
    found = source.match(key.partition(f"{DELIVERIES}/{source.province.slug}/")[2])
    assert found
    return found


def _read(spec: DeliverySpec, source: Source, path: Path) -> Harmonised:
    return harmonise(read(path, spec.format), spec, source, "S-0123456789abcdef", path.name)


def _rows(found: Harmonised) -> pd.DataFrame:
    return found.rows.drop(columns=[name for name in PLACE if name in found.rows]).astype(object)


def _differing(one: pd.DataFrame, other: pd.DataFrame) -> frozenset[str]:
    if len(one) != len(other):
        return frozenset(one.columns)
    same = [one[name].where(one[name].notna(), None).tolist() == other[name].where(other[name].notna(), None).tolist()
            for name in one.columns]  # fmt: skip
    return frozenset(name for name, equal in zip(one.columns, same, strict=True) if not equal)


@cache
def compared(path: Path) -> Compared:
    slug = _slug(path)
    source = load_source(slug)
    draft = draft_of(path, slug)
    spec = draft.spec().deliveries[draft.name]
    try:
        found, ours = _read(spec, source, path), _read(_own(source, path), source, path)
    except FileFault:
        return Compared(path, draft, frozenset({"everything"}), 1)
    errors = evaluate(load_contract(spec.dataset), found).query("severity == 'error'")
    return Compared(path, draft, _differing(_rows(found), _rows(ours)), len(errors))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{_slug(path)}-{path.name}")
def test_a_draft_is_valid_and_never_silently_wrong(path: Path, tmp_path: Path) -> None:
    one = compared(path)
    saved = tmp_path / "voorstel.yaml"
    saved.write_text(one.draft.text, encoding="utf-8")
    assert load_file(saved, _slug(path)).own().keys() == {one.draft.name}
    assert one.differing - one.draft.doubted - {"original_unit"} == frozenset()


def test_every_draft_reads_all_that_its_file_says_as_our_own_yaml_does() -> None:
    same = [path for path in SAMPLES if not compared(path).differing]
    assert (len(same), len(SAMPLES)) == (16, 24)
    # agreed outside the file: six lists without a reference date, two tables that do not mark what is provisional
    assert {compared(path).differing for path in SAMPLES} == {
        frozenset(), frozenset({"reference_date"}), frozenset({"value_status"})
    }  # fmt: skip
    assert {compared(path).findings for path in SAMPLES} == {0}


def table() -> str:
    lines = [f"{'sample':45} {'same':5} {'refused':7} {'doubts':6} differs in"]
    for path in SAMPLES:
        one = compared(path)
        doubts = sum(not guess.is_sure for guess in one.draft.guesses.all)
        wrong = ", ".join(sorted(one.differing)) + ("" if one.differing <= one.draft.doubted else "  SILENT")
        name = f"{_slug(path)} {path.name}"
        lines.append(f"{name:45} {'no' if one.differing else 'yes':5} {one.findings:7} {doubts:6} {wrong}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
