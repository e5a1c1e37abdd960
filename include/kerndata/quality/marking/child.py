"""The child process that marks a copy: ``python -m kerndata.quality.marking.child csv|xlsx|zip|cells``.

Started by ``kerndata.quality.marked.marked_copy`` only, in a working folder with the job. It limits itself first: CPU,
address space, file size, open files, and an alarm in case its parent is gone.
"""

import gc
import resource
import signal
import sys
from pathlib import Path

from kerndata.quality.marking.job import Job

MIB = 1024**2
CPU_SECONDS, MEMORY_BYTES, OUTPUT_BYTES = 80, 3072 * MIB, 512 * MIB
JOB, COPY = Path("job.json"), Path("copy")


def main(way: str) -> None:
    """Make the copy in the working folder."""
    _limit()
    gc.disable()
    COPY.write_bytes(made(Job.load(JOB), way))


def made(job: Job, way: str) -> bytes:
    """The marked copy; raises whatever the libraries raise over a file they cannot open."""
    # Imported when needed: openpyxl and pyarrow cost a second that a CSV does not need.
    if way == "csv":
        from kerndata.quality.marking.delimited import mark

        return mark(Path(job.path).read_bytes(), job, None, job.format)
    if way == "zip":
        from kerndata.quality.marking.zipped import mark_members

        return mark_members(Path(job.path), job)
    if way == "xlsx":
        from kerndata.quality.marking.workbook import mark_workbook

        return mark_workbook(Path(job.path).read_bytes(), job, None)
    from kerndata.quality.marking.cells import workbook_of_cells

    return workbook_of_cells(Path(job.path), job)


def _limit() -> None:
    """Soft limits only: the reader, which this process may start, sets limits of its own."""
    signal.alarm(CPU_SECONDS + 30)
    for what, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, OUTPUT_BYTES),
        (resource.RLIMIT_NOFILE, 128),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, resource.getrlimit(what)[1]))


if __name__ == "__main__":
    main(sys.argv[1])
