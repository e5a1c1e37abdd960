"""Visits and downloads of one month, counted from a web server's access log in the common or combined log format.

What is counted: ``GET``, status 200, of a page or a file below the public address, by whoever does not say that it is a
robot. Not counted: 206 (one reader asks for tens of ranges of one file), 304 (who has it already), everything else that
is no 200, and ``HEAD``. Nothing about a person comes out: of a line only the path, without its query, and the kind of
device remain; address, login, referrer and browser are dropped here. No country either: that would take the address.
"""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal
from urllib.parse import unquote, urlsplit

from kerndata.notices.redact import redact

Device = Literal["PC", "Smartphone", "Tablet", "Others"]
Visits = Counter[tuple[str, Device]]

LONGEST_LINE = 16 * 1024
# What robots that mean well call themselves; what reads data for a person (curl, pandas, DuckDB, R) is no robot.
BOTS = ("bot", "crawl", "spider", "slurp", "facebookexternalhit", "preview", "monitor", "uptime", "archiver", "scan")
_LINE = re.compile(
    r'\S+ [^\[]*\[(?P<at>[^\]]+)\] "(?P<method>[A-Z]+) (?P<target>\S+)[^"]*" (?P<status>[0-9]{3}) (?:[0-9]+|-)'
    r'(?: "(?:[^"\\]|\\.)*" "(?P<agent>(?:[^"\\]|\\.)*)")?\s*'
)
_MOMENT = re.compile(r"(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PATH = re.compile(r"/kerndataset/[\w./-]*")


def count(lines: Iterable[str], month: str, public_url: str) -> Visits:
    """How often each page and file below ``public_url`` was got in ``month`` (2026-04, UTC), by kind of device."""
    place = urlsplit(public_url)
    found: Visits = Counter()
    for line in lines:
        seen = _LINE.fullmatch(line) if len(line) <= LONGEST_LINE else None
        if seen is None or (seen["method"], seen["status"]) != ("GET", "200") or _month(seen["at"]) != month:
            continue
        path, agent = _path(seen["target"], place.path.rstrip("/")), seen["agent"] or ""
        if path is not None and not any(name in agent.lower() for name in BOTS):
            found[f"{place.scheme}://{place.netloc}{path}", _device(agent)] += 1
    return found


def is_whole(lines: Iterable[str], month: str) -> bool:
    """Whether a log that is read goes from the first day of ``month`` to its last, in UTC: half a month is no month."""
    begin = datetime.fromisoformat(f"{month}-01T00:00:00+00:00")
    end = (begin + timedelta(days=32)).replace(day=1)
    moments = (moment for line in lines if (moment := _at(line)))
    first = last = next(moments, None)
    for moment in moments:
        first, last = min(first or moment, moment), max(last or moment, moment)
    day = timedelta(days=1)
    return first is not None and last is not None and first < begin + day and last >= end - day


def _at(line: str) -> datetime | None:
    seen = _LINE.fullmatch(line) if len(line) <= LONGEST_LINE else None
    return _moment(seen["at"]) if seen else None


def _month(text: str) -> str | None:
    moment = _moment(text)
    return f"{moment:%Y-%m}" if moment else None


def _moment(text: str) -> datetime | None:
    parts = _MOMENT.fullmatch(text)
    if parts is None or parts[2] not in _MONTHS:
        return None
    offset = timedelta(hours=int(parts[8]), minutes=int(parts[9])) * (1 if parts[7] == "+" else -1)
    try:
        moment = datetime(
            *(int(parts[3]), _MONTHS.index(parts[2]) + 1, int(parts[1])),
            *(int(parts[4]), int(parts[5]), min(int(parts[6]), 59)),
            tzinfo=timezone(offset),
        )
    except ValueError:
        return None
    return moment.astimezone(UTC)


def _path(target: str, root: str) -> str | None:
    """The path of one of our own pages or files; None for anything else, whatever the server said of it."""
    path = unquote(target.partition("?")[0].partition("#")[0])
    own = path.removeprefix(root)
    if not path.startswith(root) or _PATH.fullmatch(own) is None or redact(own, len(own)) != own:
        return None
    return path


def _device(agent: str) -> Device:
    if re.search(r"iPad|Tablet", agent) or ("Android" in agent and "Mobile" not in agent):
        return "Tablet"
    if re.search(r"Mobi|iPhone", agent):
        return "Smartphone"
    return "PC" if re.search(r"Windows|Macintosh|X11|Linux|CrOS", agent) else "Others"
