"""What a scanner is, and what it can say."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

NAME_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Clean:
    """The scanner looked at the whole file and recognised nothing."""


@dataclass(frozen=True, slots=True)
class Infected:
    """The scanner recognised something; ``name`` is its word for it, fit for a log line and a message."""

    name: str

    @classmethod
    def called(cls, name: str) -> Self:
        """Return the finding with a name that came over the wire: printable ASCII only, at most 100 characters."""
        kept = "".join(sign if " " <= sign <= "~" else "?" for sign in name.strip())[:NAME_LENGTH]
        return cls(kept or "(no name given)")


class Scanner(Protocol):
    """One scanner, reached anew for every file."""

    def scan(self, path: Path) -> Clean | Infected:
        """Return the scanner's word; raises ``Transient`` when it gave none: the file waits, it never passes."""
