"""What was made from what, down to the column, in OpenLineage's terms; sending it is Airflow's part."""

from kerndata.lineage.flow import Flow

__all__ = ["Flow"]
