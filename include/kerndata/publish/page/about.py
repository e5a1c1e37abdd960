"""What the page is told about its release; everything else it reads from the release's own files."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from kerndata.model.release import ReleaseFile


class Told(Protocol):
    """What the page asks of any description of a release.

    ``files`` are those to offer for downloading. There is no moment here: the same release gives the same page.
    """

    @property
    def version(self) -> str: ...  # noqa: D102
    @property
    def previous(self) -> str | None: ...  # noqa: D102
    @property
    def code_version(self) -> str: ...  # noqa: D102
    @property
    def files(self) -> Sequence[ReleaseFile]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class About:
    """A release as the page names it; see ``Told``."""

    version: str
    previous: str | None
    code_version: str
    files: Sequence[ReleaseFile]
