"""Reads one file in a child process with limits: a broken file can stop the child, never the exchange.

What the child leaves behind is not trusted either: it opened a hostile file, and may write what that file wants.
"""

import json
import os
import shutil
import signal
import stat
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kerndata.errors import FileFault, NotChecked
from kerndata.model.sheet import Reading, Sheet
from kerndata.read import children, sound
from kerndata.read.forks import TIMEOUT
from kerndata.read.handover import JOB, MANIFEST, MESSAGES, READY
from kerndata.read.limits import MIB, Limits, too_large, unreadable
from kerndata.read.rules import RULES
from kerndata.sources.formats import FormatSpec

DEFAULT_LIMITS = Limits()
CHILD = "kerndata.read.child"
CODED = pa.dictionary(pa.int32(), pa.string())
MANIFEST_BYTES = 4 * MIB
ROOM_BYTES = 16 * MIB  # with less room than this a child that failed may have failed for want of it


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _SheetPart(_Part):
    name: str | None
    member: str | None
    native: bool


class _Manifest(_Part):
    """What the child says it did: sheets, or a fault of the file."""

    sheets: list[_SheetPart] = []
    encoding: str | None = None
    links: list[Literal["connection", "workbook"]] = []
    fault: str | None = None
    facts: dict[str, str | int] = Field(default_factory=dict)


def read(path: Path, spec: FormatSpec, limits: Limits = DEFAULT_LIMITS) -> Reading:
    """Return the text cells of a file.

    Raises ``FileFault`` with a rule of ``kerndata.read.RULES`` when the file cannot be read as ``spec`` says, within
    the limits; ``NotChecked`` when the child process could not start or had no room on the disk, which is no fault of
    the file.
    """
    size = path.stat().st_size
    if size > limits.input_bytes:  # before anything reads it: a sparse file of 2 GB costs nothing
        raise too_large("bytes", limits.input_bytes)
    limits = limits.for_size(size, spec.kind)
    with tempfile.TemporaryDirectory(prefix="kerndata-read-") as folder:
        work = Path(folder)
        job = {"path": str(path.resolve()), "format": spec.model_dump(), "limits": asdict(limits)}
        outcome, messages = _run(work, json.dumps(job).encode(), _kinds(spec), limits)
        if outcome == 0 and _is_file(work / MANIFEST):
            return collect(work, limits)
        if not (work / READY).exists():
            raise NotChecked(f"the reader could not start ({outcome}); the file was not looked at: {messages[-500:]}")
        if shutil.disk_usage(work).free < ROOM_BYTES:
            raise NotChecked(f"the reader failed ({outcome}) while the disk of {work.parent} was full; make room there")
        raise unreadable(*_reason(outcome, messages, limits))


def _kinds(spec: FormatSpec) -> tuple[str, ...]:
    inner = (spec.inner.kind,) if spec.kind == "zip" else ()
    return (spec.kind, *inner)


def _run(work: Path, job: bytes, kinds: tuple[str, ...], limits: Limits) -> tuple[int | str, str]:
    """Run the child on ``job``; return its exit status, or ``TIMEOUT``, and what it said."""
    (work / JOB).write_bytes(job)
    outcome = children.run(CHILD, kinds, work, limits.wall_seconds)
    # In a file: a child that writes without end meets its own file size limit, not our memory.
    return outcome, _tail(work / MESSAGES)


def _tail(path: Path) -> str:
    if not _is_file(path):
        return ""
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 4000))
        return file.read().decode(errors="replace")


def _reason(outcome: int | str, messages: str, limits: Limits) -> tuple[str, str]:
    """Return why the child gave no reading, in English and in Dutch."""
    if outcome == -signal.SIGXCPU:
        return _both("reading took more than {} s of computing", "het lezen kostte meer dan {} s", limits.cpu_seconds)
    if outcome in (TIMEOUT, -signal.SIGALRM):
        return _both("reading took more than {} s", "het lezen kostte meer dan {} s", limits.wall_seconds)
    if "MemoryError" in messages or "memory allocation" in messages or "malloc" in messages:
        most = limits.memory_bytes // MIB
        return _both("reading took more than {} MiB of memory", "het lezen kostte meer dan {} MiB geheugen", most)
    if isinstance(outcome, int) and outcome < 0:
        name = signal.Signals(-outcome).name
        return _both("the reader was stopped by {}", "het leesprogramma is gestopt door {}", name)
    last = (messages.strip().splitlines() or ["no message"])[-1][:200]
    return _both("the reader failed: {}", "het leesprogramma liep vast: {}", last)


def _both(english: str, dutch: str, fact: object) -> tuple[str, str]:
    return english.format(fact), dutch.format(fact)


def collect(work: Path, limits: Limits) -> Reading:
    """Return what a child left in its folder, checked; raises ``FileFault`` with its fault, or over nonsense."""
    try:
        manifest = _manifest(work / MANIFEST)
        if manifest.fault is not None:
            raise FileFault(manifest.fault, **manifest.facts)  # type: ignore[arg-type]  # no fact is called observed
        if len(manifest.sheets) > limits.sheets:
            raise too_large("sheets", limits.sheets)
        sheets = tuple(_sheet(work, number, one, limits) for number, one in enumerate(manifest.sheets))
    except (ValidationError, ValueError, OSError, pa.ArrowException) as error:
        text = f"the reader left nonsense: {str(error).splitlines()[0][:100] if str(error) else type(error).__name__}"
        raise unreadable(text, "het bestand heeft het leesprogramma ontregeld") from error
    return Reading(sheets, manifest.encoding, tuple(manifest.links))


def _manifest(path: Path) -> _Manifest:
    if not _is_file(path) or path.stat().st_size > MANIFEST_BYTES:
        raise ValueError("no manifest of a usual size")
    manifest = _Manifest.model_validate_json(path.read_bytes())
    if manifest.fault is not None and manifest.fault not in RULES:
        raise ValueError(f"unknown fault {manifest.fault[:40]!r}")
    if manifest.fault is None and not manifest.sheets:
        raise ValueError("neither sheets nor a fault")
    return manifest


def _is_file(path: Path) -> bool:
    """Whether it is a file of its own: a link could lead to one of ours, a pipe would make us wait for ever."""
    return path.exists() and stat.S_ISREG(path.lstat().st_mode)


def _sheet(work: Path, number: int, one: _SheetPart, limits: Limits) -> Sheet:
    text = _table(work / f"{number}.text.arrow", (pa.string(), CODED), limits)
    native = _table(work / f"{number}.native.arrow", (pa.bool_(),), limits) if one.native else None
    if native is not None and native.shape != text.shape:
        raise ValueError("two shapes of one sheet")
    return Sheet(text, native, one.name, one.member)


def _table(path: Path, kinds: Sequence[pa.DataType], limits: Limits) -> pa.Table:
    """Map the table into memory; the mapping outlives the file's name in the temporary folder.

    Validated in full (offsets, UTF-8): Arrow trusts a file it maps, and a wrong offset would end this process.
    """
    if not _is_file(path):
        raise ValueError("a table is absent")
    with pa.memory_map(str(path)) as source:
        table = pa.ipc.open_file(source).read_all()
    if table.num_rows > limits.rows or table.num_columns > limits.columns:
        raise ValueError("a table over the limits")
    if table.schema.names != [f"c{number}" for number in range(1, table.num_columns + 1)]:
        raise ValueError("columns of other names")
    if any(one not in kinds for one in table.schema.types):
        raise ValueError("columns of another type")
    sound.validate(table)
    return table
