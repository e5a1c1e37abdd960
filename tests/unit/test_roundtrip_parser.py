"""Whatever is delivered comes back with the same values or is refused; never with other values."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from tests.unit.roundtrip import Delivery, deliveries, differences, disturbed, harmonised
from tests.unit.roundtrip_projects import projects

from kerndata.errors import FileFault

SHARE = {"csv": 950, "disturbed": 200, "formats": 100, "notation": 500, "projects": 220, "project formats": 30}
FORMATS = ("json", "parquet", "zip", "xlsx", "xls", "ods")
FACTOR = 20 if settings.get_current_profile_name() == "search" else 1
pytestmark = pytest.mark.timeout(300 * FACTOR)


def examples(name: str) -> settings:
    """So many examples as agreed in ``SHARE``; twenty times as many in the search by hand."""
    checks = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
    return settings(max_examples=SHARE[name] * FACTOR, suppress_health_check=checks, deadline=None)


def exactly(delivery: Delivery, folder: Path) -> None:
    got = harmonised(delivery, folder)
    assert not isinstance(got, FileFault), got
    assert differences(delivery, got) == []
    assert got.cell_findings.empty, got.cell_findings.to_dict("records")
    assert (got.unmapped_columns, got.remarks) == ((), ())


@examples("csv")
@given(delivery=deliveries(("csv",)))
def test_a_delivery_written_as_agreed_comes_back_exactly(delivery: Delivery, tmp_path: Path) -> None:
    exactly(delivery, tmp_path)


@examples("formats")
@given(delivery=deliveries(FORMATS))
def test_so_does_every_other_format(delivery: Delivery, tmp_path: Path) -> None:
    exactly(delivery, tmp_path)


@examples("notation")
@given(delivery=deliveries(("csv",), is_agreed=False))
def test_a_notation_other_than_agreed_gives_the_same_values_or_a_refusal(delivery: Delivery, tmp_path: Path) -> None:
    got = harmonised(delivery, tmp_path)
    assert isinstance(got, FileFault) or differences(delivery, got) == []


@examples("disturbed")
@given(delivery=disturbed())
def test_so_does_a_file_that_is_not_laid_out_as_agreed(delivery: Delivery, tmp_path: Path) -> None:
    got = harmonised(delivery, tmp_path)
    assert isinstance(got, FileFault) or differences(delivery, got) == []


@examples("projects")
@given(delivery=projects())
def test_projects_keep_what_was_written_whatever_the_notation_and_the_system_of_places(
    delivery: Delivery, tmp_path: Path
) -> None:
    got = harmonised(delivery, tmp_path)
    assert not isinstance(got, FileFault), got
    assert differences(delivery, got) == []


@examples("project formats")
@given(delivery=projects(("geojson", "json", "xlsx", "zip")))
def test_so_do_projects_in_every_other_format(delivery: Delivery, tmp_path: Path) -> None:
    got = harmonised(delivery, tmp_path)
    assert not isinstance(got, FileFault), got
    assert differences(delivery, got) == []


def test_there_are_two_thousand_examples_at_least() -> None:
    assert sum(SHARE.values()) >= 2000
