"""``kerndata check`` on a steward's own machine: alone, quick, and with what it needs to be told."""

import os
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import openpyxl
import pytest

from kerndata.cli import main
from kerndata.local.samples import tables
from kerndata.steward.check import check_file

REPOSITORY = Path(__file__).resolve().parents[2]
GOOD = tables.HERE / "deliveries" / "gelderland" / "drop" / "indicators" / "kerndataset_2024.csv"
BAD = tables.HERE / "round1" / "gelderland" / "drop" / "indicators" / "kerndataset_2024.csv"
WORKBOOK = tables.HERE / "deliveries" / "drenthe" / "drop" / "projects" / "Windparken.xlsx"
INDICATORS = tables.HERE / "deliveries" / "drenthe" / "drop" / "indicators" / "Kerncijfers energie.xlsx"
ABSENT = (
    "airflow", "great_expectations", "sqlalchemy", "alembic", "psycopg", "boto3", "botocore", "duckdb", "requests",
    "supervisor", "stix2",
)  # fmt: skip
# What a province installs (the extra "steward" of pyproject.toml): everything that `check` imports.
LIGHT = {
    "pandas", "numpy", "pyarrow", "pydantic", "pydantic-core", "annotated-types", "typing-extensions",
    "typing-inspection", "pyyaml", "typer", "click", "rich", "pygments", "markdown-it-py", "mdurl", "shellingham",
    "jinja2", "markupsafe", "open-data-contract-standard", "python-calamine", "openpyxl", "et-xmlfile",
    "python-dateutil", "six", "tzdata", "kerndata", "annotated-doc", "pyproj", "certifi",
}  # fmt: skip
ALONE = f"""
import socket, sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {ABSENT!r}:
            raise ModuleNotFoundError(name + " is not installed here", name=name)
sys.meta_path.insert(0, Absent())
def refuse(*_, **__):
    raise OSError("no network here")
socket.socket.connect = refuse
socket.create_connection = refuse
socket.getaddrinfo = refuse
"""
# What a virtual environment imports itself, and what pandas imports only where it happens to be.
NOT_OURS = {"setuptools", "pip", "coverage", "pytest", "_distutils_hack", "pytz"}


def run(*arguments: str, path: Path | None = None, program: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own; ``path``: a folder whose ``sitecustomize`` comes first."""
    code = program or "from kerndata.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(path or ""), str(REPOSITORY / "include")])}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(("file", "slug"), [(GOOD, "gelderland"), (WORKBOOK, "drenthe")], ids=["csv", "xlsx"])
def test_it_needs_no_network_database_airflow_or_great_expectations(tmp_path: Path, file: Path, slug: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(ALONE, encoding="utf-8")
    done = run("check", str(file), "--province", slug, "--html", str(tmp_path / "page.html"), path=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "goed" in done.stdout
    assert (tmp_path / "page.html").stat().st_size > 1000


def test_it_imports_nothing_outside_the_light_list() -> None:
    program = (
        "import sys\nfrom kerndata.cli import main\ntry:\n    main()\nexcept SystemExit:\n    pass\n"
        "sys.stderr.write('\\n'.join({name.partition('.')[0] for name in sys.modules}))"
    )
    done = run("check", str(GOOD), "--province", "gelderland", program=program)
    owners = packages_distributions()
    imported = {owner.lower().replace("_", "-") for name in done.stderr.split() for owner in owners.get(name, [])}
    assert imported - LIGHT - NOT_OURS == set()


def test_ten_thousand_rows_take_less_than_three_seconds_start_included(tmp_path: Path) -> None:
    row = "G-{};Buren;Windpark;Buren;8,5 MW;4;20 GWh;In bedrijf;2014;18-8-2017;5,2;51,9\n"
    path = tmp_path / "projecten_2024.csv"
    header = (
        "Projectcode;Project;Soort;Gemeente;Vermogen;Turbines;Jaaropbrengst;Stand van zaken;Start;Peildatum;Lon;Lat"
    )
    path.write_text(header + "\n" + "".join(map(row.format, range(10_000))), encoding="utf-8")
    took = []
    for _ in range(3):  # computing time of the command and its child: what a machine that does nothing else waits
        start = os.times()
        done = run("check", str(path), "--province", "gelderland")
        end = os.times()
        took.append(end.children_user + end.children_system - start.children_user - start.children_system)
        assert "10000 goed" in done.stdout, done.stdout + done.stderr
        if took[-1] < 3:
            break
    assert min(took) < 3


def called(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Call the command in this process; return its exit status."""
    monkeypatch.setattr(sys, "argv", ["kerndata", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(str(ended.value.code or 0))


def test_the_exit_status_says_refused_or_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert called(monkeypatch, "check", str(GOOD), "--province", "gelderland") == 0
    assert called(monkeypatch, "check", str(BAD), "--province", "gelderland") == 1
    assert called(monkeypatch, "check", str(GOOD), "--province", "nergens") == 2
    assert called(monkeypatch, "check", str(tmp_path / "absent.csv"), "--province", "drenthe") == 2
    assert called(monkeypatch, "check", "--help") == 0
    told = capsys.readouterr().out
    assert all(text in told for text in ("0 niets geweigerd", "1 er is", "2 verkeerd gebruik"))


def test_the_marked_copy_is_the_file_with_the_reasons_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    marked = tmp_path / "gemarkeerd.csv"
    assert called(monkeypatch, "check", str(BAD), "--province", "gelderland", "--marked", str(marked)) == 1
    assert "kerndata_redenen" in marked.read_text(encoding="utf-8-sig").splitlines()[0]
    called(monkeypatch, "check", str(GOOD), "--province", "gelderland", "--marked", str(marked))
    assert "niets te markeren" in capsys.readouterr().out


def test_without_the_previous_file_the_rules_that_need_it_are_named() -> None:
    alone = check_file(GOOD, "gelderland")
    beside = check_file(GOOD, "gelderland", previous=GOOD)
    assert alone.assessment.not_checked
    assert beside.assessment.not_checked == ()
    assert beside.assessment.comparison


def test_a_file_in_a_copy_of_the_inbox_is_known_by_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "projects"
    folder.mkdir()
    openpyxl.load_workbook(WORKBOOK).save(folder / "Zomaar.xlsx")
    assert check_file(folder / "Zomaar.xlsx", "drenthe").delivery == "windparken"


def test_a_name_that_fits_two_deliveries_is_told_by_its_headers(tmp_path: Path) -> None:
    for original, delivery in ((WORKBOOK, "windparken"), (INDICATORS, "kerncijfers")):
        path = tmp_path / "Zomaar.xlsx"
        openpyxl.load_workbook(original).save(path)
        assert check_file(path, "drenthe").delivery == delivery


def test_headers_that_fit_neither_are_asked_about_in_dutch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["iets", "anders"])
    book.worksheets[0].append([1, 2])
    book.save(tmp_path / "Zomaar.xlsx")
    assert called(monkeypatch, "check", str(tmp_path / "Zomaar.xlsx"), "--province", "drenthe") == 2
    told = " ".join(capsys.readouterr().err.split())
    assert told == (
        "Niet mogelijk: „Zomaar.xlsx” past bij meer dan één levering van Drenthe; noem de levering zelf met "
        "--delivery: kerncijfers, windparken"
    )
