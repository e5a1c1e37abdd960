"""Lineage of a task as OpenLineage events of its own run; nothing is sent when Airflow has no transport for it.

Which tasks send events is one setting, ``emission_policy`` below: those that read and write data. The others would tell
only that they ran, at the price of a thread and an event each.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from kerndata.lineage import Flow

log = logging.getLogger(__name__)

_WITH_DATA = {"dag_id": "land_.*|merge_kerndataset.*", "task_id": "process_.*|publish"}


def emission_policy() -> str:
    """Return the value of ``[openlineage] emission_policy``: no source code, and events of tasks with data only."""
    silent = {"emit_task_events": False, "emit_dag_events": False, "include_source_code": False}
    told = {"scope": _WITH_DATA, "match_mode": "regex", "controls": {"emit_task_events": True}}
    return json.dumps([{"scope": {}, "controls": silent}, told])


def tell(flow: Callable[[], Flow]) -> None:
    """Send what this task read and wrote; ``flow`` is asked only when somebody listens. Never fails the task."""
    from airflow.providers.openlineage.api import emit_dataset_lineage, is_openlineage_active

    if not is_openlineage_active():
        return
    try:
        found = flow()
        if found.inputs or found.outputs:
            emit_dataset_lineage(inputs=[*found.inputs], outputs=[*found.outputs])
    except Exception:
        log.exception("the lineage of this task was not told; what it did stands")


if __name__ == "__main__":
    print(emission_policy())  # noqa: T201
