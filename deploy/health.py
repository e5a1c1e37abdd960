"""Health check of one Airflow program: exit status 0 when the api-server knows it is healthy.

``python deploy/health.py scheduler``: one request and no import of Airflow, which would cost seconds of CPU each time.
"""

import json
import sys
from http.client import HTTPConnection


def main(component: str) -> None:
    """Ask about ``metadatabase``, ``scheduler``, ``dag_processor`` or ``triggerer``; exit with what it is, or 0."""
    connection = HTTPConnection("api-server", 8080, timeout=5)
    connection.request("GET", "/api/v2/monitor/health")
    status = json.load(connection.getresponse())[component]["status"]
    sys.exit(None if status == "healthy" else f"{component} is {status}")


if __name__ == "__main__":
    main(sys.argv[1])
