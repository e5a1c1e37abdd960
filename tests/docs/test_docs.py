"""What the pages say exists: links, commands, make targets, Dags, settings."""

import re
from pathlib import Path

import pytest
import typer.main
import yaml

from kerndata.cli import app
from kerndata.contracts.contract import DATASETS, load_contract
from kerndata.local.exchange import VARIABLES
from kerndata.model.finding import Severity
from kerndata.quality.receipt_words import KEPT, OUTCOMES
from kerndata.sources.registry import load_sources
from kerndata.sources.schema import DeliverySpec
from kerndata.sources.via import OgcVia

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md"), *REPOSITORY.glob("include/**/*.md")])
GUIDE = REPOSITORY / "docs" / "how-to" / "leveren.md"
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert [link for link in LINK.findall(text_of(page)) if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_guide_for_provinces_names_every_remark(dataset: str) -> None:
    remarks = [one.id for one in load_contract(dataset).catalogue.values() if one.severity is Severity.WARNING]
    assert [one for one in (*remarks, *KEPT) if f"`{one}`" not in text_of(GUIDE)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    known = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    named = set(re.findall(r"^kerndata ([a-z]+)|`kerndata ([a-z]+)", text_of(page), re.MULTILINE))
    assert {one for pair in named for one in pair if one} - known == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of(REPOSITORY / "Makefile"), re.MULTILINE))
    named = set(re.findall(r"^make ([a-z-]+)|`(?:[A-Z_]+=\S+ )?make ([a-z-]+)`", text_of(page), re.MULTILINE))
    assert {one for pair in named for one in pair if one} - targets == set()


def test_every_dag_file_is_in_the_engineers_page() -> None:
    page = text_of(REPOSITORY / "docs" / "how-to" / "run-the-exchange.md")
    missing = [path.stem for path in (REPOSITORY / "dags").glob("*.py") if f"`{path.stem}" not in page]
    assert missing == []


def test_every_setting_of_the_command_is_in_the_engineers_page() -> None:
    page = text_of(REPOSITORY / "docs" / "how-to" / "run-the-exchange.md")
    assert [name for name in VARIABLES if name not in page] == []


def test_every_decision_is_in_the_index() -> None:
    index = text_of(REPOSITORY / "docs" / "adr" / "README.md")
    pages = [path.name for path in (REPOSITORY / "docs" / "adr").glob("0*.md")]
    assert pages
    assert [name for name in pages if name not in index] == []


def test_the_readme_shows_a_command_for_a_province_that_exists() -> None:
    named = re.findall(r"--province ([a-z_]+)", text_of(REPOSITORY / "README.md"))
    assert named
    assert set(named) <= set(load_sources())


def test_the_guide_explains_every_outcome_that_a_receipt_can_have() -> None:
    explained = re.findall(r"^\| ([^|]+) \| ", text_of(GUIDE), re.MULTILINE)
    assert {outcome for outcome, _ in OUTCOMES.values()} - set(explained) == set()
    assert "opnieuw beoordeeld" in text_of(GUIDE)


@pytest.mark.parametrize("command", ["check", "template"])
def test_every_option_that_the_guide_names_exists(command: str) -> None:
    known = {one for parameter in typer.main.get_command(app).commands[command].params for one in parameter.opts}  # type: ignore[attr-defined]
    lines = re.findall(rf"^kerndata {command} .*", text_of(GUIDE), re.MULTILINE)
    assert lines
    assert set(re.findall(r"(?<= )--[a-z]+", " ".join(lines))) - known == set()


def test_the_guides_for_provinces_lead_to_each_other_and_show_their_pictures() -> None:
    assert "leveren-api.md" in LINK.findall(text_of(GUIDE))
    assert "leveren.md" in LINK.findall(text_of(GUIDE.with_name("leveren-api.md")))
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text_of(GUIDE))
    assert pictures
    assert [one for one in pictures if (GUIDE.parent / one).stat().st_size > 150_000] == []


def test_the_example_source_in_the_guide_for_apis_is_a_right_one() -> None:
    [example] = re.findall(r"^```yaml\n(.*?)^```", text_of(GUIDE.with_name("leveren-api.md")), re.MULTILINE | re.DOTALL)
    [delivery] = yaml.safe_load(example)["deliveries"].values()
    columns = {name: name for name in ("name", "phase", "project_id", "region", "technology")}
    assert type(DeliverySpec.model_validate(delivery | {"columns": columns}).via) is OgcVia


def test_every_heading_that_the_guide_links_to_is_there() -> None:
    headings = re.findall(r"^#+ (.+)", text_of(GUIDE), re.MULTILINE)
    known = {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", text_of(GUIDE))) - known == set()
