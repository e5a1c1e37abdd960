"""The only package that imports airflow: assets, connections, retry policy, task bodies."""
