"""The reader's child process: takes the job in its working folder, leaves Arrow files and a manifest there.

Forked by ``kerndata.read.forks`` only, which loads first. It limits itself before it opens the file: CPU, address
space, file size, open files, and an alarm in case its parent is gone.
"""

import errno
import json
import os
import resource
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from kerndata.errors import FileFault
from kerndata.read import guard
from kerndata.read.handover import JOB, MANIFEST, READY
from kerndata.read.limits import SIZES, Limits, too_large

if TYPE_CHECKING:
    import pyarrow as pa

    from kerndata.model.sheet import Reading
    from kerndata.sources.formats import FormatSpec

REASON_LENGTH = 200


def main() -> None:
    """Read one file as the job says."""
    text = Path(JOB).read_text(encoding="utf-8")
    job = json.loads(text, object_hook=lambda facts: SimpleNamespace(**facts))  # the parent has checked it
    limits = Limits(**vars(job.limits))
    _limit(limits)
    Path(READY).touch()
    manifest = answer(Path(job.path), job.format, limits)
    Path(MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


class _Absent:
    """Makes a library that is installed look absent; ``sys.modules[name] = None`` would confuse Arrow's own code."""

    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Refuse this one name, leave every other to the finders behind."""
        if name == self._name:
            raise ModuleNotFoundError(f"{name} is not used here", name=name)


def load(kinds: Sequence[str]) -> None:
    """Import what reads these formats (``zip`` and what is in it), so that an absent library is no fault of a file."""
    # Arrow imports pandas and numpy when it finds them. Nothing here needs pandas (0.4 s); Arrow reads text without
    # numpy too (0.1 s), which is all that a CSV asks of it.
    sys.meta_path.insert(0, _Absent("pandas"))
    if list(kinds) == ["csv"]:
        sys.meta_path.insert(0, _Absent("numpy"))
        import_module("pyarrow.csv")
        del sys.meta_path[0]
    modules = {"zip": "zipped", **import_module("kerndata.read.formats").RECORDS}
    for kind in kinds:
        import_module(f"kerndata.read.{modules.get(kind, kind)}")


def answer(path: Path, spec: "FormatSpec", limits: Limits) -> dict[str, object]:
    """Read the file into Arrow files in the current folder; return the manifest, which may be a fault of the file."""
    try:
        return _write(_guarded(path, spec, limits), limits)
    except MemoryError:
        os.write(2, b"MemoryError")
        os._exit(1)  # at once: freeing cell by cell this close to the limit was seen to take minutes
    except FileFault as fault:
        return {"fault": fault.rule_id, "facts": _in_both_languages(fault)}
    except Exception as error:
        if not isinstance(error, _unreadable()):
            raise  # ends the process, and the parent says so
        text = str(error).replace(str(path), "the file").strip().splitlines() or [type(error).__name__]
        reason = text[0][:REASON_LENGTH]
        reden = f"de inhoud past niet bij het formaat; melding van het leesprogramma: {reason}"
        return {"fault": "F-UNREADABLE", "facts": {"reason": reason, "reden": reden}}


def _unreadable() -> tuple[type[BaseException], ...]:
    """Return what the libraries are known to raise over a broken file."""
    import zipfile
    import zlib

    import pyarrow as pa
    from python_calamine import CalamineError

    return (
        pa.ArrowException, CalamineError, zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, LookupError,
        NotImplementedError, RuntimeError, RecursionError, OverflowError,
    )  # fmt: skip


def _guarded(path: Path, spec: "FormatSpec", limits: Limits) -> "Reading":
    from kerndata.read.formats import read_as

    links = frozenset[str]()
    if 0 < path.stat().st_size <= limits.input_bytes:
        with path.open("rb") as file:
            links = guard.inspect(file, spec.kind, limits)
    reading = read_as(path, spec, limits)
    reading = replace(reading, links=tuple(sorted({*links, *reading.links})))
    guard.measure(reading, limits, has_short_cells=spec.kind == "csv")
    return reading


def _in_both_languages(fault: FileFault) -> dict[str, str | int]:
    facts = dict(fault.facts)
    if fault.rule_id == "F-TOO-LARGE":
        facts.setdefault("wat", SIZES[str(facts["what"])])
    if fault.rule_id == "F-UNREADABLE":
        facts.setdefault("reden", facts.get("reason", ""))
    return facts


def _limit(limits: Limits) -> None:
    signal.alarm(limits.wall_seconds + 5)
    # one second more for the hard limit: at the soft one SIGXCPU comes and tells why, at the hard one SIGKILL
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    for what, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_FSIZE, limits.output_bytes),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _write(reading: "Reading", limits: Limits) -> dict[str, object]:
    try:
        for number, sheet in enumerate(reading.sheets):
            _save(sheet.text, f"{number}.text.arrow")
            if sheet.native is not None:
                _save(sheet.native, f"{number}.native.arrow")
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise too_large("bytes as text", limits.output_bytes) from error
        raise
    sheets = [{"name": one.name, "member": one.member, "native": one.native is not None} for one in reading.sheets]
    return {"sheets": sheets, "encoding": reading.encoding, "links": reading.links}


def _save(table: "pa.Table", name: str) -> None:
    import pyarrow as pa

    with pa.OSFile(name, "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
