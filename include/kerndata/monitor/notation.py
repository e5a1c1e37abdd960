"""How moments, spans and numbers are written on the pages: Dutch time, short, the same everywhere."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from markupsafe import Markup

from kerndata.contracts.code_lists import provinces

ZONE = ZoneInfo("Europe/Amsterdam")
_STEPS = ((86400 * 365, "y"), (86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_NAMES = {one.slug: one.name for one in provinces()}


def span(length: timedelta) -> str:
    """Write a length of time in its largest unit: ``3 d``; under a second ``0 s``."""
    seconds = max(0.0, length.total_seconds())
    size, unit = next((step for step in _STEPS if seconds >= step[0]), _STEPS[-1])
    return f"{int(seconds // size)} {unit}"


def ago(moment: datetime, now: datetime) -> Markup:
    """Write how long ago a moment was, or how far it is ahead, with the moment itself for who wants to know."""
    text = f"in {span(moment - now)}" if moment > now else span(now - moment)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(moment.isoformat(), when(moment), text)


def when(moment: datetime) -> str:
    """Write a moment in Dutch time: ``2026-11-27 14:05:09``."""
    return f"{moment.astimezone(ZONE):%Y-%m-%d %H:%M:%S}"


def day(given: date) -> str:
    """Write a day."""
    return given.isoformat()


def number(count: int) -> str:
    """Write a count with thin spaces between the thousands."""
    return f"{count:,}".replace(",", "\u202f")


def percent(share: float | None) -> str:
    """Write a share as whole percents, rounded down so that 100 means all; a dash when it is not known."""
    return "–" if share is None else f"{int(share * 100 + 1e-9)}%"


def name_of(slug: str) -> str:
    """Write a province's name; the slug itself when no province has it."""
    return _NAMES.get(slug, slug)


def size(count: int) -> str:
    """Write a number of bytes."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count} {unit}"
        count //= 1000
    return f"{count} GB"


FILTERS: dict[str, Callable[..., object]] = {
    "ago": ago,
    "when": when,
    "day": day,
    "span": span,
    "number": number,
    "percent": percent,
    "name_of": name_of,
    "size": size,
    "part": lambda text: quote(str(text), safe=""),
}

TESTS: dict[str, Callable[..., bool]] = {
    "version": lambda text: bool(re.fullmatch(r"\d{4}\.\d+", text)),
    # 2026.1 is not named by a sentence about 2026.10
    "naming": lambda sentence, version: bool(re.search(rf"(?<![\d.]){re.escape(version)}(?!\d)", sentence)),
}
