"""``kerndata check`` says of every sample and fixture, the refused ones too, what ingestion's receipt says of it."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kerndata.cli import app
from kerndata.errors import ConfigurationError
from kerndata.local.samples import tables
from kerndata.local.samples.render import API, DELIVERIES, ROUND1
from kerndata.model.submission import Delivery, Submission
from kerndata.quality.assess import assess
from kerndata.quality.receipt import build, to_json
from kerndata.sources import HttpVia, load_source
from kerndata.steward.check import check_file

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
OF_THE_MOMENT = ("submission_id", "received_at", "written_at")
BROKEN: dict[str, bytes] = {
    "empty": b"",
    "binary": b"Provincie;Jaar\0\n",
    "header_only": b"Provincie;Indicator;Jaar;Waarde;Eenheid;Status\n",
    "other_columns": b"a;b\n1;2\n",
    "wrong_values": (
        b"Provincie;Indicator;Jaar;Waarde;Eenheid;Status\n"
        b"Gelderland;H3.4;2023;1.351;MW;\nGelderland;H3.4;2024;12;MWh;\nGelderland;H3.3;2030;12;aantal;\n"
        b"Gelderland;H3.3;2023;12;aantal;\nGelderland;H3.3;2023;13;aantal;\n"
    ),
}


@dataclass(frozen=True)
class Delivered:
    """A file as ingestion gets it: ``name`` is the key below ``drop/``, or the pull's."""

    slug: str
    name: str
    delivery: str
    path: Path

    def __str__(self) -> str:
        return f"{self.slug}:{self.path.parent.name}/{self.path.name}"


def _delivered() -> list[Delivered]:
    found = []
    for folder in (DELIVERIES, ROUND1):
        for path in sorted((tables.HERE / folder).glob("*/drop/*/*")):
            slug, key = path.parts[-4], f"drop/{path.parts[-2]}/{path.name}"
            delivery = load_source(slug).delivery_name(key)
            assert delivery
            found.append(Delivered(slug, key.removeprefix("drop/"), delivery, path))
    for path in sorted((tables.HERE / API).glob("*/*")):
        for name, spec in load_source(path.parent.name).deliveries.items():
            if isinstance(spec.via, HttpVia) and spec.via.path == f"/{path.parent.name}/{path.name}":
                found.append(Delivered(path.parent.name, name, name, path))
    return found


def ingested(one: Delivered) -> dict[str, Any]:
    """The receipt of ingestion, as JSON: judged by Great Expectations too."""
    source = load_source(one.slug)
    spec = source.deliveries[one.delivery]
    assessment = assess(
        one.path, source=source, spec=spec, submission_id="S-0123456789abcdef", file_name=one.name, judge=True
    )
    verdict = assessment.verdict
    submission = Submission(
        id="S-0123456789abcdef", sequence=1, province=one.slug, delivery=Delivery(one.slug, "b", one.name, "v", NOW),
        sha256="", size_bytes=0, dataset=spec.dataset, delivery_name=one.delivery, status=verdict.status,
        counts=verdict.counts, received_at=NOW,
    )  # fmt: skip
    return content(to_json(build(submission, assessment, source, NOW)))


def content(receipt: bytes | str) -> dict[str, Any]:
    """A receipt without what depends on the moment and on where the file was."""
    told: dict[str, Any] = json.loads(receipt)
    assert told["file"].pop("sha256") is not None
    assert told["file"].pop("size_bytes") is not None
    return {key: value for key, value in told.items() if key not in OF_THE_MOMENT}


@pytest.mark.parametrize("one", _delivered(), ids=str)
def test_the_same_receipt_for_every_sample(one: Delivered) -> None:
    checked = check_file(one.path, one.slug, one.delivery)
    assert content(to_json(checked.receipt(NOW))) == ingested(one)


@pytest.mark.parametrize("fault", BROKEN)
def test_the_same_receipt_for_every_broken_file(fault: str, tmp_path: Path) -> None:
    path = tmp_path / "kerndataset_2024.csv"
    path.write_bytes(BROKEN[fault])
    result = CliRunner().invoke(app, ["check", str(path), "--province", "gelderland", "--json"])
    assert result.exit_code == 1
    told = content(result.stdout)
    assert told == ingested(Delivered("gelderland", f"indicators/{path.name}", "kerndataset", path))
    assert told["findings"]


def test_a_name_that_fits_no_delivery_is_wrong_usage(tmp_path: Path) -> None:
    path = tmp_path / "iets.csv"
    path.write_bytes(b"a;b\n1;2\n")
    with pytest.raises(
        ConfigurationError,
        match="past bij geen enkele levering van Gelderland; noem de levering zelf met --delivery: kernd",
    ):
        check_file(path, "gelderland")
    with pytest.raises(ConfigurationError, match="geen levering „iets”"):
        check_file(path, "gelderland", "iets")
