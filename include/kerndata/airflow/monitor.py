"""The monitoring page in Airflow: its guards are Airflow's own, its parts Airflow's connections.

Plugin apps are open by default in Airflow 3 (2026-11): every route asks for a signed-in user, a role, and for what
changes something the right to edit the Dag ``deliver_notices``. All this runs in the api-server, the only process that
may look in Airflow's database: there a submission's run is found by when it was processed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
from airflow.api_fastapi.auth.tokens import get_signing_key
from airflow.api_fastapi.core_api.security import (
    GetUserDep,
    requires_access_dag,
    requires_access_view,
    requires_authenticated,
)
from airflow.configuration import conf
from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from fastapi import HTTPException, Request, status
from sqlalchemy import or_, select

from kerndata.airflow import connections
from kerndata.monitor import Auth, Parts, Person, RunLink, create_app

if TYPE_CHECKING:
    from fastapi import FastAPI

    from kerndata.ledger.database import Ledger
    from kerndata.store.client import Store

PREFIX = "/kerndata"
NAME = "Kerndata"
_edits = requires_access_dag("PUT", param_dag_id="deliver_notices")


def fastapi_apps() -> list[dict[str, Any]]:
    """Give the app as Airflow's plugins register one."""
    return [{"app": app(), "url_prefix": PREFIX, "name": NAME}]


def external_views() -> list[dict[str, Any]]:
    """Give the item in Airflow's navigation; behind a proxy the app is below the path of Airflow's own address."""
    path = urlsplit(conf.get("api", "base_url", fallback="")).path.rstrip("/")
    return [
        {
            "name": NAME,
            "href": f"{path}{PREFIX}/",
            "url_route": "kerndata",
            "destination": "nav",
            "nav_top_level": True,
            "icon": f"{path}{PREFIX}/assets/icon.svg",
            "icon_dark_mode": f"{path}{PREFIX}/assets/icon-dark.svg",
        }
    ]


def app() -> FastAPI:
    """Make the app with Airflow's guards."""
    auth = Auth(
        signed_in=requires_authenticated(),
        may_read=requires_access_view(AccessView.WEBSITE),
        person=_person,
    )
    parts = Parts(
        ledger=_ledger,
        store=_store,
        now=lambda: datetime.now(UTC),
        secret=get_signing_key("api", "secret_key").encode(),
        public_url=connections.public_url,
        runs=runs,
        prefix=PREFIX,
    )
    return create_app(auth, parts)


def runs(province: str, concluded_at: datetime) -> Sequence[RunLink]:
    """Give the task of ``land_<slug>`` that ran when a submission was concluded: its run and its log; empty if gone.

    One such task runs at a time per way in (``dags/land.py``), so a moment names it.
    """
    dag_id, row = f"land_{province}", TaskInstance
    ran = (row.start_date <= concluded_at, or_(row.end_date.is_(None), row.end_date >= concluded_at))
    query = select(row.run_id, row.task_id, row.map_index)
    query = query.where(row.dag_id == dag_id, row.task_id.startswith("process_"), *ran).order_by(row.start_date.desc())
    with create_session() as session:
        found = session.execute(query.limit(2)).all()
    return [link for one in found for link in _links(dag_id, *one)]


def _links(dag_id: str, run_id: str, task_id: str, map_index: int) -> list[RunLink]:
    run = f"/dags/{dag_id}/runs/{quote(run_id, safe='')}"
    mapped = f"/mapped/{map_index}" if map_index >= 0 else ""
    return [RunLink(f"Run {run_id}", run), RunLink(f"Log of {task_id}", f"{run}/tasks/{task_id}{mapped}")]


def _person(request: Request, user: GetUserDep) -> Person:
    """Say who asks, and whether they may do more than look."""
    try:
        _edits(request, user)
    except HTTPException as error:
        if error.status_code != status.HTTP_403_FORBIDDEN:
            raise
        return Person(user.get_name(), can_act=False)
    return Person(user.get_name(), can_act=True)


@cache
def _ledger() -> Ledger:
    return connections.ledger()


@cache
def _store() -> Store:
    return connections.store()
