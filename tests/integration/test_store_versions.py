"""Every version of a delivered file is seen and can be read; the archive keeps what it has."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from kerndata.errors import Conflict
from kerndata.store.client import Store
from kerndata.store.keys import ARCHIVE, DROP, RECEIPTS, inbox, raw_key

pytestmark = pytest.mark.stack

INBOX = inbox("groningen")


@pytest.fixture
def folder() -> str:
    return f"{DROP}{uuid4()}/"


@pytest.fixture
def groningen(province_store: Callable[[str], Store]) -> Store:
    return province_store("groningen")


def test_three_writes_of_one_key_within_a_second_are_three_versions_in_order(
    store: Store, groningen: Store, folder: str, tmp_path: Path
) -> None:
    for text in (b"first", b"second", b"third"):
        groningen.put(INBOX, f"{folder}wind.csv", text, content_type="text/csv")

    versions = store.versions(INBOX, folder)

    assert [store.read(INBOX, one.key, one.version) for one in versions] == [b"first", b"second", b"third"]
    oldest = store.fetch(INBOX, versions[0].key, tmp_path / "oldest", versions[0].version)
    assert oldest.sha256 == hashlib.sha256(b"first").hexdigest()


def test_folders_made_by_a_file_manager_are_left_out_but_an_empty_file_is_not(
    store: Store, groningen: Store, folder: str
) -> None:
    groningen.put(INBOX, folder, b"", content_type="application/x-directory")
    groningen.put(INBOX, f"{folder}leeg.csv", b"", content_type="text/csv")

    assert [(one.key, one.size_bytes) for one in store.versions(INBOX, folder)] == [(f"{folder}leeg.csv", 0)]


def test_many_keys_are_listed_over_all_pages(store: Store, folder: str) -> None:
    prefix = folder.replace(DROP, RECEIPTS)
    for number in range(30):
        store.put(INBOX, f"{prefix}{number:04}.csv", b"x", content_type="text/csv")
    store._client.meta.events.register("provide-client-params.s3.*", _small_pages, unique_id="small")
    try:
        assert len(store.versions(INBOX, prefix)) == 30
        assert [one.key for one in store.list(INBOX, prefix)] == [f"{prefix}{number:04}.csv" for number in range(30)]
    finally:
        store._client.meta.events.unregister("provide-client-params.s3.*", unique_id="small")


def _small_pages(params: dict[str, object], **_: object) -> None:
    params["MaxKeys"] = 7


def test_a_version_in_the_locked_archive_cannot_be_removed_and_its_key_not_rewritten(store: Store) -> None:
    body = f"delivered {uuid4()}".encode()
    key = raw_key("groningen", hashlib.sha256(body).hexdigest())
    assert store.create(ARCHIVE, key, body, content_type="application/octet-stream")
    [kept] = store.versions(ARCHIVE, key)

    with pytest.raises(ClientError, match="AccessDenied"):
        store._client.delete_object(Bucket=ARCHIVE, Key=key, VersionId=kept.version)
    with pytest.raises(Conflict):
        store.create(ARCHIVE, key, b"other bytes", content_type="application/octet-stream")

    assert store.read(ARCHIVE, key, kept.version) == body
    assert store.versions(ARCHIVE, key) == [kept]
