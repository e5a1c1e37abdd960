"""The Dutch page of a receipt: self-contained, without scripts or anything from elsewhere; fit for screen and paper."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, StrictUndefined, Template

from kerndata.quality.findings import MOST_PER_RULE
from kerndata.quality.receipt_model import FindingPart, Receipt
from kerndata.quality.receipt_words import DATASETS, effect_nl
from kerndata.quality.wording import shown

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
SAMPLES_PER_COLUMN = 5  # the JSON and the marked copy hold every finding, of one rule at most MOST_PER_RULE
SAMPLES_PER_RULE = 100  # of a file with hundreds of columns


def to_html(receipt: Receipt) -> bytes:
    """One self-contained Dutch page."""
    words = {"effect": effect_nl, "datasets": DATASETS, "most_told": MOST_PER_RULE}
    return _template().render(receipt=receipt, groups=list(_groups(receipt)), **words).encode()


def _groups(receipt: Receipt) -> Iterable[dict[str, Any]]:
    """Per rule its total and at most ``SAMPLES_PER_COLUMN`` findings of each column, in one pass over all findings."""
    shown_of: dict[str, list[FindingPart]] = {total.rule_id: [] for total in receipt.totals}
    seen: dict[tuple[str, str | None, str | None, str | None], int] = {}
    for one in receipt.findings:
        column = (one.rule_id, one.member, one.sheet, one.column)
        seen[column] = seen.get(column, 0) + 1
        if seen[column] <= SAMPLES_PER_COLUMN and len(shown_of[one.rule_id]) < SAMPLES_PER_RULE:
            shown_of[one.rule_id].append(one)
    for total in receipt.totals:
        yield {"total": total, "shown": shown_of[total.rule_id]}


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"number": _number, "moment": moment_nl}
    text = files("kerndata.quality").joinpath("templates/receipt.html").read_text(encoding="utf-8")
    return environment.from_string(text)


def _number(count: int) -> str:
    return shown(float(count), "nl")


def moment_nl(moment: datetime) -> str:
    """The moment in Dutch time, as people read it."""
    local = moment.astimezone(AMSTERDAM)
    return f"{local:%d-%m-%Y} om {local:%H:%M} uur"
