"""One batch: claim, send, record, in one transaction whose locks only keep other senders off the same subjects."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from kerndata.errors import ConfigurationError
from kerndata.ledger.database import Ledger
from kerndata.ledger.tables import NoticeRow
from kerndata.notices import gate
from kerndata.notices.channels import Answer, Message
from kerndata.notices.channels.registry import CHANNELS
from kerndata.notices.claim import Chain, claim
from kerndata.notices.outcome import Outcome, decide
from kerndata.notices.record import Try, record
from kerndata.notices.rules import Rules
from kerndata.notices.transport import Reply, Transport

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Sender:
    """Sends batches to one endpoint. ``fault`` is set when nothing can be sent until a setting is mended."""

    endpoint: str
    transport: Transport
    rules: Rules
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    fault: ConfigurationError | None = field(default=None, init=False)

    def batch(self, ledger: Ledger) -> list[Outcome]:
        """Send what is due now, up to the size of a batch; nothing when there is none, or when it is not our turn.

        What was sent before a fault of ours is recorded before the fault is raised.
        """
        with ledger.transaction() as session:
            passing = gate.enter(session, self.endpoint, self.rules, self.now())
            if passing is None:
                return []
            tries = self._send(claim(session, self.endpoint, self.now(), passing.most), passing)
            if tries:
                record(session, self.endpoint, tries, self.now(), self.transport.credentials.secret)
                gate.leave(session, self.endpoint, passing, self.now())
        if self.fault:
            raise self.fault
        return [one.decision.outcome for one in tries]

    def _send(self, chains: Sequence[Chain], passing: gate.Gate) -> list[Try]:
        """Send each subject in its order; a notice that has to be sent again keeps back those after it."""
        tries: list[Try] = []
        until = self.now() + self.rules.batch_time
        for chain in chains:
            for notice in chain:
                if tries and (len(tries) >= passing.most or passing.is_open or self.now() >= until):
                    return tries
                passing.wait(self.now, self.sleep)
                try:
                    one = self._try(notice)
                except ConfigurationError as error:
                    self.fault = error
                    return tries
                tries.append(one)
                passing.after(one.decision, one.ended)
                if one.decision.outcome in (Outcome.PAUSE, Outcome.DISABLE):
                    return tries
                if one.decision.outcome is Outcome.RETRY:
                    break
        return tries

    def _try(self, notice: NoticeRow) -> Try:
        started = self.now()
        answer = self._answer(notice, started)
        ended = self.now()
        decision = decide(
            answer.reply,
            confirmed=answer.confirmed,
            attempt=notice.spent + 1,
            notice_id=notice.id,
            schedule=self.rules.schedule,
            now=ended,
        )
        return Try(notice, answer, decision, started, ended)

    def _answer(self, notice: NoticeRow, started: datetime) -> Answer:
        message = Message(notice.id, notice.subject, notice.payload, notice.content_type)
        try:
            return CHANNELS[notice.channel](self.transport, message, started)
        except ConfigurationError:
            raise
        except Exception as error:
            # One notice that a channel cannot send must not keep back the others of this endpoint.
            log.exception("%s: channel %s could not send it: a fault of ours", notice.id, notice.channel)
            return Answer(Reply(None, failure=f"a fault of ours: {type(error).__name__}"), confirmed=False)
