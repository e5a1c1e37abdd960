"""Kerndata: the data exchange between the twelve Dutch provinces.

The library behind the Dags. It would still make sense if Airflow were gone: only ``kerndata.airflow`` imports it.
"""

__version__ = "0.1.0"
