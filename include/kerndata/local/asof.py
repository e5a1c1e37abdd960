"""What ``kerndata asof`` reads, shows and writes."""

import shutil
import tempfile
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from kerndata import __version__
from kerndata.contracts.code_lists import provinces
from kerndata.errors import ConfigurationError
from kerndata.local.exchange import Exchange
from kerndata.publish.asof import AsOf, merged_as_of

_ZONE = ZoneInfo("Europe/Amsterdam")


def end_of(text: str) -> datetime:
    """Return the moment meant: the end of a day in Dutch time, or the moment itself; raises ConfigurationError."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigurationError(f"{text!r} is no date: write 2026-11-24, or 2026-11-24T10:00+01:00") from error
    if len(text) == len("2026-11-24"):
        return datetime.combine(found, time.max, _ZONE)
    return found if found.tzinfo else found.replace(tzinfo=_ZONE)


def show(console: Console, found: AsOf) -> None:
    """Print the release of then and what was accepted per province and dataset."""
    release = found.release
    seen = f"release {release.version}" if release else "no release yet"
    console.print(f"{found.moment:%Y-%m-%d %H:%M %Z}: {seen} was visible")
    table = Table("province", *found.accepted, "not in it yet", title="accepted by then", title_justify="left")
    for province in provinces():
        own = {name: [one for one in ones if one.province == province.slug] for name, ones in found.accepted.items()}
        counts = [f"{sum(one.counts.accepted for one in ones)} in {len(ones)}" if ones else "" for ones in own.values()]
        late = [one.id for ones in own.values() for one in ones if one.id in found.unreleased]
        table.add_row(province.name, *counts, " ".join(late))
    console.print(table)


def write(exchange: Exchange, found: AsOf, out: Path) -> int:
    """Merge what was accepted by then and put the files in ``out``; return how many."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        made = merged_as_of(exchange.store, exchange.ledger, found, work=Path(folder), code_version=__version__)
        for one in made.files:
            shutil.copyfile(made.folder / one.name, out / one.name)
    return len(made.files)
