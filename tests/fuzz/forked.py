"""One process that has imported the readers and forks for every job: a child of its own per file, without its start.

A job is a line with the working folder and one with what the reader's child gets on standard input; the answer is its
exit status. Everything else is as in ``kerndata.read.reader``: a session, limits, messages in a file, nothing shared.
"""

import io
import os
import sys
from importlib import import_module

from kerndata.read import child
from kerndata.read.handover import MESSAGES

READERS = ("csv", "geojson", "guard_ole", "guard_zip", "json_records", "ods", "parquet", "xls", "xlsx", "zipped")


def one(work: str, job: str) -> None:
    """Read one file as ``kerndata.read.child`` does, and end."""
    os.setsid()
    os.chdir(work)
    out = os.open(MESSAGES, os.O_WRONLY | os.O_CREAT, 0o600)
    os.dup2(out, 1)
    os.dup2(out, 2)
    sys.stdin = io.StringIO(job)
    try:
        child.main()
    except BaseException as error:  # noqa: BLE001 - as the interpreter would: a line of text, and status 1
        os.write(2, f"{type(error).__name__}: {error}".encode(errors="replace"))
        os._exit(1)
    os._exit(0)


def main() -> None:
    """Fork for every job until standard input ends."""
    for name in ("pandas", *(f"kerndata.read.{name}" for name in READERS)):  # Arrow looks for pandas when it is used
        import_module(name)
    child._load = lambda spec: None
    lines = iter(sys.stdin.readline, "")
    for work in lines:
        job = next(lines)
        number = os.fork()
        if not number:
            one(work.rstrip("\n"), job)
        _, status = os.waitpid(number, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
