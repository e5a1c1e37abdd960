"""Load what the tasks need once, in the process they are forked from: seconds per task become milliseconds."""

from importlib import import_module

MODULES = (
    "great_expectations",
    "pandas",
    "pyarrow.parquet",
    "duckdb",
    "boto3",
    "requests",
    "kerndata.intake.pulls",
    "kerndata.intake.reassess",
    "kerndata.intake.receive",
    "kerndata.publish.release",
    "kerndata.publish.audit",
    "kerndata.notices.announce",
    "kerndata.notices.outbox",
)
"""Imported in this order by the scheduler of the embedded stack."""


def preload() -> None:
    """Import every module of ``MODULES``; a missing one is an error, found here and not in a task."""
    for name in MODULES:
        import_module(name)
