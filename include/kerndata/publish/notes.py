"""``RELEASE.md``: what a release holds, how complete it is and what changed, in Dutch and English."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files as resources

from jinja2 import Environment, StrictUndefined, select_autoescape

from kerndata.contracts.code_lists import provinces
from kerndata.merge.engine import Connection
from kerndata.model.release import Remark
from kerndata.publish.about import About

# A release with a province missing has every national value partial; the complete list is national.csv.
SHOWN_PARTIAL = 60
SHOWN_REMARKS = 30

_PROVINCES = """
SELECT province_code AS code,
  count(*) FILTER (WHERE dataset = 'indicators' AND status = 'value') AS with_value,
  count(*) FILTER (WHERE dataset = 'indicators' AND status = 'missing') AS missing,
  count(*) FILTER (WHERE dataset = 'indicators' AND status = 'not_delivered') AS not_delivered,
  CAST(sum(rows) FILTER (WHERE dataset = 'projects') AS BIGINT) AS projects
FROM coverage GROUP BY province_code ORDER BY province_code
"""
_PARTIAL = """
SELECT indicator_code, period, category, coverage, provinces_missing FROM national WHERE is_partial
ORDER BY indicator_code, period, category
"""
_CHANGES = "SELECT dataset, change, cause, count(*) AS rows FROM changes GROUP BY ALL ORDER BY ALL"

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the notes tell: rows of plain values, in order."""

    provinces: Sequence[Row]
    partial: Sequence[Row]
    national_rows: int
    changes: Sequence[Row]
    remarks: Sequence[Remark] = ()


def collect(connection: Connection, remarks: Sequence[Remark] = ()) -> Facts:
    """Gather the facts from the tables ``coverage``, ``national`` and ``changes``; ``remarks`` are on the whole."""
    national_rows: int = connection.table("national").count("*").fetchall()[0][0]
    spread, partial, changed = (_rows(connection, query) for query in (_PROVINCES, _PARTIAL, _CHANGES))
    return Facts(spread, partial, national_rows, changed, list(remarks))


def render(told: About, facts: Facts, inputs: Sequence[object], *, note: str | None = None) -> bytes:
    """Write the notes of one release; no clock, so that the same content gives the same bytes.

    ``note``: what a person wrote who let it go; empty when nothing was written, None when nobody had to look.
    """
    # Markdown, not HTML; of what a province typed only names of projects are in it, in quoted remarks.
    environment = Environment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=select_autoescape(default_for_string=False),
    )
    template = environment.from_string(resources(__package__).joinpath("release_notes.md").read_text("utf-8"))
    text = template.render(
        version=told.version,
        previous=told.previous,
        facts=facts,
        inputs=inputs,
        files=told.files,
        left_out=told.left_out,
        names={one.code: one.name for one in provinces()},
        shown=SHOWN_PARTIAL,
        remarks=[(quoted(one.message_nl), quoted(one.message_en)) for one in facts.remarks[:SHOWN_REMARKS]],
        more_remarks=len(facts.remarks[SHOWN_REMARKS:]),
        note=None if note is None else quoted(note),
    )
    return (text.strip() + "\n").encode()


def quoted(note: str) -> str:
    """Give a person's note as a Markdown quotation, line by line: it opens no heading, table or HTML of its own."""
    plain = "".join(one for one in note if one.isprintable() or one == "\n").strip()
    lines = [line.strip().replace("\\", "\\\\").replace("<", "\\<") for line in plain.splitlines()]
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _rows(connection: Connection, query: str) -> list[Row]:
    relation = connection.sql(query)
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
