"""What a person reads who has to let a held candidate go, or not: Markdown, for the reader at 7 a.m."""

from collections.abc import Iterable, Sequence
from importlib.resources import files as resources
from zoneinfo import ZoneInfo

from jinja2 import Environment, StrictUndefined, select_autoescape

from kerndata.contracts.code_lists import indicators, provinces
from kerndata.merge.classification import MOST_SHOWN, Change, Classification, Reason, Tally
from kerndata.merge.tables import NAMES
from kerndata.model.hold import Hold
from kerndata.store import keys

_ZONE = ZoneInfo("Europe/Amsterdam")
_NUMBERS = ("had", "new", "within", "beyond", "vanished")


def subject(found: Classification) -> str:
    """Say in one line what is asked, and the first reason."""
    first, more = found.reasons[0], len(found.reasons) - 1
    rest = f" and {more} more" if more else ""
    return f"Release the kerndataset after {found.previous}? {_name(first.where)}: {first.what}{rest}"


def body(found: Classification, hold: Hold) -> str:
    """Say what changed, how much and where, what still stands, and what each answer does."""
    # Markdown: what a province typed (ids of projects, names) is escaped cell by cell.
    environment = Environment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=select_autoescape(default_for_string=False),
    )
    changed = [one for one in found.tallies if any(getattr(one, name) for name in _NUMBERS[1:])]
    unchanged = {one.province for one in found.tallies} - {one.province for one in changed}
    return environment.from_string(resources(__package__).joinpath("review.md").read_text("utf-8")).render(
        previous=found.previous,
        content=hold.content_hash[:16],
        candidate=hold.candidate,
        until=f"{hold.answer_by.astimezone(_ZONE):%Y-%m-%d %H:%M} (Amsterdam)",
        reasons=_reasons(found.reasons),
        tallies=_tallies(changed),
        unchanged=", ".join(_name(one) for one in sorted(unchanged)),
        changes=_changes(found.largest),
        pages=" and ".join(f"`{one}`" for one in _pages(hold)),
        cut_off=MOST_SHOWN if len(found.largest) == MOST_SHOWN else 0,
    )


def _pages(hold: Hold) -> list[str]:
    """The Data Docs of the candidate."""
    names = [keys.candidate_docs_key(hold.content_hash, hold.previous, one) for one in NAMES]
    return [f"{keys.QUALITY}/{one}" for one in names]


def _reasons(reasons: Iterable[Reason]) -> str:
    rows = [(_name(one.where), one.what, one.seen, one.threshold) for one in reasons]
    return _table(("where", "what", "seen", "waits from"), rows)


def _tallies(changed: Sequence[Tally]) -> str:
    numbers = [[getattr(one, name) for name in _NUMBERS] for one in changed]
    rows = [[_name(one.province), one.dataset, *row] for one, row in zip(changed, numbers, strict=True)]
    total = ["together", "", *(sum(column) for column in zip(*numbers, strict=True))]
    head = ("province", "dataset", "had", "new", "revised within band", "revised beyond band", "vanished")
    return _table(head, [*rows, total])


def _changes(largest: Iterable[Change]) -> str:
    rows = [
        (
            _name(one.province),
            _what(one),
            "–" if one.old is None else one.old,
            "–" if one.new is None else one.new,
            one.kind if one.moved_pct is None else f"{float(one.moved_pct):+,.0f} %",
        )
        for one in largest
    ]
    return _table(("province", "what", "was", "becomes", "moved"), rows) if rows else "No figure moved beyond its band."


def _what(one: Change) -> str:
    if one.indicator is None:
        return f"project {one.project}" + (f", {one.field}" if one.field else "")
    region = f" of {one.region}" if one.region != one.province else ""
    category = f", {one.category}" if one.category != "totaal" else ""
    return f"{one.indicator} {indicators()[one.indicator].name_en} {one.period}{region}{category}"


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *([_cell(str(value)) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    """Escape a cell, so that it does not become a table, a link or HTML of its own."""
    plain = " ".join("".join(one if one.isprintable() else " " for one in text).split())[:120]
    return "".join(f"\\{one}" if one in "\\|<>[]*`" else one for one in plain)


def _name(code: str) -> str:
    return {"NL01": "All provinces", **{one.code: one.name for one in provinces()}}[code]
