"""Airflow reads this on start: the scheduler loads the heavy libraries before LocalExecutor forks tasks from it."""

import sys as _sys  # with an underscore, or Airflow would take the name over as a setting

if "scheduler" in _sys.argv[1:2]:
    from kerndata.local.preload import preload as _preload

    _preload()
