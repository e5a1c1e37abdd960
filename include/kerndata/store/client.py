"""The store: every write that counts is conditional, so that of two attempts one commits and the other stops.

Works on any S3 with If-None-Match, If-Match, versions and SHA-256 checksums (SeaweedFS here).
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import ClientError

from kerndata.errors import Conflict, Fenced, Transient
from kerndata.store.faults import Missing, reaching
from kerndata.store.objects import (
    CHUNK_BYTES,
    Content,
    Fetched,
    ObjectInfo,
    ObjectVersion,
    PutOptions,
    content,
    from_headers,
    to_headers,
)

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

__all__ = ["Fetched", "ObjectInfo", "ObjectVersion", "Store", "connect"]

_CONFIG = Config(
    signature_version="s3v4",
    s3={"addressing_style": "path"},
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
    connect_timeout=5,
    read_timeout=60,
    retries={"mode": "standard", "total_max_attempts": 4},
    max_pool_connections=32,
    proxies={},  # the store is ours and near; a proxy set for the internet must not get between
)


class Store:
    """Buckets and objects, as one identity.

    Every method raises ``Transient`` when the store is out of reach, ``ConfigurationError`` when it refuses this
    identity, and ``Missing`` when what is read is not there.
    """

    def __init__(self, client: "S3Client") -> None:
        self._client = client

    def create(
        self,
        bucket: str,
        key: str,
        body: bytes | Path,
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
        cache: str | None = None,
    ) -> bool:
        """Create an object that never changes; its sha256 goes into the metadata.

        True when created now; False when the same bytes were there already, which is also what a retry sees after a
        lost acknowledgement. Raises ``Conflict`` when other bytes are there; nothing is overwritten.
        """
        new = content(body)
        options: PutOptions = {"IfNoneMatch": "*", "CacheControl": cache} if cache else {"IfNoneMatch": "*"}
        if self._write(bucket, key, new, content_type, metadata, options):
            return True
        there = self._sha256(bucket, key)
        if there != new.sha256:
            raise Conflict(f"{bucket}/{key} holds other bytes: sha256 {there}, not {new.sha256}. It was left as it is.")
        return False

    def put(
        self, bucket: str, key: str, body: bytes | Path, *, content_type: str, metadata: Mapping[str, str] | None = None
    ) -> None:
        """Write or overwrite a derived object: one that can be made again from the archive."""
        self._write(bucket, key, content(body), content_type, metadata, {})

    def delete(self, bucket: str, key: str) -> None:
        """Delete a derived object that is kept for a while only; one that is gone already is no fault."""
        with reaching(bucket, key):
            self._client.delete_object(Bucket=bucket, Key=key)

    def switch(self, bucket: str, key: str, body: bytes, *, content_type: str, etag: str | None) -> str:
        """Replace the pointer whose etag was read before, or make the first one (``etag`` None); give the new etag.

        Raises ``Fenced`` when somebody else switched it in between. When the pointer already holds these very bytes
        the switch has happened (a lost acknowledgement) and its etag is given.
        """
        options: PutOptions = {"CacheControl": "no-cache"}
        options |= {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        written = self._write(bucket, key, content(body), content_type, None, options)
        if written:
            return written
        now = self.pointer(bucket, key)
        if now is None or now[0] != body:
            raise Fenced(
                f"{bucket}/{key} was switched by another publisher; that one stands, this one changed nothing."
            )
        return now[1]

    def read(self, bucket: str, key: str, version: str | None = None) -> bytes:
        """Read a small object whole."""
        with reaching(bucket, key):
            return self._get(bucket, key, version)["Body"].read()

    def pointer(self, bucket: str, key: str) -> tuple[bytes, str] | None:
        """Read a pointer and the etag to switch it with; None when there is none yet."""
        try:
            with reaching(bucket, key):
                answer = self._get(bucket, key, None)
                return answer["Body"].read(), answer["ETag"]
        except Missing:
            return None

    def fetch(self, bucket: str, key: str, target: Path, version: str | None = None) -> Fetched:
        """Stream an object to a file; after an error the file is incomplete and must not be used."""
        digest, size_bytes = hashlib.sha256(), 0
        with reaching(bucket, key), target.open("wb") as file:
            answer = self._get(bucket, key, version)
            for chunk in answer["Body"].iter_chunks(CHUNK_BYTES):
                digest.update(chunk)
                size_bytes += file.write(chunk)
        return Fetched(digest.hexdigest(), size_bytes, _utc(answer["LastModified"]), from_headers(answer["Metadata"]))

    def exists(self, bucket: str, key: str) -> bool:
        """Say whether the object is there."""
        try:
            with reaching(bucket, key):
                self._client.head_object(Bucket=bucket, Key=key)
        except Missing:
            return False
        return True

    def remove(self, bucket: str, key: str) -> None:
        """Remove a derived object that is of no more use; gone already is as good. Only ``staging`` allows it."""
        with reaching(bucket, key):
            self._client.delete_object(Bucket=bucket, Key=key)

    def versions(self, bucket: str, prefix: str) -> list[ObjectVersion]:
        """List all versions of all objects, oldest first; delete markers and empty "folders" are left out.

        S3 tells moments to the second and lists the newest version of a key first, so within one second the listing
        is read backwards.
        """
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
        with reaching(bucket, prefix):
            found = [one for page in pages for one in page.get("Versions", [])]
        files = [one for one in reversed(found) if one["Size"] or not one["Key"].endswith("/")]
        known = [ObjectVersion(one["Key"], one["VersionId"], one["Size"], _utc(one["LastModified"])) for one in files]
        return sorted(known, key=lambda version: version.last_modified)

    def size_bytes(self, bucket: str) -> int:
        """Add up the sizes of all versions in a bucket, a page of the listing at a time."""
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=bucket)
        with reaching(bucket, ""):
            return sum(one["Size"] for page in pages for one in page.get("Versions", []))

    def list(self, bucket: str, prefix: str = "") -> list[ObjectInfo]:
        """List the objects whose key starts with ``prefix``, by key."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        with reaching(bucket, prefix):
            found = [one for page in pages for one in page.get("Contents", [])]
        return [ObjectInfo(one["Key"], one["Size"], one["ETag"], _utc(one["LastModified"])) for one in found]

    def _get(self, bucket: str, key: str, version: str | None) -> "GetObjectOutputTypeDef":
        if version:
            return self._client.get_object(Bucket=bucket, Key=key, VersionId=version)
        return self._client.get_object(Bucket=bucket, Key=key)

    def _write(
        self,
        bucket: str,
        key: str,
        new: Content,
        content_type: str,
        metadata: Mapping[str, str] | None,
        options: PutOptions,
    ) -> str | None:
        """Put an object and give its etag; None when a condition in ``options`` was not met."""
        described = to_headers({**(metadata or {}), "sha256": new.sha256})
        with reaching(bucket, key), new.open() as stream:
            try:
                answer = self._client.put_object(
                    Bucket=bucket,
                    Key=key,
                    Body=stream,
                    ContentType=content_type,
                    Metadata=described,
                    ChecksumSHA256=new.checksum,
                    **options,
                )
            except ClientError as error:
                # 404 NoSuchKey: If-Match on an object that is no longer there
                if error.response["Error"].get("Code") in {"PreconditionFailed", "NoSuchKey"}:
                    return None
                raise
        return answer["ETag"]

    def _sha256(self, bucket: str, key: str) -> str:
        """Hash what is stored: not what its metadata claims, because a conflict is rare and must be certain."""
        digest = hashlib.sha256()
        try:
            with reaching(bucket, key):
                for chunk in self._get(bucket, key, None)["Body"].iter_chunks(CHUNK_BYTES):
                    digest.update(chunk)
        except Missing as error:
            raise Transient(f"{bucket}/{key} was there a moment ago and is gone; it is tried again.") from error
        return digest.hexdigest()


def connect(endpoint: str, access_key: str, secret_key: str) -> Store:
    """Open the store at an endpoint URL, as one identity; nothing is connected yet."""
    session = Session(aws_access_key_id=access_key, aws_secret_access_key=secret_key, region_name="us-east-1")
    return Store(session.client("s3", endpoint_url=endpoint, config=_CONFIG))


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
