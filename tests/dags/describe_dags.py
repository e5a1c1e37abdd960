"""Parses the Dags as Airflow does, in a process of its own, and prints what they are as JSON on its last line.

``seconds`` is the time for all Dag files together after Airflow itself was imported.
"""

import json
import sys
import time

import airflow.providers.standard.operators.trigger_dagrun
import airflow.providers.standard.sensors.python
import airflow.sdk
from airflow.dag_processing.dagbag import DagBag

HEAVY = ("pandas", "great_expectations", "boto3", "duckdb", "pyarrow")


def describe(dag: airflow.sdk.DAG) -> dict[str, object]:
    condition = getattr(dag.timetable, "asset_condition", None)
    return {
        "file": dag.fileloc,
        "owners": sorted({task.owner for task in dag.tasks}),
        "tags": sorted(dag.tags),
        "doc": dag.doc_md,
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "params": sorted(dag.params),
        "upstream": {task.task_id: sorted(task.upstream_task_ids) for task in dag.tasks},
        "tasks": sorted(dag.task_ids),
        "without_retries": sorted(task.task_id for task in dag.tasks if not task.retries),
        "without_policy": sorted(task.task_id for task in dag.tasks if task.retry_policy is None),
        "timetable": str(type(dag.timetable).__name__),
        "wakes": sorted(asset.name for asset in getattr(condition, "objects", [])),
        "mapped": sorted(task.task_id for task in dag.tasks if task.is_mapped),
        "outlets": {task.task_id: outlet.name for task in dag.tasks for outlet in task.outlets},
    }


before = {name for name in HEAVY if name in sys.modules}
started = time.perf_counter()
bag = DagBag(sys.argv[1])
seconds = time.perf_counter() - started
heavy = sorted({name for name in HEAVY if name in sys.modules} - before)
dags = {key: describe(dag) for key, dag in bag.dags.items()}
print(json.dumps({"seconds": seconds, "heavy": heavy, "errors": bag.import_errors, "dags": dags}))
