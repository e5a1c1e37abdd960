"""The S3 server of the stack is closed, and every role can do its own work only."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
import psutil
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from kerndata.local.secrets import AccessKey
from kerndata.local.stack import Stack
from kerndata.store import keys

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.stack

OWN, OTHER = keys.inbox("noord_holland"), keys.inbox("zeeland")


def client(stack: Stack, key: AccessKey) -> "S3Client":
    return boto3.client(
        "s3",
        endpoint_url=stack.s3_endpoint,
        aws_access_key_id=key.access_key,
        aws_secret_access_key=key.secret_key,
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
    )


@pytest.fixture(scope="module")
def role(stack_services: Stack) -> Callable[[str], "S3Client"]:
    return lambda name: client(stack_services, stack_services.secrets.s3[name])


@pytest.fixture(scope="module", autouse=True)
def things(role: Callable[[str], "S3Client"]) -> None:
    """Something to reach for in every bucket."""
    operator = role("operator")
    for bucket in (OWN, OTHER):
        for key in ("drop/rights.csv", "receipts/rights.json"):
            operator.put_object(Bucket=bucket, Key=key, Body=b"x")
    for bucket in (keys.ARCHIVE, keys.STAGING, keys.QUARANTINE, keys.PUBLISHED, keys.QUALITY):
        operator.put_object(Bucket=bucket, Key="raw/rights", Body=b"x")


def denied(call: Callable[..., Any], **arguments: Any) -> bool:
    """Tell whether the server answered 403; any other refusal is an error of the test."""
    try:
        call(**arguments)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == requests.codes.forbidden:
            return True
        raise
    return False


def test_a_stranger_gets_nothing_but_published_files(stack_services: Stack) -> None:
    s3 = stack_services.s3_endpoint
    assert requests.put(f"{s3}/{keys.ARCHIVE}/raw/stranger", data=b"x", timeout=5).status_code == 403
    assert requests.put(f"{s3}/{keys.PUBLISHED}/stranger", data=b"x", timeout=5).status_code == 403
    assert requests.delete(f"{s3}/{keys.PUBLISHED}/raw/rights", timeout=5).status_code == 403
    assert requests.get(f"{s3}/{OWN}/drop/rights.csv", timeout=5).status_code == 403
    assert requests.get(s3, timeout=5).status_code == 403
    assert requests.get(f"{s3}/{keys.PUBLISHED}", timeout=5).status_code == 403, "nobody outside may list"
    assert requests.get(f"{s3}/{keys.PUBLISHED}?versions", timeout=5).status_code == 403
    assert requests.get(f"{s3}/{keys.PUBLISHED}/raw/rights", timeout=5).content == b"x"


def test_a_page_of_another_site_may_read_a_published_file(stack_services: Stack) -> None:
    answer = requests.get(
        f"{stack_services.s3_endpoint}/{keys.PUBLISHED}/raw/rights",
        headers={"Origin": "https://site.example"},
        timeout=5,
    )
    assert answer.headers["Access-Control-Allow-Origin"] in ("*", "https://site.example")


def test_a_province_drops_files_and_reads_its_receipts(role: Callable[[str], "S3Client"]) -> None:
    province = role("noord_holland")
    province.put_object(Bucket=OWN, Key="drop/rights.csv", Body=b"y")
    assert province.get_object(Bucket=OWN, Key="receipts/rights.json")["Body"].read() == b"x"
    listed = province.list_objects_v2(Bucket=OWN, Prefix="receipts/")["Contents"]
    assert "receipts/rights.json" in [found["Key"] for found in listed]


def test_a_province_reaches_only_its_own_and_takes_nothing_back(role: Callable[[str], "S3Client"]) -> None:
    s3 = role("noord_holland")
    drop = {"Bucket": OWN, "Key": "drop/rights.csv"}
    version = role("operator").head_object(**drop)["VersionId"]
    assert denied(s3.get_object, **drop), "write-only"
    assert denied(s3.delete_object, **drop)
    assert denied(s3.delete_object, **drop, VersionId=version)
    assert denied(s3.put_object, Bucket=OWN, Key="receipts/rights.json", Body=b"z")
    assert denied(s3.put_object, Bucket=OWN, Key="elsewhere", Body=b"z")
    assert denied(s3.list_objects_v2, Bucket=OWN), "only with one of its two prefixes"
    assert denied(s3.put_bucket_versioning, Bucket=OWN, VersioningConfiguration={"Status": "Suspended"})
    assert denied(s3.put_bucket_policy, Bucket=OWN, Policy="{}")
    for bucket in (OTHER, keys.ARCHIVE, keys.STAGING, keys.QUARANTINE, keys.QUALITY):
        assert denied(s3.put_object, Bucket=bucket, Key="drop/rights.csv", Body=b"z"), bucket
        assert denied(s3.get_object, Bucket=bucket, Key="drop/rights.csv"), bucket
        assert denied(s3.list_objects_v2, Bucket=bucket, Prefix="drop/"), bucket
    assert denied(s3.put_object, Bucket=keys.PUBLISHED, Key="raw/rights", Body=b"z")
    assert denied(s3.list_objects_v2, Bucket=keys.PUBLISHED)
    assert denied(s3.create_bucket, Bucket="mine")


def test_the_exchange_reads_drops_and_writes_receipts(role: Callable[[str], "S3Client"]) -> None:
    exchange = role("exchange")
    found = exchange.list_object_versions(Bucket=OWN, Prefix="drop/")["Versions"]
    version = next(v["VersionId"] for v in found if v["Key"] == "drop/rights.csv")
    assert exchange.get_object(Bucket=OWN, Key="drop/rights.csv", VersionId=version)["Body"].read()
    exchange.put_object(Bucket=OWN, Key="receipts/other.json", Body=b"{}")
    assert denied(exchange.put_object, Bucket=OWN, Key="drop/forged.csv", Body=b"z"), "it cannot deliver for a province"
    assert denied(exchange.delete_object, Bucket=OWN, Key="drop/rights.csv")


def test_the_exchange_cannot_undo_what_is_archived_or_published(role: Callable[[str], "S3Client"]) -> None:
    exchange = role("exchange")
    for bucket in (keys.ARCHIVE, keys.PUBLISHED, keys.QUARANTINE):
        assert denied(exchange.delete_object, Bucket=bucket, Key="raw/rights"), bucket
    exchange.delete_object(Bucket=keys.STAGING, Key="raw/rights")


def test_the_archive_keeps_a_version_even_from_the_operator(role: Callable[[str], "S3Client"]) -> None:
    operator = role("operator")
    lock = operator.get_object_lock_configuration(Bucket=keys.ARCHIVE)["ObjectLockConfiguration"]
    assert lock["Rule"]["DefaultRetention"]["Mode"] == "GOVERNANCE"
    version = operator.head_object(Bucket=keys.ARCHIVE, Key="raw/rights")["VersionId"]
    assert denied(operator.delete_object, Bucket=keys.ARCHIVE, Key="raw/rights", VersionId=version)


def test_inboxes_keep_every_version(role: Callable[[str], "S3Client"], stack_services: Stack) -> None:
    operator = role("operator")
    for slug in stack_services.slugs:
        assert operator.get_bucket_versioning(Bucket=keys.inbox(slug))["Status"] == "Enabled"


def test_an_engineer_reads_everything_and_changes_nothing(role: Callable[[str], "S3Client"]) -> None:
    engineer = role("engineer")
    for bucket, key in ((OWN, "drop/rights.csv"), (keys.ARCHIVE, "raw/rights"), (keys.QUARANTINE, "raw/rights")):
        assert engineer.get_object(Bucket=bucket, Key=key)["Body"].read()
        assert engineer.list_objects_v2(Bucket=bucket)["KeyCount"] >= 1
        assert denied(engineer.put_object, Bucket=bucket, Key=key, Body=b"z"), bucket
        assert denied(engineer.delete_object, Bucket=bucket, Key=key), bucket


def test_nothing_listens_beyond_this_machine(stack_services: Stack) -> None:
    pids = {process.pid for process in stack_services.leftovers()}
    listening = [c for c in psutil.net_connections("inet") if c.pid in pids and c.status == psutil.CONN_LISTEN]
    assert {c.laddr.ip for c in listening} == {"127.0.0.1"}
    assert {c.laddr.port for c in listening} <= set(stack_services.ports.wanted())
