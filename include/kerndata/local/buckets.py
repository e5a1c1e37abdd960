"""Make the buckets of DESIGN §6 with their versioning, object lock, public reading and CORS; safe to repeat."""

import json
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from kerndata.errors import KerndataError
from kerndata.local.rights import BUCKETS
from kerndata.local.secrets import AccessKey
from kerndata.store import keys

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

RETENTION_DAYS = 3653
"""Raw files are kept ten years; governance mode, so that an erasure by the recorded procedure stays possible."""

_PUBLIC_READING = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "everyone-may-read",
            "Effect": "Allow",
            "Principal": "*",
            "Action": ["s3:GetObject"],
            "Resource": [f"arn:aws:s3:::{keys.PUBLISHED}/*"],
        }
    ],
}


def make_buckets(endpoint: str, operator: AccessKey, slugs: tuple[str, ...]) -> None:
    """Make what is missing and set what belongs to each bucket."""
    s3 = _client(endpoint, operator)
    present = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    inboxes = [keys.inbox(slug) for slug in slugs]
    for bucket in (*inboxes, *BUCKETS):
        if bucket not in present:
            _make(s3, bucket)
    for bucket in inboxes:
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    _lock_archive(s3)
    _open_published(s3)


def _client(endpoint: str, key: AccessKey) -> "S3Client":
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=key.access_key,
        aws_secret_access_key=key.secret_key,
        region_name="us-east-1",
        config=Config(
            s3={"addressing_style": "path"},
            connect_timeout=3,
            read_timeout=15,
            retries={"mode": "standard", "max_attempts": 5},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


def _make(s3: "S3Client", bucket: str) -> None:
    try:
        s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=bucket == keys.ARCHIVE)
    except ClientError as error:
        raise KerndataError(f"the bucket {bucket!r} cannot be made: {error}") from error


def _lock_archive(s3: "S3Client") -> None:
    """Object lock has to be on from the creation of the bucket; it brings versioning with it."""
    s3.put_object_lock_configuration(
        Bucket=keys.ARCHIVE,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": RETENTION_DAYS}},
        },
    )


def _open_published(s3: "S3Client") -> None:
    """Everyone may GET a file, also from a page of another site; nobody outside may list."""
    s3.put_bucket_policy(Bucket=keys.PUBLISHED, Policy=json.dumps(_PUBLIC_READING))
    s3.put_bucket_cors(
        Bucket=keys.PUBLISHED,
        CORSConfiguration={
            "CORSRules": [
                {
                    "AllowedOrigins": ["*"],
                    "AllowedMethods": ["GET", "HEAD"],
                    "AllowedHeaders": ["*"],
                    "ExposeHeaders": ["ETag", "Content-Length", "Last-Modified"],
                    "MaxAgeSeconds": 3600,
                }
            ]
        },
    )


def buckets_can_be_made(endpoint: str, operator: AccessKey) -> bool:
    """Tell whether the server's inner parts have found each other: S3 answers some moments before that."""
    try:
        _client(endpoint, operator).list_buckets()
    except ClientError:
        return False
    return True
