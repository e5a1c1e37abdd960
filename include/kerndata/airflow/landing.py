"""What the twelve landing Dags are made from: the sources, their schedules, parameters, limits and runbooks."""

from typing import Any

from airflow.sdk import CronTriggerTimetable, MultipleCronTriggerTimetable, Param

from kerndata.airflow import policy
from kerndata.sources.registry import Source, load_sources
from kerndata.sources.via import PulledVia
from kerndata.store.keys import inbox

PULL, REPROCESS, EVERYTHING = "pull", "reprocess", "all"


def sources() -> list[Source]:
    """Return all sources in the order of their slug."""
    return list(load_sources().values())


def crons(source: Source) -> list[str]:
    """Return the distinct cron expressions at which the source is pulled, in order."""
    return sorted({spec.via.cron for spec in source.deliveries.values() if isinstance(spec.via, PulledVia)})


def schedule(source: Source) -> MultipleCronTriggerTimetable | CronTriggerTimetable | None:
    """Return the source's own schedule; None for a province that only drops files, which `watch_inboxes` starts."""
    return MultipleCronTriggerTimetable(*crons(source), timezone="Europe/Amsterdam") if crons(source) else None


def parameters() -> dict[str, Param]:
    """Return what a person may ask of one run."""
    which = {"type": "string", "pattern": f"^({EVERYTHING}|S-[0-9a-f]{{16}})$"}
    return {
        PULL: Param(True, type="boolean", title="Pull", description="Also ask the province's API, if it has one."),
        REPROCESS: Param(
            [],
            type="array",
            items=which,
            title="Reprocess",
            description="Submissions to assess again with today's mapping, from the archive: their ids, or `all`.",
        ),
    }


def defaults(source: Source) -> dict[str, Any]:
    """Return the keyword arguments of one province's Dag.

    At most two tasks of one run at a time, so that one province never takes every slot of the executor. A province that
    is pulled may have a second run, so that what it drops does not wait for an API that drips.
    """
    runs = 2 if crons(source) else 1
    return policy.dag_defaults("intake", source.province.slug) | {"max_active_tasks": 2, "max_active_runs": runs}


def runbook(template: str | None, source: Source) -> str:
    """Fill the landing runbook with what holds for one province."""
    pulled = bool(crons(source))
    return (template or "").format(
        name=source.province.name,
        inbox=inbox(source.province.slug),
        mail=source.contact.mail,
        pulls=" and everything its API serves" if pulled else "",
        pull_hint=", or the province's API failed" if pulled else "",
    )
