"""Bring an installation to this version of the code: Airflow's database, the ledger, the buckets. Safe to repeat."""

import logging
import os
import subprocess
import sys

from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from kerndata.contracts.code_lists import provinces
from kerndata.ledger import migrate
from kerndata.local.buckets import buckets_can_be_made, make_buckets
from kerndata.local.secrets import AccessKey

log = logging.getLogger("kerndata.init")

S3_WHOLE_WITHIN_SECONDS = 120


def main() -> None:
    """Do the three steps in turn; an error ends it, and the programs that wait for it do not start."""
    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=True)
    log.info("Airflow's database is up to date")
    migrate(os.environ["KERNDATA_LEDGER_URL"])
    log.info("the ledger is up to date")
    slugs = tuple(province.slug for province in provinces())
    _make_buckets(os.environ["KERNDATA_S3_ENDPOINT"], slugs)
    log.info("the buckets of %d provinces and our own are there", len(slugs))


def _make_buckets(endpoint: str, slugs: tuple[str, ...]) -> None:
    operator = AccessKey(
        access_key=os.environ["KERNDATA_S3_OPERATOR_ACCESS_KEY"],
        secret_key=os.environ["KERNDATA_S3_OPERATOR_SECRET_KEY"],
    )
    # S3 answers before its inner parts have found each other; RetryError ends the container when they never do.
    patience = Retrying(
        retry=retry_if_result(lambda ready: not ready),
        stop=stop_after_delay(S3_WHOLE_WITHIN_SECONDS),
        wait=wait_fixed(1),
    )
    patience(buckets_can_be_made, endpoint, operator)
    make_buckets(endpoint, operator, slugs)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    main()
