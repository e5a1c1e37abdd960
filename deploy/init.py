"""Bring an installation to this version of the code: the ledger, Airflow's database, the buckets. Safe to repeat."""

import logging
import os
import subprocess
import sys
from datetime import timedelta

from botocore.exceptions import BotoCoreError
from sqlalchemy.exc import OperationalError
from tenacity import retry, retry_if_exception_type, retry_if_result, stop_after_delay, wait_fixed

from kerndata.contracts.code_lists import provinces
from kerndata.ledger import migrate
from kerndata.local.buckets import buckets_can_be_made, make_buckets
from kerndata.local.secrets import AccessKey

log = logging.getLogger("kerndata.init")

# PostgreSQL and S3 start at the same time as this, and S3 answers before its inner parts have found each other. What is
# not there by then needs a person: the container ends with the error.
_PATIENCE = timedelta(minutes=2)


def main() -> None:
    """Do the three steps in turn; an error ends it, and the programs that wait for it do not start."""
    _migrate_ledger(os.environ["KERNDATA_LEDGER_URL"])
    log.info("the ledger is up to date")
    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=True)
    log.info("Airflow's database is up to date")
    endpoint, slugs = os.environ["KERNDATA_S3_ENDPOINT"], tuple(province.slug for province in provinces())
    operator = AccessKey(
        access_key=os.environ["KERNDATA_S3_OPERATOR_ACCESS_KEY"],
        secret_key=os.environ["KERNDATA_S3_OPERATOR_SECRET_KEY"],
    )
    _s3_is_whole(endpoint, operator)
    make_buckets(endpoint, operator, slugs)
    log.info("the buckets of %d provinces and our own are there", len(slugs))


@retry(
    retry=retry_if_exception_type(OperationalError), stop=stop_after_delay(_PATIENCE), wait=wait_fixed(1), reraise=True
)
def _migrate_ledger(url: str) -> None:
    migrate(url)


@retry(
    retry=retry_if_exception_type(BotoCoreError) | retry_if_result(lambda ready: not ready),
    stop=stop_after_delay(_PATIENCE),
    wait=wait_fixed(1),
)
def _s3_is_whole(endpoint: str, operator: AccessKey) -> bool:
    return buckets_can_be_made(endpoint, operator)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    main()
