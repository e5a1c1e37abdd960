"""What is kept of one submission in the buckets: its receipt, its Data Docs, and the bytes as they were sent."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request, status
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from kerndata.ledger import rows
from kerndata.ledger.tables import SubmissionRow
from kerndata.model.submission import Submission
from kerndata.monitor.filters import clean
from kerndata.monitor.guard import SHOWN_POLICY
from kerndata.monitor.queries import reading
from kerndata.monitor.view import parts_of
from kerndata.store import keys
from kerndata.store.faults import Missing

router = APIRouter()
originals = APIRouter()  # raw bytes may hold what no viewer should see: for who may act
_BLOCK_BYTES = 1 << 16


@router.get("/submissions/{submission_id}/receipt")
def receipt(request: Request, submission_id: str) -> Response:
    """The receipt as the province got it."""
    one = _submission(request, submission_id)
    return _shown(request, keys.inbox(one.province), keys.receipt_key(one.id, "html"), f"receipt of {one.id}")


@originals.get("/submissions/{submission_id}/docs")
def docs(request: Request, submission_id: str) -> Response:
    """The Data Docs of its last revision; only the newest of each province and dataset are kept."""
    one = _submission(request, submission_id)
    key = keys.submission_docs_key(one.province, one.dataset or "", one.id, one.revision)
    return _shown(request, keys.QUALITY, key, f"page of Data Docs for {one.id}; only the newest are kept")


@originals.get("/submissions/{submission_id}/original")
def original(request: Request, submission_id: str) -> Response:
    """The bytes as they were sent, to be saved and never to be opened in the browser."""
    one = _submission(request, submission_id)
    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name) / "original"
    try:
        parts_of(request).store().fetch(keys.ARCHIVE, keys.raw_key(one.province, one.sha256), path)
    except Missing as error:
        folder.cleanup()
        raise _absent(one.tombstone or f"The archive has no bytes of {one.id}; `kerndata audit` says more.") from error
    name = one.delivery.name.rpartition("/")[2] or one.id
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    return StreamingResponse(_blocks(folder, path), media_type="application/octet-stream", headers=headers)


def _blocks(folder: "tempfile.TemporaryDirectory[str]", path: Path) -> Iterator[bytes]:
    with folder, path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            yield block


def _submission(request: Request, submission_id: str) -> Submission:
    with reading(parts_of(request).ledger()) as session:
        row = session.get(SubmissionRow, clean(submission_id))
        if row is None:
            raise _absent(f"There is no submission {submission_id!r}.")
        return rows.submission(row)


def _shown(request: Request, bucket: str, key: str, what: str) -> Response:
    """Show a document of ours under a policy in which it can do nothing."""
    try:
        body = parts_of(request).store().read(bucket, key)
    except Missing as error:
        raise _absent(f"There is no {what}.") from error
    return HTMLResponse(body, headers={"Content-Security-Policy": SHOWN_POLICY})


def _absent(what: str) -> HTTPException:
    return HTTPException(status.HTTP_404_NOT_FOUND, what)
