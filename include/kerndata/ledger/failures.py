"""Tasks that fail run after run: counted here, because tasks cannot ask Airflow for its own history.

All functions work in the caller's transaction. They append no event: an orchestrator's trouble is no state of the data.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from kerndata.ledger.tables import FailureRow

# A mapped task whose index never comes back would count for ever.
FORGOTTEN_AFTER = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class TaskRun:
    """One task of one run; ``map_index`` is -1 for a task that is not mapped."""

    dag_id: str
    task_id: str
    map_index: int
    run_id: str


@dataclass(frozen=True, slots=True)
class Failing:
    """A Dag of which a task fails: its worst task, the runs in a row, and since when."""

    dag_id: str
    task_id: str
    count: int
    since: datetime


def failed(session: Session, task: TaskRun, now: datetime) -> None:
    """Count a run in which a task failed for good; the same run told twice counts once."""
    row = FailureRow
    values = {"dag_id": task.dag_id, "task_id": task.task_id, "map_index": task.map_index, "run_id": task.run_id}
    statement = insert(row).values(**values, count=1, since=now, last_at=now)
    again = {"count": row.count + 1, "last_at": now, "run_id": task.run_id}
    key = ["dag_id", "task_id", "map_index"]
    session.execute(statement.on_conflict_do_update(index_elements=key, set_=again, where=row.run_id != task.run_id))


def succeeded(session: Session, task: TaskRun) -> None:
    """Forget the failures of a task: it works again."""
    row = FailureRow
    session.execute(
        delete(row).where(row.dag_id == task.dag_id, row.task_id == task.task_id, row.map_index == task.map_index)
    )


def failing(session: Session, times: int, now: datetime) -> list[Failing]:
    """Give the Dags of which a task failed in at least so many runs in a row, the worst task of each."""
    row = FailureRow
    recent = (row.count >= times, row.last_at > now - FORGOTTEN_AFTER)
    order = (row.dag_id, row.count.desc(), row.task_id)
    query = select(row).where(*recent).order_by(*order).ext(distinct_on(row.dag_id))
    return [Failing(one.dag_id, one.task_id, one.count, one.since) for one in session.scalars(query)]
