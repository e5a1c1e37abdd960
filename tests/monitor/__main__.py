"""``python -m tests.monitor``: how long each page takes at 50,000 submissions; status 1 when one takes over 300 ms.

The real app on a real PostgreSQL, over HTTP on loopback, one request at a time: median and 95th percentile.
``--serve 8080`` shows the same pages on loopback instead, to look at.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from tests.monitor.desk import ENGINEER, NOW, Browser, monitor, served
from tests.monitor.seed import Sizes, seed

from kerndata.ledger import Ledger, migrate, open_ledger
from kerndata.local.settings import HOST, Profile, free_base_port
from kerndata.local.stack import Stack

LIMIT_MS = 300
PAGES = (
    "/",
    "/?periods=all",
    "/?state=overdue",
    "/provinces/utrecht",
    "/submissions",
    "/submissions?province=zeeland&status=refused",
    "/submissions?rule=I-101",
    "/submissions?name=levering%2049",
    "/submissions?before=20000",
    "/submissions/S-0000000000009c40",
    "/releases",
    "/releases/2026.200",
    "/notices",
    "/endpoints/subscriber",
    "/notices/N-0000000000000061",
    "/audit",
    "/audit?subject=S-0000000000009c40",
    "/audit?before=50000",
)


def main() -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.monitor", description=__doc__)
    parser.add_argument("--submissions", type=int, default=Sizes().submissions)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--serve", type=int, metavar="PORT", help="show the pages on loopback instead")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, seeded(Path(name) / "stack", Sizes(given.submissions)) as ledger:
        if given.serve:
            return serve(ledger, given.serve)
        return measure(ledger, given.times)


def measure(ledger: Ledger, times: int) -> int:
    """Print a table; status 1 when a page's 95th percentile passes the limit."""
    over = 0
    print(f"{'page':<48} {'kB':>6} {'median ms':>10} {'p95 ms':>8}")
    with served(monitor(ledger)) as browser:
        for page in PAGES:
            answers = [browser.get(page) for _ in range(2)]  # warm: templates, the plan cache
            if {one.status_code for one in answers} != {200}:
                raise SystemExit(f"{page} answered {answers[0].status_code}: {answers[0].text[:300]}")
            took = sorted(_milliseconds(browser, page) for _ in range(times))
            p95 = took[min(len(took) - 1, int(len(took) * 0.95))]
            over += p95 > LIMIT_MS
            print(f"{page:<48} {len(answers[0].content) / 1000:>6.0f} {statistics.median(took):>10.1f} {p95:>8.1f}")
    print(f"{over} of {len(PAGES)} pages over {LIMIT_MS} ms")
    return 1 if over else 0


def serve(ledger: Ledger, port: int) -> int:
    """Serve the pages as an engineer sees them, until the process is stopped."""
    app = monitor(ledger)

    async def as_engineer(scope, receive, send):  # type: ignore[no-untyped-def]
        if scope["type"] == "http":
            scope["headers"] = [*scope["headers"], *((k.encode(), v.encode()) for k, v in ENGINEER.items())]
        await app(scope, receive, send)

    uvicorn.run(as_engineer, host=HOST, port=port, log_level="warning")
    return 0


def _milliseconds(browser: Browser, page: str) -> float:
    began = time.perf_counter()
    browser.get(page)
    return (time.perf_counter() - began) * 1000


@contextmanager
def seeded(folder: Path, sizes: Sizes) -> Iterator[Ledger]:
    """A filled ledger on a PostgreSQL of its own."""
    stack = Stack(folder, base_port=free_base_port())
    try:
        stack.up(Profile.SERVICES)
        stack.postgres.ensure_database("monitor", owner="kerndata")
        url = stack.postgres.url("monitor", "kerndata", stack.secrets.kerndata_db_password)
        migrate(url)
        ledger = open_ledger(url)
        began = time.perf_counter()
        seed(ledger.engine, NOW, sizes)
        print(f"{sizes} written in {time.perf_counter() - began:.0f} s", flush=True)
        yield ledger
    finally:
        stack.down()


if __name__ == "__main__":
    sys.exit(main())
