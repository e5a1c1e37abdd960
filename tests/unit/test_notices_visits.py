"""Visits are counted from an access log, and nothing of a person comes out of it."""

import gzip
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kerndata.errors import ConfigurationError
from kerndata.notices.access_log import read_lines
from kerndata.notices.channels import sdg_statistics
from kerndata.notices.statistics import last_month
from kerndata.notices.visits import count, is_whole

SITE = "https://data.example/published"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"
INDEX, FILE = "/published/kerndataset/index.html", "/published/kerndataset/releases/2026.3/indicators.csv"


def line(target=INDEX, *, method="GET", status=200, at="14/Apr/2026:10:00:00 +0200", agent=None, size="512"):
    common = f'192.0.2.7 - - [{at}] "{method} {target} HTTP/1.1" {status} {size}'
    return common if agent is None else f'{common} "https://elsewhere.example/?q=jansen" "{agent}"'


def counted(*lines) -> dict:
    return {
        (url.removeprefix("https://data.example/published/kerndataset/"), device): number
        for (url, device), number in count(lines, "2026-04", SITE).items()
    }


def test_pages_and_files_are_counted_by_kind_of_device():
    lines = [
        line(),
        line(FILE),
        line(agent=FIREFOX),
        line(agent=FIREFOX) + "\n",
        line(agent=PHONE),
        line(FILE, agent="Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X)"),
        line(FILE, agent="Mozilla/5.0 (Linux; Android 15; SM-X910)"),
        line(FILE, agent="python-requests/2.32"),
    ]
    assert counted(*lines) == {
        ("index.html", "Others"): 1,
        ("index.html", "PC"): 2,
        ("index.html", "Smartphone"): 1,
        ("releases/2026.3/indicators.csv", "Others"): 2,
        ("releases/2026.3/indicators.csv", "Tablet"): 2,
    }


@pytest.mark.parametrize("status", [206, 204, 301, 304, 403, 404, 500])
def test_only_200_counts(status):
    assert counted(line(status=status)) == {}


@pytest.mark.parametrize("method", ["HEAD", "POST", "OPTIONS", "PUT"])
def test_only_get_counts(method):
    assert counted(line(method=method)) == {}


@pytest.mark.parametrize("name", ["Googlebot/2.1", "bingbot", "AhrefsSiteAudit spider", "UptimeRobot", "Slurp"])
def test_robots_that_say_so_are_not_counted(name):
    assert counted(line(agent=f"Mozilla/5.0 (compatible; {name})")) == {}


@pytest.mark.parametrize(
    ("at", "is_in"),
    [
        ("01/Apr/2026:01:59:59 +0200", False),
        ("01/Apr/2026:02:00:00 +0200", True),
        ("30/Apr/2026:23:59:60 +0000", True),
        ("01/May/2026:01:00:00 +0200", True),
        ("01/May/2026:00:00:00 +0000", False),
        ("14/Apr/2025:10:00:00 +0000", False),
        ("31/Apr/2026:10:00:00 +0000", False),
        ("14/Foo/2026:10:00:00 +0000", False),
    ],
)
def test_a_month_is_one_in_utc(at, is_in):
    assert bool(counted(line(at=at))) is is_in


@pytest.mark.parametrize(
    "target",
    [
        "/published/kerndataset/j.jansen@provincie.example",
        "/published/kerndataset/j.jansen%40provincie.example",
        "/published/kerndataset/111222333",
        "/published/kerndataset/Jan%20Jansen.html",
        "/published/elsewhere/index.html",
        "/elsewhere",
        "https://data.example/published/kerndataset/index.html",
    ],
)
def test_what_is_no_page_or_file_of_ours_is_not_counted_whatever_the_server_said(target):
    assert counted(line(target)) == {}


def test_no_address_login_query_referrer_or_browser_comes_out():
    log = (
        f'203.0.113.9 - j.jansen [14/Apr/2026:10:00:00 +0000] "GET {INDEX}?naam=jansen&bsn=111222333 HTTP/1.1" 200 1 '
        f'"https://zoek.example/?q=jansen" "{FIREFOX}"'
    )
    sent = sdg_statistics.report("id", "2026-04", count([log], "2026-04", SITE), datetime(2026, 5, 1, tzinfo=UTC))
    assert json.loads(sent)["sources"][0]["statistics"] == [
        {"nbVisits": 1, "originatingCountry": "ZZ", "deviceType": "PC"}
    ]
    assert not [one for one in (b"203.0.113", b"jansen", b"111222333", b"Firefox", b"zoek") if one in sent]


@given(st.text())
def test_any_line_is_read_or_left_out(text):
    assert set(count([text, line(agent=text)], "2026-04", SITE).values()) <= {1}


def test_a_very_long_line_is_left_out_at_once():
    assert counted("x " * 10_000_000, '1 - - ["' + "[" * 16_000) == {}


def test_the_log_is_read_from_every_file_of_a_pattern_compressed_or_not(tmp_path):
    (tmp_path / "access.log").write_text(line() + "\n" + line(FILE) + "\n", encoding="utf-8")
    with gzip.open(tmp_path / "access.log.1.gz", "wt", encoding="utf-8") as stream:
        stream.write(line(agent=PHONE) + "\n")
    (tmp_path / "error.log").write_text(line() + "\n", encoding="utf-8")
    assert sum(count(read_lines(f"{tmp_path}/access.log*"), "2026-04", SITE).values()) == 3


def test_no_log_and_one_that_cannot_be_read_are_not_a_month_without_readers(tmp_path):
    with pytest.raises(ConfigurationError, match="no access log fits"):
        list(read_lines(f"{tmp_path}/access.log*"))
    (tmp_path / "access.log.1.gz").write_bytes(b"no gzip")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        list(read_lines(f"{tmp_path}/access.log*"))


def test_the_last_month_is_the_one_before_in_utc():
    assert last_month(datetime(2026, 1, 1, 0, 30, tzinfo=UTC)) == "2025-12"


@pytest.mark.parametrize(
    ("days", "whole"),
    [
        (("01/Apr", "30/Apr"), True),
        (("31/Mar", "01/May"), True),
        (("15/Apr", "30/Apr"), False),
        (("01/Apr", "29/Apr"), False),
        ((), False),
    ],
)
def test_half_a_month_of_log_is_no_month(days, whole):
    assert is_whole([line(at=f"{day}/2026:12:00:00 +0000") for day in days], "2026-04") is whole
