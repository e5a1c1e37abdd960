"""The reader's child process: takes a job on standard input, leaves Arrow files and a manifest in its working folder.

Started by ``kerndata.read.read`` only. It limits itself before it opens the file: CPU, address space, file size, open
files, and an alarm in case its parent is gone.
"""

import gc
import json
import os
import resource
import signal
import sys
import zipfile
import zlib
from pathlib import Path

import pyarrow as pa
from pydantic import TypeAdapter
from python_calamine import CalamineError

from kerndata.errors import FileFault
from kerndata.model.sheet import Reading
from kerndata.read.formats import read_as
from kerndata.read.limits import Limits
from kerndata.read.reader import MANIFEST, READY
from kerndata.sources.formats import FormatSpec

# What the libraries are known to raise over a broken file; anything else ends the process, and the parent says so.
UNREADABLE = (
    pa.ArrowException, CalamineError, zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, LookupError,
    NotImplementedError, RuntimeError, RecursionError, OverflowError,
)  # fmt: skip


def main() -> None:
    """Read one file as the job on standard input says."""
    job = json.load(sys.stdin)
    limits = Limits.model_validate(job["limits"])
    spec: FormatSpec = TypeAdapter(FormatSpec).validate_python(job["format"])
    _limit(limits)
    gc.disable()  # millions of cells and no cycles: searching them for garbage only costs time
    Path(READY).touch()
    try:
        manifest = _write(read_as(Path(job["path"]), spec, limits))
    except MemoryError:
        os.write(2, b"MemoryError")
        os._exit(1)  # at once: freeing cell by cell this close to the limit was seen to take minutes
    except FileFault as fault:
        manifest = {"fault": fault.rule_id, "facts": fault.facts}
    except UNREADABLE as error:
        text = str(error).replace(job["path"], "the file").strip().splitlines() or [type(error).__name__]
        manifest = {"fault": "F-UNREADABLE", "facts": {"reason": text[0][:200]}}
    Path(MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


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


def _write(reading: Reading) -> dict[str, object]:
    for number, sheet in enumerate(reading.sheets):
        _save(sheet.text, f"{number}.text.arrow")
        if sheet.native is not None:
            _save(sheet.native, f"{number}.native.arrow")
    sheets = [{"name": one.name, "member": one.member, "native": one.native is not None} for one in reading.sheets]
    return {"sheets": sheets, "encoding": reading.encoding}


def _save(table: pa.Table, name: str) -> None:
    with pa.OSFile(name, "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


if __name__ == "__main__":
    main()
    sys.stderr.flush()
    os._exit(0)  # nothing to tidy: freeing millions of cells one by one only costs time
