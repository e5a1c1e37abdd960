"""The demo's board: provinces × stages, and one bar over all of them."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Group
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from kerndata.contracts.code_lists import provinces
from kerndata.model.submission import Submission

STAGES = ("delivered", "archived", "answered")


class Board:
    """What is known of each province's files; ``slugs`` holds one entry per file delivered."""

    def __init__(self, slugs: Sequence[str]) -> None:
        self.files = Counter(slugs)
        self.archived: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.verdicts: dict[str, list[str]] = {}
        self.release: str | None = None

    def update(self, found: Sequence[Submission], release: str | None) -> None:
        """Take in the submissions that the ledger knows now."""
        done = [item for item in found if item.concluded_at]
        self.archived = Counter(item.province for item in found)
        self.answered = Counter(item.province for item in done)
        self.verdicts = {slug: [item.status.value for item in done if item.province == slug] for slug in self.files}
        self.release = release

    def line(self) -> str:
        """One line for where there is no terminal."""
        total = self.files.total()
        archived, answered = self.archived.total(), self.answered.total()
        return f"{archived}/{total} archived, {answered}/{total} answered, latest release {self.release or 'none'}"

    def render(self) -> Group:
        """Return the board as it stands."""
        table = Table("province", *STAGES, "verdicts", box=None, padding=(0, 2))
        for province in provinces():
            files = self.files[province.slug]
            if files:
                reached = (files, self.archived[province.slug], self.answered[province.slug])
                marks = (_mark(count, files) for count in reached)
                table.add_row(province.name, *marks, ", ".join(self.verdicts.get(province.slug, [])))
        total = self.files.total() * 2
        bar = ProgressBar(total=total, completed=self.archived.total() + self.answered.total(), width=60)
        return Group(table, bar, Text(f"\nlatest release: {self.release or 'none yet'}"))


def _mark(count: int, of: int) -> Text:
    return Text(f"{'●' * count}{'○' * max(of - count, 0)}", style="green" if count >= of else "yellow")
