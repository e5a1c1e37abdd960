"""The embedded stack (PostgreSQL, SeaweedFS, Airflow, counterparts) for the demo, the tests and a laptop.

Nothing here runs in production. Start with ``kerndata.local.stack.Stack``.
"""

MARKER = "KERNDATA_STACK"
"""Environment variable that every process of a stack carries; its value is the state folder."""
