"""One program of the stack: what to run, with which environment, as whom, and how to stop it."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter

from kerndata.local.files import write_private


class Program(BaseModel):
    """``user`` is the system user to run as (only possible when the stack is started by root), else ``None``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    argv: tuple[str, ...]
    environment: dict[str, str]
    folder: str
    address: str = ""
    user: str | None = None
    stop_signal: str = "TERM"
    stop_wait_seconds: int = 10


_PROGRAMS = TypeAdapter(dict[str, Program])


def save(path: Path, programs: Sequence[Program]) -> None:
    """Write the programs for the launcher; the file holds secrets and is for the owner only."""
    write_private(path, _PROGRAMS.dump_json({program.name: program for program in programs}, indent=2).decode())


def load(path: Path) -> dict[str, Program]:
    """Read the programs, by name; empty when the stack never ran."""
    return _PROGRAMS.validate_json(path.read_bytes()) if path.exists() else {}
