"""The monitoring page: a FastAPI app on the ledger for the people who run the exchange. No Airflow in here."""

from kerndata.monitor.app import create_app
from kerndata.monitor.parts import Auth, Parts, Person, RunLink

__all__ = ["Auth", "Parts", "Person", "RunLink", "create_app"]
