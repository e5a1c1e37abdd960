"""What the files that name the version know of a release, and how another such file joins them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kerndata.model.release import ReleaseFile

# Where the files at a fixed address lie, seen from a file of a release: no file holds the name of a machine.
ROOT = "../../"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that this release does not have: it would hold ``rows`` rows, more than its ``limit``."""

    name: str
    rows: int
    limit: int


@dataclass(frozen=True, slots=True)
class About:
    """A release before it is published. ``files`` are those written so far.

    There is no moment in it, nor who signs: the same content gives the same bytes. ``root`` is the relative address of
    ``latest.json``, the catalogue and the feed.
    """

    version: str
    previous: str | None
    content_hash: str
    code_version: str
    files: tuple[ReleaseFile, ...]
    left_out: tuple[LeftOut, ...] = ()
    root: str = ROOT


Producer = Callable[[Path, About], Mapping[str, bytes]]
"""Makes files by name from the folder with the data files; the same folder and ``About`` give the same bytes."""
