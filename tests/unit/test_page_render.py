"""The public page holds what the release holds, in both languages, and the same bytes every time."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest
import yaml
from tests.unit.page_release import about, demo_releases, full_release

from kerndata.errors import ConfigurationError
from kerndata.merge.tables import table_of
from kerndata.model.release import ReleaseFile
from kerndata.publish.candidate import Candidate
from kerndata.publish.page import FRONT, pages
from kerndata.publish.page.notation import compact, number, percent, size
from kerndata.publish.page.words import Words

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)></style>{{ 7 * 7 }}<prefix><root>&amp;"
PACKAGE = files("kerndata.publish.page")


class Elements(HTMLParser):
    """What a browser would make of a page: elements with their attributes, and the text outside style and script."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.scripts: list[str] = []
        self.inside = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.inside = tag if tag in {"script", "style"} else self.inside

    def handle_endtag(self, tag: str) -> None:
        self.inside = "" if tag == self.inside else self.inside
        self.text += " " if tag in {"td", "th", "li", "p", "b", "option", "caption"} else ""

    def handle_data(self, data: str) -> None:
        if self.inside == "script":
            self.scripts.append(data)
        elif not self.inside:
            self.text += data

    @property
    def plain(self) -> str:
        return " ".join(self.text.split())

    def of(self, tag: str, name: str) -> list[str]:
        return [attributes[name] or "" for found, attributes in self.found if found == tag and name in attributes]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Candidate, Candidate]:
    return demo_releases(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def made(demo: tuple[Candidate, Candidate]) -> Mapping[str, bytes]:
    return pages(demo[1].folder, about(demo[1], "2026.2"))


@pytest.fixture(scope="module")
def dutch(made: Mapping[str, bytes]) -> Elements:
    return Elements(made["index.html"])


@pytest.fixture(scope="module")
def english(made: Mapping[str, bytes]) -> Elements:
    return Elements(made["en.html"])


@pytest.fixture(scope="module")
def full_both(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    one = full_release(tmp_path_factory.mktemp("full") / "work")
    return pages(one.folder, about(one, "2026.3"))


@pytest.fixture(scope="module")
def full(full_both: Mapping[str, bytes]) -> bytes:
    return full_both["index.html"]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Elements:
    work = tmp_path_factory.mktemp("hostile") / "work"
    kept = {"province_code", "region_level", "region_code", "indicator_code", "submission_id", "period", "project_id"}
    texts = {
        field.name: HOSTILE
        for dataset in ("indicators", "projects")
        for field in table_of(dataset).schema
        if str(field.type) == "string" and field.name not in kept
    }
    one = full_release(work, years=2, **texts)
    return Elements(pages(one.folder, about(one, "2026.3"))["index.html"])


def test_the_national_picture_is_in_dutch_and_in_english_notation(dutch: Elements, english: Elements) -> None:
    assert "Opgesteld vermogen wind op land H3.4 Onshore wind capacity 6.955 MW in 2024 nader voorlopig" in dutch.plain
    assert (
        "Onshore wind capacity H3.4 Opgesteld vermogen wind op land 6,955 MW in 2024 revised provisional"
        in english.plain
    )
    assert (dutch.of("html", "lang")[0], english.of("html", "lang")[0]) == ("nl", "en")


def test_a_year_in_which_provinces_are_missing_shows_its_coverage_and_never_a_total(dutch: Elements) -> None:
    [drawn] = [
        one for one in dutch.of("svg", "aria-label") if "Staafdiagram van Productie wind op land (werkelijk)" in one
    ]
    assert "2019: geen totaal (10/12 provincies); 2020: geen totaal (10/12 provincies); 2021: " in drawn
    assert "2020: 10 van 12 provincies. Drenthe: geheim; Limburg: onbekend." in dutch.plain
    assert "Alle twaalf provincies hebben een waarde: 2021–2024." in dutch.plain


def test_a_provisional_year_is_marked_in_picture_text_and_table(dutch: Elements) -> None:
    bars = [one for one in dutch.of("rect", "class") if one in {"mark final", "mark provisional"}]
    assert bars.count("mark provisional") == 8 + 1  # the last year of each indicator, and the key
    assert "2024: 6.955 (voorlopig)" in " ".join(dutch.of("svg", "aria-label"))
    assert "1 Flevoland 2.161*" in dutch.plain


def test_the_ranking_gives_share_and_change(dutch: Elements) -> None:
    assert "1 Flevoland 2.161* 31,1% +11,8% 2 Groningen 916* 13,2% +5,5%" in dutch.plain


def test_projects_coverage_and_changes_are_told(dutch: Elements) -> None:
    assert "201 projecten, samen 2.863,5 MW." in dutch.plain
    assert "Wind op land gerealiseerd 201 2.863,5" in dutch.plain
    assert "Drenthe 41 4 0 0 0 91,1% 2" in dutch.plain
    assert "indicatoren toegevoegd nieuwe levering 49" in dutch.plain


def test_a_first_release_and_an_unchanged_one_say_so(demo: tuple[Candidate, Candidate]) -> None:
    first = demo[0]
    page = Elements(pages(first.folder, about(first, "2026.1"))["index.html"])
    assert "Dit is de eerste uitgave: alles is nieuw." in page.plain
    assert "1 eerste uitgave" in page.plain
    assert "11/12" in page.plain  # Limburg has not delivered: no national figure of any year
    assert "Limburg: niet geleverd" in page.plain


def test_every_file_is_offered_with_its_size_and_hash(demo: tuple[Candidate, Candidate], dutch: Elements) -> None:
    links = dutch.of("a", "href")
    for one in demo[1].files:
        assert one.name in links
        assert one.sha256 in dutch.text
    [parquet] = [one for one in demo[1].files if one.name == "indicators.parquet"]
    size = f"{parquet.size_bytes / 1000:.1f} kB".replace(".", ",")
    assert f"indicators.parquet Waarden per provincie, periode en categorie 540 {size}" in dutch.plain


def test_the_page_at_the_fixed_address_leads_into_the_release(demo: tuple[Candidate, Candidate]) -> None:
    told = about(demo[1], "2026.2")
    found = pages(demo[1].folder, told)
    page = Elements(found[f"{FRONT}index.html"])

    assert {name for name in found if name.startswith(FRONT)} == {f"{FRONT}index.html", f"{FRONT}en.html"}
    assert "releases/2026.2/indicators.csv" in page.of("a", "href")
    assert page.of("script", "src") == ["releases/2026.2/assets/page.js"]
    assert {"index.html", "feed.xml", "latest.json", "en.html"} <= set(page.of("a", "href"))
    assert {"../../index.html", "../../feed.xml"} <= set(Elements(found["en.html"]).of("a", "href"))
    assert not any(mark in body for body in found.values() for mark in (b"<prefix>", b"<root>"))


def test_every_link_inside_the_page_has_a_place_to_go(dutch: Elements) -> None:
    places = {attributes["id"] for _, attributes in dutch.found if "id" in attributes}
    assert {one[1:] for one in dutch.of("a", "href") if one.startswith("#")} <= places
    identifiers = [attributes["id"] for _, attributes in dutch.found if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))


def test_nothing_comes_from_elsewhere_and_the_style_is_the_one_that_is_allowed(dutch: Elements) -> None:
    loaded = [one for tag in ("script", "img", "iframe", "source") for one in dutch.of(tag, "src")]
    loaded += [one for one in dutch.of("link", "href") if one != "data:,"]
    assert loaded == ["assets/page.js", "en.html"]
    assert dutch.of("p", "style") == dutch.of("div", "style") == dutch.of("svg", "style") == []
    policy = next(
        one["content"] or "" for tag, one in dutch.found if one.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'sha256-")


def test_text_from_data_never_becomes_markup(hostile: Elements) -> None:
    assert HOSTILE in hostile.text  # it is shown, as text
    assert [tag for tag, _ in hostile.found].count("script") == 2
    assert not {"img", "prefix", "root"} & {tag for tag, _ in hostile.found}
    assert [name for _, attributes in hostile.found for name in attributes if name.startswith("on")] == []
    [block] = [one for one in hostile.scripts if one.strip()]
    assert json.loads(block)["values"]


def test_the_full_list_stays_bounded(full: bytes) -> None:
    page = Elements(full)

    assert len(full) < 1_500_000
    assert page.of("article", "id")[0] == "e1-1"
    assert len(page.of("article", "id")) == 38
    assert "2015" in page.text
    assert "2014" not in page.text  # ten years are shown
    assert "Uitgesplitst naar 1 andere categorieën in indicators.csv." in page.plain
    assert "klein" not in page.text


def test_a_figure_that_cannot_be_summed_shows_the_spread_of_the_provinces(full: bytes) -> None:
    page = Elements(full)

    assert page.of("circle", "class")
    assert "Er is geen landelijk cijfer: deze waarden laten zich niet optellen." in page.plain


def test_what_changed_most_is_told_with_its_cause(full: bytes) -> None:
    page = Elements(full)

    assert "Groningen H3.4 2024 5 (leeg) correctie" in page.plain
    assert re.search(r"Flevoland W\S+ capacity_mw 1 12\.5 correctie", page.plain)


def test_what_the_exchange_set_right_is_told_first_with_its_reason(full_both: Mapping[str, bytes]) -> None:
    for name, cause in (("index.html", "correctie"), ("en.html", "correction")):
        told = f"Flevoland W-dubbel turbines 5 6 {cause}: C-2026-003: counted again on site"
        assert told in Elements(full_both[name]).plain


def test_what_only_all_provinces_together_show_is_told_in_both_languages(full_both: Mapping[str, bytes]) -> None:
    dutch, english = Elements(full_both["index.html"]).plain, Elements(full_both["en.html"]).plain

    assert "Opmerking Project W-dubbel (Windpark Dubbel) van Flevoland is waarschijnlijk hetzelfde als G-6" in dutch
    assert "Remark Project W-dubbel (Windpark Dubbel) of Flevoland is probably the same as G-6" in english
    assert "Alle provincies naast elkaar" in dutch


def test_many_findings_on_all_together_are_counted_and_their_file_named(
    demo: tuple[Candidate, Candidate], tmp_path: Path
) -> None:
    for one in demo[1].folder.iterdir():
        (tmp_path / one.name).symlink_to(one)
    (tmp_path / "quality.json").unlink()
    told = {"rule_id": "S-PROJECT-TWICE", "severity": "error", "message_nl": HOSTILE, "message_en": "x"}
    (tmp_path / "quality.json").write_text(json.dumps({"datasets": {}, "together": [told] * 23}), encoding="utf-8")

    page = Elements(pages(tmp_path, about(demo[1], "2026.2"))["index.html"])

    assert page.text.count(HOSTILE) == 20
    assert "En nog 3; alles staat in quality.json." in page.plain


def test_scores_and_the_comparison_with_cbs_are_shown_when_the_release_has_them(
    demo: tuple[Candidate, Candidate], tmp_path: Path
) -> None:
    for one in demo[1].folder.iterdir():
        (tmp_path / one.name).symlink_to(one)
    scores = {"completeness": 0.9111, "validity": 1, "timeliness": None}
    told = {"datasets": {"indicators": [{"province_code": "PV22", "rows": 45, "scores": scores}]}}
    (tmp_path / "quality.json").write_text(json.dumps(told), encoding="utf-8")
    head = "indicator_code,period,category,national_value,reference_value,unexplained_value,agreement,reference_source"
    rows = ["H3.4,2023,totaal,6693,6693,0,agrees,CBS 70960ned", "H3.4,2024,totaal,6955,6950,5,differs,CBS 70960ned"]
    rows += ["H3.5,2019,totaal,,7000,,partial,CBS 70960ned"]
    (tmp_path / "reconciliation.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")

    page = Elements(pages(tmp_path, about(demo[1], "2026.2"))["index.html"])

    assert "Van 2 landelijke waarden met een onafhankelijk cijfer sluiten er 1 aan." in page.plain
    assert "H3.4 2024 6.955 6.950 5 nee CBS 70960ned" in page.plain
    assert "Drenthe 91,1% 100,0% " in page.plain
    assert "Tijdigheid" not in page.plain  # nothing was scored


def test_the_same_release_gives_the_same_bytes_in_any_process(demo: tuple[Candidate, Candidate]) -> None:
    code = (
        "import sys, hashlib, pathlib; from kerndata.publish.page import pages\n"
        "from kerndata.publish.about import About\n"
        "told, folder = About('2026.2', '2026.1', 'c' * 64, '1.0.0', ()), pathlib.Path(sys.argv[1])\n"
        "made = pages(folder, told)\n"
        "print({name: hashlib.sha256(body).hexdigest() for name, body in made.items()})"
    )
    found = set()
    for zone, locale, seed in (("UTC", "C", "1"), ("Pacific/Auckland", "nl_NL.UTF-8", "2")):
        environment = {**os.environ, "TZ": zone, "LC_ALL": locale, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", code, str(demo[1].folder)]
        found.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(found) == 1
    assert "assets/vega.js" in found.pop()


def test_the_libraries_are_those_that_their_page_names(made: Mapping[str, bytes]) -> None:
    vendor = PACKAGE.joinpath("assets/vendor")
    listed = dict(
        re.findall(
            r"^\| `(\S+)` \|.*\| `([0-9a-f]{64})` \|$", vendor.joinpath("README.md").read_text("utf-8"), re.MULTILINE
        )
    )
    assert len(listed) == 3
    assert {name: hashlib.sha256(vendor.joinpath(name).read_bytes()).hexdigest() for name in listed} == listed
    published = made["assets/vega.js"].decode()
    assert "University of Washington" in published
    assert "sourceMappingURL" not in published


def test_every_text_is_used_and_has_both_languages() -> None:
    words = yaml.safe_load(PACKAGE.joinpath("words.yaml").read_text("utf-8"))
    assert all(set(text) == {"nl", "en"} and all(text.values()) for text in words.values())
    used = "".join(
        one.read_text("utf-8")
        for folder in (PACKAGE, PACKAGE.joinpath("templates"))
        for one in folder.iterdir()
        if one.name.endswith((".py", ".html"))
    )
    by_code = (
        r"^(theme|status|reason|short|unit|technology|phase|dimension|dataset|change|cause|severity|about|snippet)_"
    )
    assert [key for key in words if not re.match(by_code, key) and f'"{key}"' not in used] == []
    with pytest.raises(ConfigurationError, match=r"words\.yaml"):
        Words("nl")("no such text")


def test_files_without_words_are_offered_too(demo: tuple[Candidate, Candidate]) -> None:
    told = replace(about(demo[1], "2026.2"), files=(ReleaseFile("other.bin", "0" * 64, 999, "x/y"),))
    assert "other.bin 999 B " in Elements(pages(demo[1].folder, told)["index.html"]).plain


@pytest.mark.parametrize(
    ("value", "nl", "short"),
    [
        ("27979732", "27.979.732", "28,0\u00a0mln"),
        ("6955", "6.955", "6.955"),
        ("1234.56", "1.234,6", "1.235"),
        ("6.25", "6,25", "6,25"),
        ("0.0314", "0,031", "0,031"),
        ("-0.5", "−0,5", "−0,5"),
        ("0", "0", "0"),
        ("2400000000", "2.400.000.000", "2,4\u00a0mld"),
        ("100.04", "100", "100"),
    ],
)
def test_numbers_are_written_as_people_read_them(value: str, nl: str, short: str) -> None:
    assert number(Decimal(value), "nl") == nl
    assert compact(Decimal(value), "nl") == short


def test_shares_and_sizes_are_written_in_the_language() -> None:
    assert percent(Decimal("0.1255"), "nl", signed=True) == "+12,6%"
    assert percent(Decimal("-0.02"), "en", signed=True) == "−2.0%"
    assert (size(999, "nl"), size(128_036, "nl"), size(2_500_000, "en")) == (
        "999\u00a0B",
        "128,0\u00a0kB",
        "2.5\u00a0MB",
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_figures_on_the_map_stand_out_from_their_tile(scheme: str) -> None:
    """A tool cannot see what lies behind a letter in a picture, so the colours are held against each other here."""
    light, dark = [
        line for line in PACKAGE.joinpath("templates/page.css").read_text("utf-8").split("\n") if "text.q0" in line
    ]
    style = dark if scheme == "dark" else light
    tiles = style if scheme == "dark" else PACKAGE.joinpath("templates/page.css").read_text("utf-8")
    for shade in range(5):
        [behind, *_] = re.findall(rf"\.tile\.q{shade} {{ fill: (#[0-9a-f]+)", tiles)
        [letters] = re.findall(rf"text\.q{shade}\b[^{{]*{{ fill: (#[0-9a-f]+)", style)
        assert contrast(behind, letters) >= 4.5, (shade, behind, letters)


def contrast(one: str, other: str) -> float:
    """Contrast ratio as WCAG defines it."""
    low, high = sorted(luminance(colour) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * one for one in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
