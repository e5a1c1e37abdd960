"""One province whose API drips and whose inbox is full of poison delays the other eleven by less than a minute.

Flevoland is pulled by API and drops too. The eleven deliver twice the same good figures in other bytes: with Flevoland
quiet, and while its API sends a byte a second and two hundred files that are made to cost time wait in its inbox.
"""

import io
import json
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import requests
from openpyxl import Workbook
from rich.console import Console

from kerndata.ledger import submissions
from kerndata.local import demo, story
from kerndata.local.settings import HOST, free_base_port
from kerndata.local.stack import Stack
from kerndata.model.submission import Submission
from kerndata.sources.registry import load_source
from kerndata.store import keys

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(1800)]

BAD = "flevoland"
POISON = 200
MAY_DELAY = timedelta(seconds=60)
PATIENCE = timedelta(minutes=10)


class Dripping(ThreadingHTTPServer):
    """The provinces' API, of which the files of one province come a byte a second."""

    daemon_threads = True
    behind = ""
    drips = 0

    def __init__(self) -> None:
        super().__init__((HOST, 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Dripping

    def do_GET(self) -> None:
        if not self.path.startswith(f"/{BAD}/"):
            answer = requests.get(f"{self.server.behind}{self.path}", timeout=30)
            self.send_response(answer.status_code)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "100000")
        self.end_headers()
        self.server.drips += 1
        try:
            while True:
                self.wfile.write(b" ")
                time.sleep(1)
        except OSError:  # it was given up
            pass

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def api() -> Iterator[Dripping]:
    server = Dripping()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def stack(api: Dripping, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    port, extra = api.server_port, {"allow_private": True}
    connection = {"conn_type": "http", "schema": "http", "host": HOST, "port": port, "extra": extra}
    found = Stack(
        tmp_path_factory.mktemp("a bad province") / "state",
        base_port=free_base_port(),
        extra_environment={"AIRFLOW_CONN_KERNDATA_PROVINCE_API": json.dumps(connection)},
    )
    api.behind = f"http://{HOST}:{found.ports.province_api}"
    try:
        demo.fresh(Console(), found)
        yield found
    finally:
        found.down()


def test_the_other_eleven_hardly_notice(stack: Stack, api: Dripping, tmp_path: Path) -> None:
    undisturbed = answered_after(stack, good_drops(tmp_path / "first", 1))
    poison(stack)
    stack.airflow_api().trigger(f"land_{BAD}")
    stack.airflow_api().trigger("watch_inboxes")
    wait_until_busy(stack, api)
    disturbed = answered_after(stack, good_drops(tmp_path / "second", 2))
    assert still_waiting(stack) > 0, "the poison was eaten before the others were answered: it proves nothing"
    later = {slug: disturbed[slug] - undisturbed[slug] for slug in undisturbed}
    print({slug: round(delay.total_seconds(), 1) for slug, delay in later.items()})
    assert len(later) == 11
    assert max(later.values()) < MAY_DELAY


def answered_after(stack: Stack, drops: list[story.Drop]) -> dict[str, timedelta]:
    """Deliver, wait for every receipt, and give per province how long its last one took."""
    known = len(others(stack))
    begun = datetime.now(UTC)
    story.deliver(stack, drops)
    deadline = time.monotonic() + PATIENCE.total_seconds()
    while len(done := [one for one in others(stack)[known:] if one.concluded_at]) < len(drops):
        assert time.monotonic() < deadline, f"{len(done)} of {len(drops)} answered"
        time.sleep(1)
    took: dict[str, timedelta] = {}
    for one in done:
        assert one.counts.accepted, one
        took[one.province] = max(took.get(one.province, timedelta(0)), (one.concluded_at or begun) - begun)
    return took


def others(stack: Stack) -> list[Submission]:
    """What the eleven delivered, oldest first."""
    with stack.ledger().transaction() as session:
        found = submissions.all_of(session, limit=None)
    return sorted((one for one in found if one.province != BAD), key=lambda one: one.sequence)


def still_waiting(stack: Stack) -> int:
    with stack.ledger().transaction() as session:
        return len(submissions.waiting(session, BAD))


def wait_until_busy(stack: Stack, api: Dripping) -> None:
    """Wait until the API drips and the poison is being eaten."""
    deadline = time.monotonic() + PATIENCE.total_seconds()
    while not (api.drips and still_waiting(stack) > POISON // 2):
        assert time.monotonic() < deadline, f"{api.drips} drips, {still_waiting(stack)} waiting"
        time.sleep(1)


def good_drops(folder: Path, number: int) -> list[story.Drop]:
    """The good files of the eleven, in bytes that no other number has."""
    folder.mkdir()
    good = [*story._drops("deliveries"), *story._served()]
    made = []
    for place, drop in enumerate(one for one in good if one.slug != BAD):
        path = folder / f"{place}{drop.path.suffix}"
        path.write_bytes(another(drop.path, number))
        made.append(replace(drop, path=path))
    return made


def another(path: Path, number: int) -> bytes:
    """The same content in other bytes."""
    if path.suffix == ".parquet":
        sink = io.BytesIO()
        pq.write_table(pq.read_table(path), sink, row_group_size=10 + number)
        return sink.getvalue()
    if path.suffix in {".xlsx", ".zip"}:
        return commented(path.read_bytes(), number)
    return path.read_bytes() + b"\n" * number


def poison(stack: Stack) -> None:
    """Two hundred files in the inbox of one province, most of which cost seconds before they are refused."""
    kinds = {nonsense: "csv", dense: "xlsx", bomb: "xlsx", unclosed: "csv", half: "xlsx"}
    province = stack.province_store(BAD)
    for number in range(POISON):
        make, suffix = list(kinds.items())[number % len(kinds)]
        key = f"{keys.DROP}indicators/sjabloon_indicators_{number}.{suffix}"
        province.put(keys.inbox(BAD), key, make(number), content_type="application/octet-stream")


def nonsense(number: int) -> bytes:
    """Rows of the right shape of which every cell is refused with a reason."""
    spec = load_source(BAD).deliveries["sjabloon_indicators_csv"]
    header = ";".join(spec.columns)
    return f"{header}\n".encode() + f"{';'.join(['onzin'] * len(spec.columns))}{number}\n".encode() * 20_000


def dense(number: int) -> bytes:
    """A workbook of four hundred thousand numbers."""
    return commented(_dense(), number)


@cache
def _dense() -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Gegevens")
    for row in range(8000):
        sheet.append([row * 50 + column + 0.123456789 for column in range(50)])
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def bomb(number: int) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", f"<workbook>{number}</workbook>")
        archive.writestr("xl/worksheets/sheet1.xml", b"<row><c><v>1</v></c></row>" * 2_000_000)
    return sink.getvalue()


def unclosed(number: int) -> bytes:
    return f'indicator;region\n"{number}'.encode() + b"a;b\n" * 500_000


def half(number: int) -> bytes:
    return _dense()[: 400_000 + number]


def commented(body: bytes, number: int) -> bytes:
    """The same zip with a comment, which only its bytes tell."""
    copy = io.BytesIO(body)
    with zipfile.ZipFile(copy, "a") as archive:
        archive.comment = f"delivery {number}".encode()
    return copy.getvalue()
