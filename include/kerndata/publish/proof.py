"""Is a release still what was published? Judged from its own files alone, by anyone, without our database.

``SHA256SUMS`` covers every file, its signature covers ``SHA256SUMS``; the manifest and, for the latest release, the
pointer say the same a second time. Each kind of fault has a sentence of its own.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kerndata.errors import KerndataError
from kerndata.publish.places import Place
from kerndata.publish.signature import FINGERPRINT_LENGTH, is_valid, public_key
from kerndata.publish.sums import parse_sums
from kerndata.store.keys import MANIFEST, SIGNATURE, SIGNED_BY, SUMS, TOMBSTONE, TOMBSTONE_PAGE

_KEYS = "../../keys/"
_FINGERPRINT = re.compile(f"[0-9a-f]{{{FINGERPRINT_LENGTH}}}")
_BESIDE = {SUMS, SIGNATURE, SIGNED_BY, TOMBSTONE, TOMBSTONE_PAGE}


@dataclass(frozen=True, slots=True)
class Expected:
    """What the pointer says of the release it shows: its content and the sha256 of its files by name."""

    content_hash: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found. ``faults``: one sentence each, none when all is as published.

    ``signed_by``: fingerprint of the key whose signature matched. ``withdrawn``: the reason, when a tombstone lies
    beside the release.
    """

    version: str
    files: int
    signed_by: str | None
    withdrawn: str | None
    faults: tuple[str, ...]


def prove(
    place: Place,
    version: str,
    *,
    expected: Expected | None = None,
    pem: bytes | None = None,
    must_be_signed: bool = True,
) -> Proof:
    """Check every file of a release, its manifest, its signature and what the pointer says of it.

    ``pem``: the public key to trust; without it the one at the fixed address that ``SHA256SUMS.key`` names. A release
    that was never signed is a fault unless ``must_be_signed`` is False.
    """
    body = place.read(SUMS)
    if body is None:
        fault = f"Release {version} has no {SUMS}: it is gone or was never complete."
        return Proof(version, 0, None, _withdrawn(place), (fault,))
    try:
        sums = parse_sums(body)
    except KerndataError as error:
        return Proof(version, 0, None, _withdrawn(place), (f"Release {version}: {error}",))
    package = _manifest(place)
    signed_by, signature = _signature(place, version, body, pem, must_be_signed)
    wanted = dict(expected.files if expected else {}) | sums
    faults = [
        *_disagreeing(version, sums, expected),
        *_changed(place, version, wanted),
        *_unlisted(place, version, set(wanted)),
        *_manifest_faults(version, package, sums, expected),
        *signature,
    ]
    return Proof(version, len(wanted), signed_by, _withdrawn(place), tuple(faults))


def _changed(place: Place, version: str, wanted: Mapping[str, str]) -> Iterator[str]:
    for name, digest in sorted(wanted.items()):
        seen = place.look(name)
        if seen is None:
            yield f"Release {version}: {name} is gone."
        elif seen.sha256 != digest:
            yield f"Release {version}: {name} holds other bytes: sha256 {seen.sha256}, published as {digest}."


def _disagreeing(version: str, sums: Mapping[str, str], expected: Expected | None) -> Iterator[str]:
    for name, digest in sorted(expected.files.items() if expected else ()):
        if sums.get(name, digest) != digest:
            yield f"Release {version}: latest.json and {SUMS} do not agree on {name}: one of the two was changed."


def _unlisted(place: Place, version: str, known: set[str]) -> Iterator[str]:
    for name in sorted((place.names() or set()) - known - _BESIDE):
        yield f"Release {version}: {name} was not published with it."


def _manifest(place: Place) -> Mapping[str, Any] | None:
    body = place.read(MANIFEST)
    try:
        package = json.loads(body) if body else None
    except ValueError:
        return None
    return package if isinstance(package, dict) and isinstance(package.get("resources"), list) else None


def _manifest_faults(
    version: str, package: Mapping[str, Any] | None, sums: Mapping[str, str], expected: Expected | None
) -> Iterator[str]:
    if package is None:
        yield f"Release {version}: {MANIFEST} is not readable: it does not describe a release."
        return
    if package.get("version") != version:
        yield f"Release {version}: {MANIFEST} is that of release {package.get('version')}: folders were mixed up."
    if expected and package.get("contentHash") != expected.content_hash:
        yield f"Release {version}: latest.json names another content than {MANIFEST}: one of the two was changed."
    for one in package["resources"]:
        name, digest = str(one.get("path")), str(one.get("hash")).removeprefix("sha256:")
        if sums.get(name) != digest:
            yield f"Release {version}: {MANIFEST} and {SUMS} do not agree on {name}: one of the two was changed."


def _name_of_key(place: Place) -> str | None:
    """Read which key signed; its address is made of it, so it must be a fingerprint and nothing else."""
    name = (place.read(SIGNED_BY) or b"").decode("ascii", "replace").strip()
    return name if _FINGERPRINT.fullmatch(name) else None


def _signature(
    place: Place, version: str, body: bytes, pem: bytes | None, must_be_signed: bool
) -> tuple[str | None, list[str]]:
    """Give the fingerprint of the key whose signature matches, or what is wrong with it."""
    named, signature = _name_of_key(place), place.read(SIGNATURE)
    if signature is None:
        is_fault = must_be_signed or named
        return None, [f"Release {version} has no signature ({SIGNATURE}): nobody can tell who made it."] * bool(
            is_fault
        )
    pem = pem or place.read(f"{_KEYS}{named or 'current'}.pem")
    if pem is None:
        return None, [
            f"Release {version}: the public key {named or 'current'} is not at its address; give it by --key."
        ]
    try:
        fingerprint = public_key(pem).fingerprint
    except KerndataError as error:
        return None, [f"Release {version}: {error} The signature was not checked."]
    if named and fingerprint != named:
        return None, [f"Release {version}: signed by key {named}, but the key given or found is {fingerprint}."]
    if not is_valid(pem, signature, body):
        return None, [f"Release {version}: the signature does not match {SUMS}: one of the two was changed."]
    return fingerprint, []


def _withdrawn(place: Place) -> str | None:
    body = place.read(TOMBSTONE)
    if body is None:
        return None
    try:
        return str(json.loads(body)["why"])
    except (ValueError, KeyError, TypeError):
        return "the reason is not readable"
