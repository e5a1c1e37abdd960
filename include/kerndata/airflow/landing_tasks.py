"""The bodies of the landing tasks, one call each into the library; Airflow's contexts carry ids, never data.

Heavy libraries are imported inside the bodies, so that a Dag file parses in milliseconds.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowSkipException

from kerndata.airflow import connections, lineage
from kerndata.airflow.assets import ACCEPTED_SUBMISSIONS, MAY_BE_URGENT, URGENT_NOTICES
from kerndata.airflow.landing import EVERYTHING, PULL, REPROCESS, crons

if TYPE_CHECKING:
    from collections.abc import Callable

    from kerndata.errors import KerndataError
    from kerndata.lineage import Flow
    from kerndata.model.submission import Submission
    from kerndata.scan import Scanner
    from kerndata.sources.registry import Source

log = logging.getLogger(__name__)

# Files per mapped task: even if each takes its reader's whole time limit, a batch ends within the task's. Airflow maps
# at most 1,024 tasks, a province may drop thousands of files.
BATCH = 20
RETRY_AFTER = timedelta(minutes=10)  # a landing that failed for good is offered again after this
DROPS, PULLS = "drops", "pulls"

Work = dict[str, list[str]]
"""One batch, as the argument of ``process`` that takes it."""


def find_work() -> list[dict[str, str]]:
    """List the inboxes against the ledger; return one trigger per province with something to do.

    The run id is made from the new files, so that looking again before the landing has started triggers nothing; what a
    failed landing left is offered once per window of ``RETRY_AFTER``, however it shrinks while a landing works at it.
    """
    from kerndata.intake.receive import fresh_drops, left_waiting
    from kerndata.sources.registry import load_sources

    ledger, now = connections.ledger(), datetime.now(UTC)
    fresh = fresh_drops(connections.store(), ledger, load_sources())
    left = left_waiting(ledger, now - RETRY_AFTER)
    window = int(now.timestamp() // RETRY_AFTER.total_seconds())
    for slug in sorted({*fresh, *left}):
        log.info("%s: %d new, %d left", slug, len(fresh.get(slug, [])), len(left.get(slug, [])))
    return [
        {"trigger_dag_id": f"land_{slug}", "trigger_run_id": f"drop__{_digest(fresh.get(slug, []))}__{window}"}
        for slug in sorted({*fresh, *left})
    ]


def receive_drops(slug: str) -> list[Work]:
    """Archive and register what is new in the inbox; return what is to be processed, in batches.

    When a file cannot be received now (the scanner is down), trying again is a batch of its own: the others go on.
    """
    failures = _receive_drops(slug)
    return [
        *_batches("check", _waiting(slug, DROPS)),
        *_batches("again", _chosen(slug)),
        *_batches("late", [DROPS] * bool(failures)),
    ]


def receive_pulls(slug: str) -> list[Work]:
    """Pull every API delivery of the province; return what is to be processed, in batches.

    When one cannot be pulled now, trying again is a batch of its own: the others go on. A run that was started for
    dropped files asks no API (that is done at its own hour, or when a person says so), but still processes what an
    earlier pull left; it skips when that is nothing.
    """
    is_asked = get_current_context()["params"][PULL]
    failures = _receive_pulls(slug) if is_asked else []
    waiting = _waiting(slug, PULLS)
    if not is_asked and not waiting:
        raise AirflowSkipException("this run was started for dropped files only")
    return [*_batches("check", waiting), *_batches("late", [PULLS] * bool(failures))]


def ways(source: Source) -> dict[str, Callable[[str], list[Work]]]:
    """Return the ways by which a province delivers, each with the body of its receiving task."""
    found: dict[str, Callable[[str], list[Work]]] = {DROPS: receive_drops}
    return found | {PULLS: receive_pulls} if crons(source) else found


def process(slug: str, check: Sequence[str] = (), again: Sequence[str] = (), late: Sequence[str] = ()) -> int:
    """Check and answer submissions in order; return how many are concluded now.

    ``check``: ids that wait; ``again``: ids to assess again; ``late``: DROPS or PULLS, of which something could not be
    received before. One submission that cannot be checked does not hold up the others; what failed is raised last.
    """
    from kerndata.airflow import metrics
    from kerndata.intake.failures import together
    from kerndata.intake.process import process as process_one
    from kerndata.intake.reassess import reassess

    began = datetime.now(UTC)
    failures: list[KerndataError] = [failure for kind in late for failure in _RECEIVE[kind](slug)]
    ids = [*check, *(submission_id for kind in late for submission_id in _waiting(slug, kind))]
    done = [one for one in _each(slug, process_one, ids, failures) if one.concluded_at]
    done += [one for one in _each(slug, reassess, again, failures) if one.concluded_at]
    metrics.processed(done, datetime.now(UTC) - began)
    lineage.tell(lambda: _flow(slug, done))
    if failures:
        raise together(f"{slug}: {len(done)} submission(s) concluded, {len(failures)} not.", failures)
    if _is_urgent():
        get_current_context()["outlet_events"][MAY_BE_URGENT].add(URGENT_NOTICES)
    return len(done)


def _flow(slug: str, done: Sequence[Submission]) -> Flow:
    from kerndata.lineage import Flow
    from kerndata.lineage.submissions import of_submission
    from kerndata.sources.registry import load_source

    return sum((of_submission(load_source(slug), one) for one in done), start=Flow())


def announce(slug: str) -> None:
    """Tell the merge that a province has something new; skips, and so emits no asset event, when it has not."""
    from kerndata.ledger import releases

    with connections.ledger().transaction() as session:
        has_news = releases.has_news(session, slug)
    if not has_news:
        raise AirflowSkipException("nothing of this province is to be merged")
    get_current_context()["outlet_events"][ACCEPTED_SUBMISSIONS].add_partitions(slug)


def _is_urgent() -> bool:
    """Say whether a new case waits, or a notice with a legal deadline; the delivery starts at once then."""
    from kerndata.incidents import cases
    from kerndata.notices import outbox
    from kerndata.notices.endpoints import ScheduleName, load

    urgent = {endpoint.name for endpoint in load() if endpoint.schedule is ScheduleName.URGENT}
    with connections.ledger().transaction() as session:
        return bool(cases.unasked(session)) or not urgent.isdisjoint(outbox.due_endpoints(session, datetime.now(UTC)))


def _receive_drops(slug: str) -> list[KerndataError]:
    from kerndata.intake.receive import receive_drops as receive

    def drops(source: Source, now: datetime, scanner: Scanner | None) -> None:
        receive(connections.store(), connections.ledger(), source, now, scanner=scanner)

    return _failures(slug, drops)


def _receive_pulls(slug: str) -> list[KerndataError]:
    from kerndata.intake.pulls import receive_pulls as receive

    def pulls(source: Source, now: datetime, scanner: Scanner | None) -> None:
        receive(connections.store(), connections.ledger(), source, connections.access, now, scanner=scanner)

    return _failures(slug, pulls)


_RECEIVE = {DROPS: _receive_drops, PULLS: _receive_pulls}


def _failures(slug: str, receive: Callable[[Source, datetime, Scanner | None], None]) -> list[KerndataError]:
    """Receive, and give what failed; what could be received is received all the same."""
    from kerndata.errors import KerndataError
    from kerndata.sources.registry import load_source

    try:
        receive(load_source(slug), datetime.now(UTC), connections.scanner())
    except KerndataError as error:
        log.warning("%s: %s", slug, error)
        return [error]
    return []


def _waiting(slug: str, kind: str) -> list[str]:
    """Give the ids of what waits for its check and came by drop, or by pull."""
    from kerndata.ledger import submissions

    with connections.ledger().transaction() as session:
        waiting = submissions.waiting(session, slug)
    return [one.id for one in waiting if one.delivery.place.startswith("pull:") == (kind == PULLS)]


def _chosen(slug: str) -> list[str]:
    """Give the ids that a person asks to assess again by the Dag's parameter; raises for one that cannot be."""
    from kerndata.errors import ConfigurationError
    from kerndata.ledger import outcomes

    asked = list(get_current_context()["params"][REPROCESS] or [])
    if not asked:
        return []
    with connections.ledger().transaction() as session:
        possible = outcomes.reassessable(session, slug)
    if asked == [EVERYTHING]:
        return possible
    if strange := sorted(set(asked) - set(possible)):
        raise ConfigurationError(
            f"{', '.join(strange)}: no judged submission of {slug}, or withdrawn; `kerndata receipts` lists them, and "
            f"{EVERYTHING!r} alone means every one. Nothing was assessed again."
        )
    return [one for one in possible if one in asked]


def _each(
    slug: str, work: Callable[..., Submission], ids: Sequence[str], failures: list[KerndataError]
) -> Iterator[Submission]:
    """Do one piece of work after the other; what fails is put with the failures, whatever it is."""
    from kerndata.errors import KerndataError, NotChecked
    from kerndata.notices.endpoints import load
    from kerndata.sources.registry import load_source

    source, store, ledger, endpoints = load_source(slug), connections.store(), connections.ledger(), load()
    for submission_id in ids:
        try:
            done = work(store, ledger, source, submission_id, endpoints, datetime.now(UTC))
        except KerndataError as error:
            log.exception("%s: %s keeps waiting", slug, submission_id)
            failures.append(error)
        except Exception as error:
            log.exception("%s: %s keeps waiting: a fault of ours", slug, submission_id)
            failures.append(NotChecked(f"{submission_id}: {type(error).__name__}: {error}"))
        else:
            log.info("%s: %s %s, %s", slug, done.id, done.status, done.counts)
            yield done


def _batches(kind: str, items: Sequence[str]) -> Iterator[Work]:
    for start in range(0, len(items), BATCH):
        yield {kind: list(items[start : start + BATCH])}


def _digest(items: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(items)).encode()).hexdigest()[:12]
