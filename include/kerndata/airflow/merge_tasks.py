"""The bodies of the merge tasks, one call each into the library; Airflow's contexts carry ids and answers, never data.

Heavy libraries are imported inside the bodies, so that a Dag file parses in milliseconds.
"""

from __future__ import annotations

import logging
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from airflow.sdk import Variable, get_current_context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from kerndata import __version__
from kerndata.airflow import connections, lineage
from kerndata.model.hold import Answer, HoldState, Run

if TYPE_CHECKING:
    from kerndata.lineage import Flow
    from kerndata.model.hold import Hold

log = logging.getLogger(__name__)

ANYWAY = "merge_anyway"
"""The parameter of a run that is to merge though nothing new was accepted."""

HOLD_HOURS = "kerndata_hold_hours"
"""The Airflow variable that overrules how long a candidate waits for an answer."""


def is_quiet() -> bool:
    """Say whether no delivery waits in any inbox or in the ledger: merging now leaves nothing just behind."""
    from kerndata.intake.receive import fresh_drops, left_waiting
    from kerndata.sources.registry import load_sources

    ledger = connections.ledger()
    under_way = fresh_drops(connections.store(), ledger, load_sources()) | left_waiting(ledger, datetime.now(UTC))
    log.info("still under way: %s", ", ".join(sorted(under_way)) or "nothing")
    return not under_way


def has_news() -> bool:
    """Say whether something was accepted that is neither released, nor waiting for a person, nor refused by one.

    Also yes when a person said so: after an entry in the register of corrections nothing new was accepted.
    """
    from kerndata.publish import holding

    if get_current_context()["params"][ANYWAY]:
        log.info("merging because the run was started with %s", ANYWAY)
        return True
    with connections.ledger().transaction() as session:
        return holding.has_news(session, __version__, datetime.now(UTC))


def candidate() -> str:
    """Merge what was accepted and compare it with the latest release; return which task is next: publish or hold.

    The candidate is kept in ``staging``; its key is this task's XCom ``candidate``. Its Data Docs come last: they are
    on nobody's way. Skips when this content is the latest release already, waits elsewhere, or was refused.
    """
    from kerndata.merge.thresholds import load_thresholds
    from kerndata.notices.endpoints import load
    from kerndata.publish import holding
    from kerndata.publish.documents import document
    from kerndata.publish.release import prepare
    from kerndata.publish.tell import Teller

    store, ledger, thresholds = connections.store(), connections.ledger(), load_thresholds()
    with tempfile.TemporaryDirectory() as folder:
        today = datetime.now(UTC).date()
        made = prepare(store, ledger, work=Path(folder), code_version=__version__, today=today)
        found = holding.compare(made, Path(folder), thresholds)
        now = datetime.now(UTC)
        told = Teller(load(), connections.public_url(), now).held
        considered = holding.consider(
            store, ledger, made, found, run=_run(), answer_within=_answer_within(), now=now, announce=told
        )
        if considered.next is holding.Next.NOTHING:
            raise AirflowSkipException(considered.why)
        document(store, made)
    log.info("%s: %s", considered.next, considered.why)
    get_current_context()["ti"].xcom_push(key="candidate", value=considered.key)
    return str(considered.next)


def ask(key: str) -> tuple[Hold, bool]:
    """Return the hold to ask a person about in this run, and whether it just began to wait again.

    Skips when there is nothing to ask here. Fails for good when its comparison no longer holds: a person who cleared
    the task has to know that.
    """
    from kerndata.errors import Fenced
    from kerndata.publish import holding

    store, ledger, now = connections.store(), connections.ledger(), datetime.now(UTC)
    try:
        hold, is_again = holding.ask(store, ledger, key, run=_run(), answer_within=_answer_within(), now=now)
    except Fenced as error:
        raise AirflowFailException(str(error)) from error
    if hold.state is not HoldState.WAITING or hold.run != _run():
        raise AirflowSkipException(holding.told(hold))
    return hold, is_again


def superseded_by(content_hash: str, previous: str) -> str | None:
    """Say what took the place of a held candidate; None while nothing did. Loads little: the triggerer calls it."""
    from kerndata.ledger import holds

    with connections.ledger().transaction() as session:
        hold = holds.find(session, content_hash, previous)
    return hold.superseded_by if hold else None


def publish() -> str:
    """Publish the candidate of this run when nobody had to look or somebody approved; return the version.

    Enters the answer on the request first. Skips when the answer was no, a newer candidate came first, or this content
    was withdrawn.
    """
    from kerndata.airflow import metrics
    from kerndata.errors import Fenced, Withdrawn
    from kerndata.notices.endpoints import load
    from kerndata.publish.holding import publish_kept
    from kerndata.publish.tell import Teller

    ti = get_current_context()["ti"]
    key, given = ti.xcom_pull(task_ids="candidate", key="candidate"), ti.xcom_pull(task_ids="hold")
    answer = _answer(given) if given else None
    store, ledger, now = connections.store(), connections.ledger(), datetime.now(UTC)
    told, signer = Teller(load(), connections.public_url(), now), connections.signer()
    try:
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            published = publish_kept(
                store, ledger, key, answer, run=_run(), work=work, now=now, announce=told.published, signer=signer
            )
    except Withdrawn as error:
        raise AirflowSkipException(str(error)) from error
    except Fenced as error:
        if answer and answer.state is HoldState.APPROVED:
            raise AirflowFailException(str(error)) from error
        raise AirflowSkipException(str(error)) from error
    if isinstance(published, str):
        raise AirflowSkipException(published)
    if not published.created:
        raise AirflowSkipException(f"release {published.version} holds this content already")
    log.info("released %s", published.version)
    metrics.published(datetime.now(UTC) - now)
    lineage.tell(lambda: _flow(published.version))
    return published.version


def _flow(version: str) -> Flow:
    from kerndata.lineage.releases import of_release

    with connections.ledger().transaction() as session:
        return of_release(session, version)


def _run() -> Run:
    ti = get_current_context()["ti"]
    return Run(ti.dag_id, ti.run_id)


def _answer(given: dict[str, str | None]) -> Answer:
    at = datetime.fromisoformat(str(given["at"]))
    return Answer(HoldState(str(given["state"])), given["by"], at, given["note"] or "")


def _answer_within() -> timedelta:
    from kerndata.merge.thresholds import load_thresholds

    hours = Variable.get(HOLD_HOURS, default=None)
    return timedelta(hours=float(hours) if hours else load_thresholds().answer_within_hours)
