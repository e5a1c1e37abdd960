"""``SHA256SUMS`` and what is known of a file by its name. Needs no store: who checks a release uses it too."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from kerndata.errors import ConfigurationError, KerndataError
from kerndata.model.release import ReleaseFile

MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {
        ".css": "text/css; charset=utf-8",
        ".csv": "text/csv; charset=utf-8",
        ".geojson": "application/geo+json",
        ".html": "text/html; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".jsonld": "application/ld+json",
        ".key": "text/plain; charset=utf-8",
        ".md": "text/markdown; charset=utf-8",
        ".parquet": "application/vnd.apache.parquet",
        ".pem": "application/x-pem-file",
        ".png": "image/png",
        ".sig": "application/x-ed25519-signature",  # a store may guess another type for octet-stream
        ".svg": "image/svg+xml",
        ".ttl": "text/turtle; charset=utf-8",
        ".woff2": "font/woff2",
        ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ".xml": "application/atom+xml; charset=utf-8",
        "": "text/plain; charset=utf-8",
    }
)


def media_type(name: str) -> str:
    """Say how a file is served; ConfigurationError for a kind of file that was never published before."""
    last = name.rpartition("/")[2]
    suffix = last[last.rindex(".") :] if "." in last else ""
    if suffix not in MEDIA_TYPES:
        raise ConfigurationError(f"{name}: add the media type of {suffix} to kerndata.publish.sums.MEDIA_TYPES.")
    return MEDIA_TYPES[suffix]


def write_sums(files: Iterable[ReleaseFile]) -> bytes:
    """Write the checksums as ``sha256sum --check`` reads them, by name."""
    listed = sorted(files, key=lambda one: one.name)
    return "".join(f"{one.sha256}  {one.name}\n" for one in listed).encode()


def parse_sums(body: bytes) -> dict[str, str]:
    """Read sha256 by name. Raises KerndataError when it is not a list of checksums."""
    try:
        pairs = [line.split("  ", 1) for line in body.decode().splitlines()]
        return {name: sha256 for sha256, name in pairs}
    except ValueError as error:
        raise KerndataError("SHA256SUMS is not a list of checksums: it was changed or cut off.") from error
