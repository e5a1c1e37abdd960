"""Start Airflow's api-server with the engineer's password from the environment.

Airflow's simple login reads passwords from a file only, and makes up one and prints it to the log when there is none.
"""

import os
import sys
from pathlib import Path

from kerndata.local.files import write_private_json

USER = "engineer"


def main() -> None:
    """Write the password file and become the api-server, which need not see the password itself."""
    passwords = Path(os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
    write_private_json(passwords, {USER: os.environ.pop("KERNDATA_AIRFLOW_PASSWORD")})
    os.execv(sys.executable, [sys.executable, "-m", "airflow", "api-server"])  # noqa: S606 - that is the purpose


if __name__ == "__main__":
    main()
