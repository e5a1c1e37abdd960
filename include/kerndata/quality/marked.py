"""The province's own file back, with what was refused or flagged marked and a reason per cell.

Made in a child process with limits (``kerndata.quality.marking``): what opens a province's workbook may cost the copy,
never the worker.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from kerndata.contracts.contract import delivery_rule, load_contract
from kerndata.quality.assess import Assessment
from kerndata.quality.marking.job import Job, Mark, Marked, Rows
from kerndata.quality.places import kind_of, place_nl
from kerndata.sources.formats import FormatSpec
from kerndata.sources.schema import DeliverySpec

__all__ = ["Marked", "job_of", "marked_copy"]

WALL_SECONDS = 100
JOB, COPY = "job.json", "copy"
MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "zip": "application/zip",
}
COLOURS = (
    "geweigerde cellen zijn rood, cellen met een opmerking geel; de reden staat bij de cel en op het blad Bevindingen."
)
NOTES = {
    "xlsx": f"Wij maakten een kopie van uw werkmap: {COLOURS}",
    "csv": "Wij maakten een kopie van uw bestand, met achteraan de kolommen kerndata_oordeel en kerndata_redenen.",
    "zip": "Wij maakten een zip met een kopie van elk bestand, waarin de bevindingen zijn gemarkeerd.",
    "cells": f"Wij maakten een werkmap van uw gegevens zoals wij ze lazen: {COLOURS}",
}
NOT_MADE = (
    "Een kopie van uw bestand met de bevindingen erin konden wij niet maken; op dit ontvangstbewijs en in het "
    "JSON-bestand staat waar ze zijn."
)


def marked_copy(path: Path, *, submission_id: str, spec: DeliverySpec | None, assessment: Assessment) -> Marked | None:
    """The province's own file with its findings marked; None when no row was refused or flagged.

    XLSX and CSV stay what they are, a ZIP becomes a zip of marked copies; all others, and what cannot be marked,
    become a workbook of the cells as read. The same file and assessment give the same bytes. Never raises for what a
    file does: a copy that cannot be made has no body, and a note that says so.
    """
    job = job_of(path, spec, assessment) if spec else None
    if spec is None or job is None:
        return None
    own = spec.format.kind if spec.format.kind in NOTES else None
    for way in filter(None, (own, "cells")):
        if body := _made(job, way):
            suffix = "xlsx" if way == "cells" else way
            return Marked(f"{submission_id}.gemarkeerd.{suffix}", MEDIA_TYPES[suffix], body, NOTES[way])
    return Marked(f"{submission_id}.gemarkeerd", "application/octet-stream", None, NOT_MADE)


def job_of(path: Path, spec: DeliverySpec, assessment: Assessment) -> Job | None:
    """What the child marks; None when no row was refused or flagged."""
    marks = tuple(_marks(assessment, spec.format))
    if not any(one.is_shown for one in marks):
        return None
    return Job(
        path=str(path.resolve()),
        format=spec.format.model_dump(mode="json"),
        header_row=spec.layout.title_rows + spec.layout.header_rows,
        marks=marks,
        rows=tuple(_rows(assessment.verdict.accepted, assessment.verdict.refused)),
    )


def _marks(assessment: Assessment, spec: FormatSpec) -> Iterable[Mark]:
    kind = kind_of(spec)
    actions = {rule_id: _action(rule_id, assessment.dataset) for rule_id in assessment.verdict.totals}
    for one in assessment.verdict.findings:
        place = place_nl(one, kind)
        yield Mark(
            one.rule_id, one.severity.value, one.member, one.sheet, one.row, one.column, place, one.value,
            one.message_nl, actions[one.rule_id],
        )  # fmt: skip


def _action(rule_id: str, dataset: str | None) -> str:
    return (load_contract(dataset).rule(rule_id) if dataset else delivery_rule(rule_id)).action_nl


def _rows(accepted: pd.DataFrame, refused: pd.DataFrame) -> Iterable[Rows]:
    found: dict[tuple[str | None, str | None], list[set[int]]] = {}
    for number, frame in enumerate((accepted, refused)):
        if frame.empty:
            continue
        places = frame[["source_member", "source_sheet"]].astype(object)
        places = places.where(places.notna(), None)
        for member, sheet, row in zip(
            places["source_member"], places["source_sheet"], frame["source_row"].tolist(), strict=True
        ):
            found.setdefault((member, sheet), [set(), set()])[number].add(row)
    for (member, sheet), (taken, returned) in found.items():
        yield Rows(member, sheet, tuple(sorted(taken)), tuple(sorted(returned)))


def _made(job: Job, way: str) -> bytes | None:
    """The copy's bytes, or None when the child failed, was stopped by a limit, or took too long."""
    with tempfile.TemporaryDirectory(prefix="kerndata-marked-") as folder:
        work = Path(folder)
        job.save(work / JOB)
        done = _run(work, way)
        copy = work / COPY
        return copy.read_bytes() if done and copy.exists() else None


def _run(work: Path, way: str) -> bool:
    # No inherited environment, as for the reader: what opens a workbook from outside holds no secrets.
    environment = {
        "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
        "PYTHONUTF8": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "OMP_NUM_THREADS": "1",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "kerndata.quality.marking.child", way],
        cwd=work, env=environment, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as child:  # fmt: skip
        try:
            return child.wait(WALL_SECONDS) == 0
        except BaseException as error:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            if isinstance(error, subprocess.TimeoutExpired):
                return False
            raise
