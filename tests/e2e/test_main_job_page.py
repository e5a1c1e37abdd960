"""The monitoring page in the real Airflow, after the main job: who gets in, and how it is in a browser."""

import re
import time
from collections.abc import Callable, Iterator, Mapping

import jwt
import pytest
import requests
from fastapi.routing import APIRoute
from playwright.sync_api import Browser, Frame, Page, expect, sync_playwright
from sqlalchemy import select
from tests.unit.test_page_browser import AXE, CHROMIUM, FLAGS, TAGS

from kerndata.ledger.tables import EndpointRow, NoticeRow
from kerndata.local import airflow_programs
from kerndata.local.demo import Told
from kerndata.local.stack import Stack
from kerndata.monitor import actions, documents, routes
from kerndata.monitor.guard import HEADERS

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
in_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH: the page is not seen in a browser")

ENDPOINT = "subscriber"
PAGES = ("", "submissions", "releases", "notices", f"endpoints/{ENDPOINT}", "audit", "provinces/limburg")


def token(stack: Stack, name: str, role: str | None) -> str:
    """A token as Airflow itself signs one, also for who has no role."""
    now = int(time.time())
    claims = {"sub": name, "role": role, "teams": [], "aud": "apache-airflow", "nbf": now, "iat": now, "exp": now + 900}
    return jwt.encode(claims, stack.secrets.airflow_jwt_secret, algorithm="HS512")


@pytest.fixture(scope="module")
def people(full_stack: Stack, told: Told) -> dict[str, Mapping[str, str]]:
    """What each sends along. The engineer's token is the one that Airflow gave for a password."""
    base = full_stack.addresses()["Airflow"]
    body = {"username": airflow_programs.USER, "password": full_stack.secrets.airflow_password}
    given = requests.post(f"{base}/auth/token", json=body, timeout=120).json()["access_token"]
    tokens = {"no role": token(full_stack, "somebody", None), "viewer": token(full_stack, "visitor", "viewer")}
    return {"nobody": {}} | {
        name: {"Authorization": f"Bearer {one}"} for name, one in (tokens | {"engineer": given}).items()
    }


@pytest.fixture(scope="module")
def addresses(full_stack: Stack, told: Told) -> list[tuple[str, str]]:
    """Method and address of every route, with what the main job left filled in."""
    with full_stack.ledger().transaction() as session:
        notice = session.scalar(select(NoticeRow.id).where(NoticeRow.endpoint == ENDPOINT).limit(1))
    filled = {"slug": "limburg", "submission_id": told.submissions[0].id, "version": told.first.version}
    filled |= {"name": ENDPOINT, "notice_id": str(notice), "rest": "no/such/page"}
    found = []
    for router in (documents.router, documents.originals, actions.router, routes.router):
        for route in router.routes:
            assert isinstance(route, APIRoute)
            path = re.sub(r"{(\w+)(:path)?}", lambda part: filled[part[1]], route.path)
            path = path.replace(f"/assets/{ENDPOINT}", "/assets/monitor.css")
            found += [(method, f"{full_stack.addresses()['Airflow']}/kerndata{path}") for method in route.methods]
    return found


def test_airflow_lets_nobody_in_who_may_not(
    people: dict[str, Mapping[str, str]], addresses: list[tuple[str, str]]
) -> None:
    assert len(addresses) >= 17
    for method, address in addresses:
        is_guarded = method == "POST" or address.endswith(("/docs", "/original"))
        there = 404 if "no/such" in address else 400 if method == "POST" else 200
        expected = {"nobody": 401, "no role": 403, "viewer": 403 if is_guarded else there, "engineer": there}
        answers = {
            name: requests.request(method, address, headers=headers, timeout=120, allow_redirects=False)
            for name, headers in people.items()
        }
        assert {name: one.status_code for name, one in answers.items()} == expected, (method, address)
        for one in answers.values():
            assert [name for name in HEADERS if name not in one.headers] == [], (method, address)


def test_a_browsers_cookie_is_enough_to_look_and_not_to_act(
    full_stack: Stack, people: dict[str, Mapping[str, str]]
) -> None:
    base = f"{full_stack.addresses()['Airflow']}/kerndata"
    with requests.Session() as browser:
        browser.cookies.set("_token", people["engineer"]["Authorization"].removeprefix("Bearer "))
        assert browser.get(f"{base}/notices", timeout=120).status_code == 200
        for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-origin"}):
            forged = browser.post(
                f"{base}/endpoints/{ENDPOINT}/pause", data={"why": "forged"}, headers=headers, timeout=120
            )
            assert forged.status_code == 403
    with full_stack.ledger().transaction() as session:
        row = session.get(EndpointRow, ENDPOINT)
        assert row is None or row.state == "active"


def test_a_submission_leads_to_the_run_that_processed_it(
    full_stack: Stack, told: Told, people: dict[str, Mapping[str, str]]
) -> None:
    base = f"{full_stack.addresses()['Airflow']}/kerndata"
    for one in told.submissions[:4]:
        address = f"{base}/submissions/{one.id}?format=json"
        run, log = requests.get(address, headers=people["viewer"], timeout=120).json()["runs"]
        dag_id, run_id = run["path"].split("/")[2], run["label"].removeprefix("Run ")
        assert full_stack.airflow_api().run(dag_id, run_id).state == "success"
        assert dag_id == f"land_{one.province}"
        assert re.search(r"/tasks/process_(drops|pulls|\w+)(/mapped/\d+)?$", log["path"])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


@pytest.fixture(scope="module")
def airflow_page(full_stack: Stack, told: Told, browser: Browser) -> Page:
    """Airflow's own page, signed in by hand."""
    page = browser.new_context(viewport={"width": 1400, "height": 900}, reduced_motion="reduce").new_page()
    page.set_default_timeout(90_000)
    page.goto(full_stack.addresses()["Airflow"])
    page.fill("input[name=username]", airflow_programs.USER)
    page.fill("input[name=password]", full_stack.secrets.airflow_password)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Kerndata", exact=True).wait_for()
    return page


@pytest.fixture
def opened(full_stack: Stack, airflow_page: Page) -> Callable[[str], Frame]:
    """Open a page of ours by the address that Airflow shows for it, and give what is in the frame."""

    def go(path: str) -> Frame:
        airflow_page.goto(f"{full_stack.addresses()['Airflow']}/plugin/kerndata/kerndata/{path}")
        return inside(airflow_page, path)

    return go


def inside(page: Page, path: str) -> Frame:
    page.wait_for_function(
        "path => frames.length && frames[0].location.pathname.endsWith('/kerndata/' + path)", arg=path
    )
    frame = page.frames[1]
    frame.wait_for_selector("#fresh button")
    return frame


@in_a_browser
def test_it_is_in_airflows_navigation_and_its_address_can_be_shared(airflow_page: Page) -> None:
    airflow_page.get_by_role("link", name="Kerndata", exact=True).click()
    frame = inside(airflow_page, "")
    expect(frame.locator(".matrix tbody tr")).to_have_count(12)
    frame.get_by_role("link", name="Limburg").click()
    airflow_page.wait_for_url("**/plugin/kerndata/kerndata/provinces/limburg")
    airflow_page.reload()
    assert inside(airflow_page, "provinces/limburg").locator("h1").inner_text() == "Limburg"


@in_a_browser
def test_a_link_to_a_run_opens_airflows_page_of_it(
    opened: Callable[[str], Frame], airflow_page: Page, told: Told
) -> None:
    frame = opened(f"submissions/{told.submissions[0].id}")
    frame.get_by_role("link", name="Log of").first.click()
    airflow_page.wait_for_url(f"**/dags/land_{told.submissions[0].province}/runs/**/tasks/process_*/**")


@in_a_browser
def test_it_is_as_light_or_dark_as_airflow(opened: Callable[[str], Frame], airflow_page: Page) -> None:
    frame = opened("")
    seen = {}
    for theme in ("dark", "light"):
        airflow_page.evaluate("theme => { document.documentElement.className = theme; }", theme)
        frame.wait_for_function("theme => document.documentElement.dataset.theme === theme", arg=theme)
        seen[theme] = frame.evaluate("getComputedStyle(document.body).backgroundColor")
    assert seen == {"dark": "rgb(0, 0, 0)", "light": "rgb(255, 255, 255)"}


@in_a_browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(
    opened: Callable[[str], Frame], airflow_page: Page, told: Told, theme: str
) -> None:
    complaints: list[str] = []
    airflow_page.on("console", lambda one: complaints.append(one.text) if "Content Security" in one.text else None)
    airflow_page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    found: dict[str, list[str]] = {}
    for path in (*PAGES, f"submissions/{told.submissions[0].id}", f"releases/{told.second.version}"):
        frame = opened(path)
        frame.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        frame.evaluate(AXE)
        result = frame.evaluate("tags => axe.run({ runOnly: { type: 'tag', values: tags } })", TAGS)
        found[path] = [f"{one['id']}: {node['html']}" for one in result["violations"] for node in one["nodes"]]
    assert {path: one for path, one in found.items() if one} == {}
    assert complaints == []


@in_a_browser
def test_it_works_by_keyboard_and_keeps_the_place_when_it_refreshes(
    opened: Callable[[str], Frame], airflow_page: Page
) -> None:
    frame = opened("")
    frame.evaluate("window.focus()")
    airflow_page.keyboard.press("Tab")
    assert frame.evaluate("document.activeElement.textContent") == "To the content"
    frame.locator("#p-zeeland").focus()
    frame.evaluate("document.querySelector('main h1').textContent = 'old'")
    frame.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    frame.wait_for_function("() => document.querySelector('main h1').textContent === 'Provinces'")
    assert frame.evaluate("document.activeElement.id") == "p-zeeland"
    frame.locator("#p-zeeland").press("Enter")
    assert inside(airflow_page, "provinces/zeeland").locator("h1").inner_text() == "Zeeland"


@in_a_browser
def test_it_fits_a_narrow_window_and_works_without_script(
    full_stack: Stack, people: dict[str, Mapping[str, str]], browser: Browser
) -> None:
    base = f"{full_stack.addresses()['Airflow']}/kerndata/"
    page = browser.new_context(
        viewport={"width": 400, "height": 800}, java_script_enabled=False, extra_http_headers=dict(people["viewer"])
    ).new_page()
    for path in PAGES:
        page.goto(f"{base}{path}", timeout=90_000)
        assert page.locator("body").evaluate("one => one.ownerDocument.documentElement.scrollWidth") <= 400, path
    page.goto(base)
    page.get_by_label("With a cell that is").select_option("provisional")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**/kerndata/?*state=provisional*")


@in_a_browser
def test_an_engineer_pauses_and_resumes_an_endpoint_from_the_page(
    full_stack: Stack, opened: Callable[[str], Frame]
) -> None:
    for button, state in (("Pause", "paused"), ("Resume", "active")):
        frame = opened(f"endpoints/{ENDPOINT}")
        frame.get_by_label("Why").first.fill("to see it done")
        frame.get_by_role("button", name=button, exact=True).click()
        frame.wait_for_selector(".said")
        with full_stack.ledger().transaction() as session:
            row = session.get(EndpointRow, ENDPOINT)
            assert row is not None
            assert (row.state, row.reason) == (state, "to see it done")
