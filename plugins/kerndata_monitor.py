"""Registers the monitoring page: an app below ``/kerndata`` and an item in Airflow's navigation.

Every process of Airflow loads this file, the tasks too; only the api-server asks for the app, so only there it is made.
"""

from functools import cached_property
from typing import Any

from airflow.plugins_manager import AirflowPlugin


class KerndataMonitor(AirflowPlugin):
    """The page; its body is ``kerndata.airflow.monitor``."""

    name = "kerndata_monitor"

    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:
        """Make the app."""
        from kerndata.airflow import monitor

        return monitor.fastapi_apps()

    @cached_property
    def external_views(self) -> list[dict[str, Any]]:
        """Make the item."""
        from kerndata.airflow import monitor

        return monitor.external_views()
