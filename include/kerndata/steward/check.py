"""``kerndata check``: the pipeline's own assessment of a file, offline; findings in Dutch, as on the receipt."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kerndata.errors import ConfigurationError
from kerndata.model.finding import Finding, Severity
from kerndata.model.submission import Delivery, Status, Submission
from kerndata.quality.assess import Assessment, assess
from kerndata.quality.receipt import build, to_html
from kerndata.sources.registry import Source, load_source

MARKS = {Severity.ERROR: "[red]fout[/]", Severity.WARNING: "[yellow]let op[/]", Severity.INFO: "info"}
SHOWN = 40


def check_file(console: Console, file: Path, province: str, delivery: str | None, html: Path | None) -> int:
    """Check one file and show what the receipt would say; return 0 when nothing would be refused, else 1."""
    source = load_source(province)
    name = delivery or delivery_of(source, file)
    assessment = assess(
        file, source=source, spec=source.deliveries[name], submission_id="controle", file_name=file.name, judge=False
    )
    show(console, assessment, name)
    if html:
        html.write_bytes(
            to_html(build(_as_submission(file, source, name, assessment), assessment, source, datetime.now(UTC)))
        )
        console.print(f"Bevindingen als pagina: {html}")
    return 0 if assessment.verdict.status is Status.ACCEPTED else 1


def delivery_of(source: Source, file: Path) -> str:
    """Return the name of the delivery that a file of this name belongs to, whatever folder it is in here.

    Raises ``ConfigurationError`` with the names to choose from when the name fits none or several.
    """
    slug = source.province.slug
    folders = {key.rpartition("/")[0] for key in source.patterns()}
    if file.resolve().parent.name in folders:  # the file lies in a copy of the inbox's own folders
        folders = {file.resolve().parent.name}
    fitting = {found for folder in folders if (found := source.delivery_name(f"{folder}/{file.name}".lstrip("/")))}
    if len(fitting) != 1:
        known = ", ".join(source.deliveries)
        raise ConfigurationError(
            f"{file.name!r} fits {'several deliveries' if fitting else 'no delivery'} of {slug}; choose one with "
            f"--delivery: {known}"
        )
    return fitting.pop()


def show(console: Console, assessment: Assessment, delivery: str) -> None:
    """Print the verdict, then the findings with their place in the file."""
    verdict = assessment.verdict
    counts = verdict.counts
    console.print(
        f"{assessment.file_name} ({delivery}): [bold]{verdict.status.replace('_', ' ')}[/]. "
        f"{counts.observed} waarnemingen: {counts.accepted} goed ({counts.flagged} met opmerking), "
        f"{counts.refused} geweigerd."
    )
    if not verdict.findings:
        return
    table = Table("", "waar", "waarde", "wat", "regel")
    for finding in verdict.findings[:SHOWN]:
        cells = (_place(finding), finding.value or "", finding.message_nl, finding.rule_id)
        table.add_row(MARKS[finding.severity], *(escape(cell) for cell in cells))
    console.print(table)
    if len(verdict.findings) > SHOWN:
        console.print(f"… en nog {len(verdict.findings) - SHOWN}; --html toont alles per regel.")


def _place(finding: Finding) -> str:
    """Name a cell as a spreadsheet does (AB12); where only the meaning of the column is known, row and meaning."""
    column, row = finding.column or "", finding.row
    cell = f"{column}{row or ''}" if column.isupper() or not row else f"rij {row} {column}"
    return " ".join(part for part in (finding.member, finding.sheet, cell.strip()) if part)


def _as_submission(file: Path, source: Source, name: str, assessment: Assessment) -> Submission:
    now = datetime.now(UTC)
    delivery = Delivery(source.province.slug, "controle", file.name, "", now)
    return Submission(
        id="controle",
        sequence=0,
        province=source.province.slug,
        delivery=delivery,
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        size_bytes=file.stat().st_size,
        dataset=source.deliveries[name].dataset,
        delivery_name=name,
        status=assessment.verdict.status,
        counts=assessment.verdict.counts,
        received_at=now,
    )
