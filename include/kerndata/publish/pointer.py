"""``latest.json``: the small file whose one conditional write makes a release visible."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from types import MappingProxyType

from kerndata.errors import KerndataError
from kerndata.model.release import Release, ReleaseFile
from kerndata.publish.sums import media_type, parse_sums
from kerndata.store import keys
from kerndata.store.client import Store


@dataclass(frozen=True, slots=True)
class Latest:
    """What the pointer says; ``files`` gives per name sha256, size in bytes and media type."""

    version: str
    content_hash: str
    published_at: datetime
    previous: str | None
    files: Mapping[str, ReleaseFile]

    @property
    def base(self) -> str:
        """Key prefix of the release's files in the bucket."""
        return keys.release_key(self.version, "")


def read_pointer(store: Store) -> tuple[Latest | None, str | None]:
    """Read the pointer and its ETag; nothing and None before the first release, nothing when none stands any more.

    Raises KerndataError when it is there but is not what this module writes.
    """
    found = store.pointer(keys.PUBLISHED, keys.LATEST)
    if found is None:
        return None, None
    body, etag = found
    try:
        return (None if stands_empty(body) else parse(body)), etag
    except (ValueError, KeyError, TypeError) as error:
        raise KerndataError(
            f"{keys.PUBLISHED}/{keys.LATEST} is not readable ({error}). The releases themselves stand; restore the "
            "pointer from its newest release before anything is published."
        ) from error


def stands_empty(body: bytes) -> bool:
    """Say whether a pointer tells that no release stands: every one was withdrawn."""
    return json.loads(body)["version"] is None


def parse(body: bytes) -> Latest:
    """Read the bytes of a pointer."""
    data = json.loads(body)
    files = {one["name"]: ReleaseFile(**one) for one in data["files"]}
    published_at = datetime.fromisoformat(data["published_at"])
    return Latest(data["version"], data["content_hash"], published_at, data["previous"], MappingProxyType(files))


def dump(
    version: str, content_hash: str, published_at: datetime, previous: str | None, files: Sequence[ReleaseFile]
) -> bytes:
    """Write the bytes of a pointer; the moment of publication stands here and in the ledger only."""
    data = {
        "version": version,
        "content_hash": content_hash,
        "published_at": published_at.isoformat(timespec="seconds"),
        "previous": previous,
        "base": keys.release_key(version, ""),
        "files": [asdict(one) for one in files],
    }
    return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode()


def dump_empty(withdrawn: str) -> bytes:
    """Write the bytes of a pointer when no release stands after ``withdrawn`` was taken back."""
    return (json.dumps({"version": None, "withdrawn": withdrawn, "files": []}, indent=2) + "\n").encode()


def restored(store: Store, release: Release) -> bytes:
    """Write the pointer of an earlier release anew, from the files it has."""
    place = keys.release_key(release.version, "")
    sizes = {one.key.removeprefix(place): one.size_bytes for one in store.list(keys.PUBLISHED, place)}
    sums = store.read(keys.PUBLISHED, place + keys.SUMS)
    package = json.loads(store.read(keys.PUBLISHED, place + keys.MANIFEST))
    rows = {one["path"]: one.get("rowCount") for one in package["resources"]}
    hashes = parse_sums(sums) | {keys.SUMS: sha256(sums).hexdigest()}
    for name in sorted({keys.SIGNATURE, keys.SIGNED_BY} & sizes.keys()):
        hashes[name] = sha256(store.read(keys.PUBLISHED, place + name)).hexdigest()
    files = [ReleaseFile(name, one, sizes[name], media_type(name), rows.get(name)) for name, one in hashes.items()]
    published_at = release.published_at or datetime.min.replace(tzinfo=UTC)
    return dump(release.version, release.content_hash, published_at, release.previous, files)
