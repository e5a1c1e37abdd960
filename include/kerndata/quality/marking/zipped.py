"""A zip of marked copies; files without findings are in it as they came."""

import io
import zipfile
from pathlib import Path

from kerndata.quality.marking.cells import workbook_of_cells
from kerndata.quality.marking.delimited import mark
from kerndata.quality.marking.job import Job
from kerndata.quality.marking.workbook import mark_workbook

FIXED = (2000, 1, 1, 0, 0, 0)  # no clock in the bytes
LARGEST = 512 * 1024**2


def mark_members(path: Path, job: Job) -> bytes:
    """The zip with its agreed members marked, by name; raises ValueError when it unpacks to too much."""
    touched = {one.member for one in job.marks if one.is_shown}
    made = io.BytesIO()
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        infos = sorted((one for one in archive.infolist() if not one.is_dir()), key=lambda one: one.filename)
        if sum(one.file_size for one in infos) > LARGEST:
            raise ValueError("the zip unpacks to more than a marked copy may hold")
        whole = job.format["inner"]["kind"] not in ("csv", "xlsx") and workbook_of_cells(path, job)
        for info in infos:
            body = archive.read(info)
            if info.filename in touched and not whole:
                body = _marked(body, job, info.filename)
            target.writestr(zipfile.ZipInfo(info.filename, FIXED), body, zipfile.ZIP_DEFLATED)
        if whole:
            target.writestr(zipfile.ZipInfo("gemarkeerd.xlsx", FIXED), whole, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _marked(body: bytes, job: Job, member: str) -> bytes:
    inner = job.format["inner"]
    return mark(body, job, member, inner) if inner["kind"] == "csv" else mark_workbook(body, job, member)
