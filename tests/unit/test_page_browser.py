"""The public page in a real browser (Debian's ``chromium``, headless); skipped where there is none.

Served as it is published: the fixed address, and below it two releases: the demo's and an invented one with
figures that cannot be summed, gaps of every kind, and projects of every technology and phase.
"""

import csv
import functools
import io
import re
import shutil
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, datetime
from decimal import Decimal
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from urllib.parse import urljoin

import duckdb
import pytest
from fsspec import AbstractFileSystem
from playwright.sync_api import Browser, Page, sync_playwright
from tests.unit.page_release import about, demo_releases, full_release

from kerndata.publish.page import FRONT, pages

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on PATH: the public page is not seen in a browser"
)

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
DEMO, FULL = "releases/2026.2/", "releases/2026.3/"
DESKTOP, PHONE = (1280, 900), (390, 844)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder behind the fixed address."""
    work = tmp_path_factory.mktemp("site")
    root = work / "kerndataset"
    _, demo = demo_releases(work / "demo")
    for one, version in (
        (full_release(work / "full", years=2, codes=("E1.1", "V2.8")), "2026.3"),
        (demo, "2026.2"),
    ):
        folder = shutil.copytree(one.folder, root / "releases" / version)
        _write(folder, pages(one.folder, about(one, version)))
        (folder / "SHA256SUMS").write_text("as published\n")
    for page in (root / DEMO / FRONT).iterdir():
        shutil.copy(page, root)
    return root


def _write(folder: Path, made: dict[str, bytes]) -> None:
    for name, body in made.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(body)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


class Seen:
    """What a page asked for and complained of."""

    def __init__(self, page: Page) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda one: self.requests.append(one.url))
        page.on("console", lambda one: self.complaints.append(one.text))
        page.on("pageerror", lambda one: self.complaints.append(str(one)))


@contextmanager
def opened(
    browser: Browser, url: str, size: tuple[int, int] = DESKTOP, scheme: str = "light", script: bool = True
) -> Iterator[tuple[Page, Seen]]:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,  # type: ignore[arg-type]
        java_script_enabled=script,
        reduced_motion="reduce",
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    seen = Seen(page)
    page.goto(url)
    try:
        yield page, seen
    finally:
        context.close()


def draw_all(page: Page) -> None:
    """Scroll past every chart, so that each is drawn."""
    for figure in page.locator("[data-chart]").all():
        figure.scroll_into_view_if_needed()
        figure.locator("xpath=self::*[@data-ready]").wait_for()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_there_is_no_violation_of_wcag(
    browser: Browser, address: str, scheme: str, size: tuple[int, int], script: bool
) -> None:
    # axe needs scripts itself: without script means without the page's own.
    with opened(browser, "about:blank", size, scheme) as (page, _):
        if not script:
            page.route("**/assets/*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
        page.goto(f"{address}{FULL}{'index' if script else 'en'}.html")
        if script:
            draw_all(page)
        assert violations(page) == []


def test_nor_in_the_release_of_the_demo(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}index.html") as (page, _):
        draw_all(page)
        assert violations(page) == []


def violations(page: Page) -> list[tuple[str, str]]:
    """What axe finds on the page with every part of it open: rule and first element."""
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    page.evaluate(AXE)
    assert page.evaluate("axe.getRules(['wcag22aa']).length") > 0
    found = page.evaluate("(tags) => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", TAGS)
    assert len(found["passes"]) > 10
    return [(one["id"], one["nodes"][0]["html"][:200]) for one in found["violations"]]


@pytest.mark.parametrize("width", [390, 320])
def test_a_phone_never_scrolls_sideways(browser: Browser, address: str, width: int) -> None:
    for name in (f"{DEMO}index.html", f"{FULL}index.html", f"{FULL}en.html"):
        with opened(browser, address + name, (width, 800), script=name.startswith(DEMO)) as (page, _):
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_only_its_own_files_are_asked_for_and_nothing_is_complained_of(browser: Browser, address: str) -> None:
    for name in ("index.html", f"{DEMO}en.html"):
        with opened(browser, address + name) as (page, seen):
            draw_all(page)
            assets = [f"{address}{DEMO}assets/{one}" for one in ("page.js", "vega.js")]
            assert seen.requests == [address + name, *assets]
            assert seen.complaints == []


def test_without_javascript_everything_is_there_as_picture_and_table(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}{DEMO}index.html", script=False) as (page, seen):
        assert seen.requests == [f"{address}{DEMO}index.html"]
        assert page.locator("article").count() == 8
        for one in ("svg.chart", "svg.map", "table.ranking"):
            assert page.locator(f"{one}:visible").count() == 8
        assert page.locator("button:visible, select:visible, input:visible").count() == 0
        assert page.get_by_role("link", name="English").get_attribute("href") == "en.html"


def test_when_the_library_does_not_come_the_pictures_stay(browser: Browser, address: str) -> None:
    with opened(browser, "about:blank") as (page, _):
        page.route("**/vega.js", lambda route: route.abort())
        page.goto(f"{address}{DEMO}index.html")
        page.query_selector_all("[data-chart]")[0].scroll_into_view_if_needed()
        page.wait_for_timeout(300)
        assert page.locator("svg.chart:visible").count() == 8
        assert page.locator(".live").count() == 0


def test_the_chart_shows_the_region_that_is_chosen(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}{DEMO}index.html") as (page, _):
        draw_all(page)
        figure = page.locator("[data-chart=h3-4]")
        bars = figure.locator(".mark-rect path[d]")
        assert bars.count() == 6
        assert bars.nth(5).get_attribute("fill") == "url(#streep)"  # provisional
        assert figure.locator(".role-axis-label").get_by_text("6.000").count() == 1
        figure.get_by_label("Toon in de grafiek").select_option("Alle provincies")
        assert figure.locator(".mark-line path").count() == 12
        figure.get_by_label("Toon in de grafiek").select_option("Drenthe")
        assert bars.count() == 6
        gaps = page.locator("[data-chart=h3-5] .mark-text.layer_1_marks text")
        assert gaps.all_text_contents() == ["10/12", "10/12"]


def test_an_indicator_is_found_by_name_in_both_languages_and_by_code(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}{DEMO}index.html", PHONE) as (page, _):
        finder = page.get_by_label("Zoek een indicator")
        for typed, count in (("zonne", 3), ("inverter", 1), ("H3.10", 1), ("kernfusie", 0)):
            finder.fill(typed)
            assert page.locator(".toc ul ul a:visible").count() == count
            assert page.get_by_role("status").inner_text() == f"{count} gevonden"
        finder.fill("")
        assert page.get_by_role("status").inner_text() == ""


def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}{DEMO}index.html") as (page, _):
        draw_all(page)
        page.evaluate("window.scrollTo(0, 0)")
        expected = page.evaluate(
            "[...document.querySelectorAll('a[href], button, select, input, summary, [tabindex=\"0\"]')]"
            ".filter((one) => one.checkVisibility()).length"
        )
        page.evaluate("document.activeElement.blur()")
        page.evaluate("window.reached = new Set(); window.unseen = []")
        for _ in range(expected):
            page.keyboard.press("Tab")
            page.evaluate(
                "() => { const one = document.activeElement; reached.add(one);"
                " if (getComputedStyle(one).outlineStyle === 'none') unseen.push(one.outerHTML) }"
            )
        assert page.evaluate("[reached.size, unseen]") == [expected, []]
        assert expected > 60


def test_the_skip_link_comes_first_and_leads_to_the_content(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}{DEMO}index.html") as (page, _):
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "inhoud"


def test_every_download_and_every_link_to_another_page_is_there(browser: Browser, address: str) -> None:
    later = {"feed.xml", "latest.json"}  # written when a release becomes visible
    for name in ("index.html", f"{DEMO}index.html", f"{DEMO}en.html"):
        with opened(browser, address + name, script=False) as (page, _):
            links = [urljoin(page.url, one.get_attribute("href")) for one in page.query_selector_all("a[href]")]
            mine = {one.partition("#")[0] for one in links if one.startswith(address)}
            assert len(mine) > 10
            for link in mine:
                assert page.request.get(link).ok or link.rpartition("/")[2] in later, link


class Loopback(AbstractFileSystem):
    """Reads whole files over HTTP for DuckDB: its own extension for that is not installed from a package index."""

    protocol = "http"
    cachable = False

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return path

    def info(self, path: str, **_: object) -> dict[str, object]:
        return {"name": path, "size": len(self._body(path)), "type": "file"}

    def glob(self, path: str, **_: object) -> list[str]:
        return [path]

    def modified(self, path: str) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def open(self, path: str, mode: str = "rb", **_: object) -> io.BytesIO:
        return io.BytesIO(self._body(path))

    def _body(self, path: str) -> bytes:
        with urllib.request.urlopen(path, timeout=10) as answer:
            return answer.read()


@pytest.mark.parametrize("name", ["index.html", f"{DEMO}en.html"])
def test_the_examples_run_as_they_are_copied(browser: Browser, address: str, name: str) -> None:
    with opened(browser, address + name) as (page, _):
        told = {}
        for one in ("pandas", "duckdb", "r", "excel"):
            page.locator(f".snippet:has([data-snippet={one}]) button").click()
            told[one] = page.evaluate("navigator.clipboard.readText()")
            assert f"{address}{DEMO}" in told[one]

    shown = io.StringIO()
    with redirect_stdout(shown):
        exec(compile(told["pandas"], "example", "exec"), {})
    assert "PV24" in shown.getvalue()
    assert "2161.0" in shown.getvalue()

    with duckdb.connect() as connection:
        connection.register_filesystem(Loopback())
        rows = connection.execute(told["duckdb"]).fetchall()
    assert len(rows) == 72
    assert ("PV24", "2024", 2161, "MW", "nader_voorlopig", None) in rows

    assert f'read.csv("{address}{DEMO}indicators.csv", na.strings = ""' in told["r"]
    assert f'Web.Contents("{address}{DEMO}national.csv")' in told["excel"]
    assert all(told["r"].count(left) == told["r"].count(right) for left, right in ("()", "[]", "{}"))


# Power Query's words that the example for Excel uses, as Microsoft's reference of the M language tells them.
M_STEPS = re.compile(
    r"let\n    Source = Csv\.Document\(\n"
    r'        Web\.Contents\("(?P<address>[^"]+)"\),\n'
    r'        \[Delimiter = "(?P<delimiter>.)", Encoding = (?P<encoding>\d+), QuoteStyle = QuoteStyle\.Csv\]\n    \),\n'
    r"    Headed = Table\.PromoteHeaders\(Source, \[PromoteAllScalars = true\]\),\n"
    r"    Numbers = Table\.TransformColumnTypes\(\n        Headed,\n        \{\n(?P<types>[^()]+)\n        \},\n"
    r'        "(?P<culture>[^"]+)"\n    \)\n'
    r"in\n    Numbers\s*"
)


def test_the_example_for_excel_says_how_the_file_is_written(browser: Browser, address: str) -> None:
    """No Excel runs here: its four steps are followed by hand on the file that they fetch."""
    with opened(browser, f"{address}{DEMO}index.html") as (page, _):
        page.locator(".snippet:has([data-snippet=excel]) button").click()
        told = M_STEPS.fullmatch(page.evaluate("navigator.clipboard.readText()"))
    assert told
    with urllib.request.urlopen(told["address"], timeout=10) as answer:
        text = answer.read().decode({"65001": "utf-8"}[told["encoding"]])
    head, *rows = csv.reader(io.StringIO(text), delimiter=told["delimiter"], strict=True)
    types = dict(re.findall(r'\{"(\w+)", (type number|Int64\.Type)\}', told["types"]))
    cells = {name: [Decimal(one) for row in rows if (one := row[head.index(name)])] for name in types}

    assert told["culture"] == "en-US"
    assert {len(row) for row in rows} == {len(head)}
    assert re.sub(r'[{}"\s,]|type number|Int64\.Type', "", told["types"]) == "".join(types)
    assert [name for name in head if re.search(r"value$|^provinces_(?!missing|withheld)", name)] == sorted(
        types, key=head.index
    )
    assert Decimal(6955) in cells["value"]
    assert all(one == int(one) for name, kind in types.items() if kind == "Int64.Type" for one in cells[name])


@pytest.mark.skipif(not shutil.which("Rscript"), reason="Rscript is not installed (Debian: r-base-core)")
def test_the_example_in_r_runs_as_it_is_copied(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}{DEMO}index.html") as (page, _):
        page.locator(".snippet:has([data-snippet=r]) button").click()
        told = page.evaluate("navigator.clipboard.readText()")

    done = subprocess.run(["Rscript", "-e", told], capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 0, done.stderr
    drenthe, gelderland = (one.split() for one in done.stdout.splitlines() if one.startswith(("PV22", "PV25")))
    assert (drenthe[-1], gelderland[-1]) == ("271", "247")


def test_the_page_opens_from_a_folder_too(browser: Browser, site: Path) -> None:
    with opened(browser, (site / DEMO / "index.html").as_uri()) as (page, seen):
        draw_all(page)
        assert seen.complaints == []
        assert 'read_parquet("indicators.parquet")' in page.locator("[data-snippet=pandas]").inner_text()
