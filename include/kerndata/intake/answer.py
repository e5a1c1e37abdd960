"""The answer to a submission: its receipt in the inbox, the file back with its findings marked, a mail, a notice.

What is put is derived from the submission and its assessment alone; doing it again writes the same bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from kerndata.model.submission import Counts, Status, Submission
from kerndata.notices.announce import delivery_refused
from kerndata.notices.endpoints import Endpoint
from kerndata.notices.receipts import mail_receipt
from kerndata.quality.assess import Assessment
from kerndata.quality.marked import Marked
from kerndata.quality.receipt import Receipt, build, to_html, to_json
from kerndata.sources.registry import Source
from kerndata.store import keys
from kerndata.store.client import Store


@dataclass(frozen=True, slots=True)
class Answer:
    """A receipt that stands in the province's inbox, and its page."""

    receipt: Receipt
    html: bytes

    def mail(self, session: Session, endpoints: Sequence[Endpoint], source: Source, now: datetime) -> None:
        """Enqueue the receipt for the province's contact as it prefers; call it where the submission is concluded."""
        mail_receipt(session, endpoints, source=source, receipt=self.receipt, html=self.html, now=now)

    def tell(self, session: Session, endpoints: Sequence[Endpoint], source: Source, now: datetime) -> None:
        """Mail the receipt, and announce a delivery that was refused whole; call it where it is concluded."""
        self.mail(session, endpoints, source, now)
        if self.receipt.status is Status.REFUSED:
            delivery_refused(session, endpoints, receipt=self.receipt, now=now)


def answer(
    store: Store,
    source: Source,
    submission: Submission,
    assessment: Assessment | None,
    *,
    written_at: datetime,
    marked: Marked | None = None,
    before: Counts | None = None,
) -> Answer:
    """Put the receipt of a submission, and its marked file, into the province's inbox.

    ``assessment`` None: there is nothing to tell but the submission's status. ``before``: the counts of the outcome
    that this one replaces.
    """
    receipt = build(submission, assessment, source, written_at, marked=marked, previous_counts=before)
    html = to_html(receipt)
    inbox = keys.inbox(source.province.slug)
    if marked and marked.body is not None:
        store.put(inbox, f"{keys.RECEIPTS}{marked.name}", marked.body, content_type=marked.media_type)
    store.put(inbox, keys.receipt_key(submission.id, "html"), html, content_type="text/html; charset=utf-8")
    store.put(inbox, keys.receipt_key(submission.id, "json"), to_json(receipt), content_type="application/json")
    return Answer(receipt, html)
