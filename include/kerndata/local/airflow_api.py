"""A small client of Airflow's REST API (v2): what the demo, the tests and the command line need, no more."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests

from kerndata.errors import KerndataError, Transient

_FINAL = ("success", "failed")
_TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class DagRun:
    """One run of a Dag; ``state`` is queued, running, success or failed. Moments are ISO text in UTC."""

    dag_id: str
    run_id: str
    state: str
    run_type: str
    run_after: str
    started_at: str | None
    ended_at: str | None
    conf: Mapping[str, Any]
    partition_key: str | None


@dataclass(frozen=True, slots=True)
class TaskState:
    """One task instance; ``map_index`` is -1 for a task that is not mapped, ``state`` is None before scheduling."""

    task_id: str
    map_index: int
    state: str | None
    try_number: int


@dataclass(frozen=True, slots=True)
class RequiredAction:
    """One request for a person: what is asked, and the answer when there is one (``chosen`` is empty until then)."""

    dag_id: str
    run_id: str
    task_id: str
    subject: str
    body: str
    options: Sequence[str]
    chosen: Sequence[str]
    answered_by: str | None
    given: Mapping[str, Any]


class AirflowApi:
    """Talks to the api-server as one user; logs in by itself, and again when its token has expired."""

    def __init__(self, base_url: str, user: str, password: str, session: requests.Session | None = None) -> None:
        self._base_url, self._user, self._password = base_url, user, password
        self._session = session or requests.Session()

    # ---- health -----------------------------------------------------------------------------------------------------

    def answers(self) -> bool:
        """Tell whether the api-server answers."""
        return bool(self._health())

    def is_healthy(self, component: str) -> bool:
        """Tell whether ``scheduler``, ``dag_processor``, ``triggerer`` or ``metadatabase`` is healthy."""
        return (self._health().get(component) or {}).get("status") == "healthy"

    def _health(self) -> dict[str, Any]:
        try:
            answer = self._session.get(f"{self._base_url}/api/v2/monitor/health", timeout=5)
            return dict(answer.json()) if answer.ok else {}
        except requests.RequestException:
            return {}

    # ---- Dags -------------------------------------------------------------------------------------------------------

    def dag_ids(self) -> list[str]:
        """Ids of all Dags that the dag-processor has read."""
        return [row["dag_id"] for row in self._pages("/dags", "dags", {"exclude_stale": "true"})]

    def import_errors(self) -> dict[str, str]:
        """Stack trace per Dag file that cannot be read; empty when all is well."""
        return {row["filename"]: row["stack_trace"] for row in self._pages("/importErrors", "import_errors", {})}

    def wait_for_dags(self, dag_ids: Sequence[str], timeout_seconds: float = 120) -> None:
        """Wait until Airflow knows these Dags; KerndataError names the missing ones and any import error."""
        end = time.monotonic() + timeout_seconds
        while missing := sorted(set(dag_ids) - set(self.dag_ids())):
            if time.monotonic() > end:
                raise KerndataError(
                    f"Airflow does not know {', '.join(missing)} after {timeout_seconds:.0f} s; "
                    f"import errors: {self.import_errors() or 'none'}"
                )
            time.sleep(0.5)

    def set_paused(self, dag_id: str, *, paused: bool) -> None:
        """Pause or unpause a Dag."""
        self._call("PATCH", f"/dags/{dag_id}", json={"is_paused": paused})

    # ---- runs -------------------------------------------------------------------------------------------------------

    def trigger(
        self,
        dag_id: str,
        *,
        conf: Mapping[str, Any] | None = None,
        run_id: str | None = None,
        partition_key: str | None = None,
    ) -> str:
        """Start a run now and return its id."""
        body = {"logical_date": None, "conf": dict(conf or {}), "dag_run_id": run_id, "partition_key": partition_key}
        given = {key: value for key, value in body.items() if value is not None or key == "logical_date"}
        return str(self._call("POST", f"/dags/{dag_id}/dagRuns", json=given)["dag_run_id"])

    def runs(self, dag_id: str = "~", *, states: Sequence[str] = (), limit: int = 100) -> list[DagRun]:
        """Newest runs first, of one Dag or (``~``) of all; ``states`` narrows them down."""
        query = {"limit": limit, "order_by": "-run_after", "state": list(states)}
        return [_run(row) for row in self._call("GET", f"/dags/{dag_id}/dagRuns", params=query)["dag_runs"]]

    def active_runs(self, dag_id: str = "~") -> list[DagRun]:
        """Runs that are queued or running."""
        return self.runs(dag_id, states=("queued", "running"))

    def run(self, dag_id: str, run_id: str) -> DagRun:
        """One run."""
        return _run(self._call("GET", f"/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}"))

    def wait(self, dag_id: str, run_id: str, timeout_seconds: float = 120) -> DagRun:
        """Wait until a run has ended, well or not; KerndataError with its tasks when that takes too long."""
        end = time.monotonic() + timeout_seconds
        while (run := self.run(dag_id, run_id)).state not in _FINAL:
            if time.monotonic() > end:
                tasks = ", ".join(f"{t.task_id}[{t.map_index}] {t.state}" for t in self.tasks(dag_id, run_id))
                raise KerndataError(f"{dag_id} {run_id} is still {run.state} after {timeout_seconds:.0f} s: {tasks}")
            time.sleep(0.3)
        return run

    def tasks(self, dag_id: str, run_id: str) -> list[TaskState]:
        """The task instances of one run."""
        rows = self._pages(f"/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}/taskInstances", "task_instances", {})
        return [TaskState(row["task_id"], row["map_index"], row["state"], row["try_number"]) for row in rows]

    def log(self, dag_id: str, run_id: str, task: TaskState) -> str:
        """The log of a task instance's last try, as text."""
        path = f"/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}/taskInstances/{task.task_id}/logs/{task.try_number}"
        answer = self._send(
            "GET", path, params={"map_index": task.map_index}, headers={"Accept": "application/x-ndjson"}
        )
        return answer.text

    def clear(self, dag_id: str, run_id: str, task_id: str) -> None:
        """Let a task of a run, and what follows it, be done again."""
        body = {"dry_run": False, "dag_run_id": run_id, "task_ids": [task_id], "include_downstream": True}
        self._call("POST", f"/dags/{dag_id}/clearTaskInstances", json=body | {"only_failed": False})

    # ---- people -----------------------------------------------------------------------------------------------------

    def required_actions(
        self, dag_id: str = "~", run_id: str = "~", *, is_open: bool | None = True
    ) -> list[RequiredAction]:
        """Requests for a person, newest first; ``is_open`` None gives the answered ones too."""
        query = {} if is_open is None else {"response_received": not is_open}
        path = f"/dags/{dag_id}/dagRuns/{quote(run_id, safe='~')}/hitlDetails"
        return [_action(row) for row in self._pages(path, "hitl_details", {"order_by": "-created_at", **query})]

    def answer(self, action: RequiredAction, option: str, **given: Any) -> None:
        """Answer a request as this user; ``given`` are the fields of its form, such as ``note``."""
        place = f"/dags/{action.dag_id}/dagRuns/{quote(action.run_id, safe='')}/taskInstances/{action.task_id}"
        self._call("PATCH", f"{place}/-1/hitlDetails", json={"chosen_options": [option], "params_input": given})

    # ---- settings ---------------------------------------------------------------------------------------------------

    def set_variable(self, name: str, value: str | None) -> None:
        """Set an Airflow variable, or remove it (None)."""
        self._send("DELETE", f"/variables/{name}", accepted=(404,))
        if value is not None:
            self._call("POST", "/variables", json={"key": name, "value": value})

    # ---- HTTP -------------------------------------------------------------------------------------------------------

    def _pages(self, path: str, field: str, query: Mapping[str, Any]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        while True:
            page = self._call("GET", path, params={**query, "limit": 100, "offset": len(rows)})
            rows += page[field]
            if len(rows) >= page["total_entries"] or not page[field]:
                return rows

    def _call(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        return dict(self._send(method, path, **request).json())

    def _send(self, method: str, path: str, *, accepted: Sequence[int] = (), **request: Any) -> requests.Response:
        url = f"{self._base_url}/api/v2{path}"
        if "Authorization" not in self._session.headers:
            self._log_in()
        answer = self._request(method, url, **request)
        if answer.status_code == requests.codes.unauthorized:
            self._log_in()
            answer = self._request(method, url, **request)
        if not answer.ok and answer.status_code not in accepted:
            raise KerndataError(f"Airflow answered {answer.status_code} to {method} {path}: {answer.text[:500]}")
        return answer

    def _request(self, method: str, url: str, **request: Any) -> requests.Response:
        try:
            return self._session.request(method, url, timeout=_TIMEOUT_SECONDS, **request)
        except requests.RequestException as error:
            raise Transient(
                f"Airflow did not answer {method} {url} within {_TIMEOUT_SECONDS} s ({type(error).__name__}); what ran "
                "goes on running. Look at logs/airflow-api-server.log in the state folder, or try again."
            ) from error

    def _log_in(self) -> None:
        self._session.headers.pop("Authorization", None)
        body = {"username": self._user, "password": self._password}
        answer = self._request("POST", f"{self._base_url}/auth/token", json=body)
        if not answer.ok:
            raise KerndataError(f"Airflow does not let user {self._user} in: {answer.status_code} {answer.text[:200]}")
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def _action(row: Mapping[str, Any]) -> RequiredAction:
    task = row["task_instance"]
    return RequiredAction(
        dag_id=task["dag_id"],
        run_id=task["dag_run_id"],
        task_id=task["task_id"],
        subject=row["subject"],
        body=row["body"] or "",
        options=row["options"],
        chosen=row["chosen_options"] or [],
        answered_by=(row["responded_by_user"] or {}).get("name"),
        given=row["params_input"],
    )


def _run(row: Mapping[str, Any]) -> DagRun:
    return DagRun(
        dag_id=row["dag_id"],
        run_id=row["dag_run_id"],
        state=row["state"],
        run_type=row["run_type"],
        run_after=row["run_after"],
        started_at=row["start_date"],
        ended_at=row["end_date"],
        conf=row["conf"] or {},
        partition_key=row.get("partition_key"),
    )
