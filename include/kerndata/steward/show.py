"""What ``kerndata check`` shows at a terminal: the verdict, then the findings with their place in the file."""

from collections.abc import Mapping
from types import MappingProxyType

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kerndata.model.finding import Severity
from kerndata.model.submission import Status
from kerndata.quality.places import kind_of, place_nl
from kerndata.steward.check import Checked

MARKS = {Severity.ERROR: "[red]fout[/]", Severity.WARNING: "[yellow]let op[/]", Severity.INFO: "info"}
OUTCOMES: Mapping[Status, str] = MappingProxyType(
    {Status.ACCEPTED: "goed", Status.PARTLY_ACCEPTED: "deels goed", Status.REFUSED: "geweigerd"}
)
SHOWN = 40


def show(console: Console, checked: Checked) -> None:
    """Print the verdict, the findings, and the rules that could not be checked here."""
    verdict, counts = checked.assessment.verdict, checked.assessment.verdict.counts
    console.print(
        f"{escape(checked.file.name)} ({checked.delivery}): [bold]{OUTCOMES[verdict.status]}[/]. "
        f"{counts.observed} waarnemingen: {counts.accepted} goed ({counts.flagged} met opmerking), "
        f"{counts.refused} geweigerd."
    )
    if verdict.findings:
        _findings(console, checked)
    not_checked = checked.assessment.not_checked
    if not_checked:
        rules = ", ".join(not_checked)
        console.print(f"Niet gecontroleerd zonder uw vorige levering (--previous BESTAND): {rules}", style="dim")


def _findings(console: Console, checked: Checked) -> None:
    verdict = checked.assessment.verdict
    kind = kind_of(checked.source.deliveries[checked.delivery].format)
    table = Table("", "waar", "waarde", "wat", "regel")
    for finding in verdict.findings[:SHOWN]:
        cells = (place_nl(finding, kind), finding.value or "", finding.message_nl, finding.rule_id)
        table.add_row(MARKS[finding.severity], *(escape(cell) for cell in cells))
    console.print(table)
    if len(verdict.findings) > SHOWN:
        console.print(f"… en nog {len(verdict.findings) - SHOWN}; --html toont alles per regel.")
