"""Make the pictures of the public page: ``python -m tests.docs.page_screenshots``. Needs Debian's ``chromium``.

The release is that of the sample deliveries, as the demo publishes it.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from tests.unit.page_release import about, demo_releases

from kerndata.publish.page import pages

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
# name, page, width, height, colours, where on the page
SHOTS = (
    ("pagina", "index.html", 1280, 900, "light", "top"),
    ("pagina-indicator", "index.html", 1280, 1120, "light", "h3-5"),
    ("pagina-donker", "en.html", 1280, 1120, "dark", "h3-4"),
    ("pagina-telefoon", "index.html", 390, 844, "light", "h3-4"),
)


def shoot(browser: Browser, folder: Path) -> None:
    """Take every picture of a release's folder."""
    for name, page_name, width, height, scheme, place in SHOTS:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,  # type: ignore[arg-type]
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.goto(f"{(folder / page_name).as_uri()}#{place}")
        if place != "top":
            page.locator(f"#{place} [data-ready]").wait_for()
            page.evaluate("(place) => document.getElementById(place).scrollIntoView()", place)
        page.screenshot(path=IMAGES / f"{name}.png")
        sys.stdout.write(f"{name}.png: {(IMAGES / f'{name}.png').stat().st_size // 1000} kB\n")
        context.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as work, sync_playwright() as playwright:
        _, one = demo_releases(Path(work))
        for name, body in pages(one.folder, about(one, "2026.2")).items():
            (one.folder / name).parent.mkdir(exist_ok=True)
            (one.folder / name).write_bytes(body)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        shoot(browser, one.folder)
        browser.close()


if __name__ == "__main__":
    main()
