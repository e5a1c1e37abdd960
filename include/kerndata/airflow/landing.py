"""What the twelve landing Dags are made from: the sources, their schedules and their runbooks."""

from airflow.sdk import CronTriggerTimetable, MultipleCronTriggerTimetable

from kerndata.sources.registry import Source, load_sources
from kerndata.sources.via import PulledVia
from kerndata.store.keys import inbox


def sources() -> list[Source]:
    """Return all sources in the order of their slug."""
    return list(load_sources().values())


def crons(source: Source) -> list[str]:
    """Return the distinct cron expressions at which the source is pulled, in order."""
    return sorted({spec.via.cron for spec in source.deliveries.values() if isinstance(spec.via, PulledVia)})


def schedule(source: Source) -> MultipleCronTriggerTimetable | CronTriggerTimetable | None:
    """Return the source's own schedule; None for a province that only drops files, which `watch_inboxes` starts."""
    return MultipleCronTriggerTimetable(*crons(source), timezone="Europe/Amsterdam") if crons(source) else None


def runbook(template: str | None, source: Source) -> str:
    """Fill the landing runbook with what holds for one province."""
    pulled = bool(crons(source))
    return (template or "").format(
        name=source.province.name,
        inbox=inbox(source.province.slug),
        mail=source.contact.mail,
        pulls=" and everything its API serves" if pulled else "",
        pull_hint=" and at the province's API" if pulled else "",
    )
