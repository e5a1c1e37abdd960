"""``kerndata verify``: a release by its address or folder, checked without anything of ours but the release."""

import json
from dataclasses import dataclass
from pathlib import Path

import requests

from kerndata.errors import KerndataError
from kerndata.publish.places import FolderPlace, Place, WebPlace, place_of
from kerndata.publish.proof import Expected, Proof, prove
from kerndata.store.keys import LATEST, MANIFEST, SUMS

_POINTER = LATEST.rpartition("/")[2]
_RELEASES = "releases/"


class _Broken(KerndataError):
    """The pointer is there, but is not what we write."""


@dataclass(frozen=True, slots=True)
class _Pointer:
    version: str
    expected: Expected


def check(where: str, http: requests.Session, pem: bytes | None = None) -> Proof:
    """Check the release at ``where``: a folder or address of a release, or of a ``latest.json`` beside ``releases/``.

    When the release lies where it was published and ``latest.json`` shows it, the two are compared. Raises
    KerndataError when there is nothing to check there, Transient when it cannot be reached.
    """
    try:
        return _check(where, http, pem)
    except _Broken as error:
        return Proof("", 0, None, None, (str(error),))


def _check(where: str, http: requests.Session, pem: bytes | None) -> Proof:
    if where.endswith(_POINTER):
        root = place_of(where.removesuffix(_POINTER) or ".", http)
        pointer = _pointer(root, "")
        if pointer is None:
            raise KerndataError(f"{where} is not there; nothing was checked.")
        return prove(_below(root, pointer.version), pointer.version, expected=pointer.expected, pem=pem)
    place = place_of(where, http)
    if place.read(SUMS) is None and (pointer := _pointer(place, "")):
        return prove(_below(place, pointer.version), pointer.version, expected=pointer.expected, pem=pem)
    version = _version(place, where)
    pointer = _pointer(place, "../../")
    expected = pointer.expected if pointer and pointer.version == version else None
    return prove(place, version, expected=expected, pem=pem)


def _pointer(place: Place, up: str) -> _Pointer | None:
    body = place.read(f"{up}{_POINTER}")
    if body is None:
        return None
    try:
        data = json.loads(body)
        if data["version"] is None:
            raise KerndataError(f"No release stands: {data['withdrawn']} was withdrawn. Nothing was checked.")
        files = {str(one["name"]): str(one["sha256"]) for one in data["files"]}
        return _Pointer(str(data["version"]), Expected(str(data["content_hash"]), files))
    except (ValueError, KeyError, TypeError) as error:
        raise _Broken(f"{_POINTER} is not readable ({error}): it was changed or cut off.") from error


def _below(root: Place, version: str) -> Place:
    if isinstance(root, WebPlace):
        return WebPlace(f"{root.base}{_RELEASES}{version}/", root.http)
    if not isinstance(root, FolderPlace):
        raise TypeError(root)
    return FolderPlace(root.folder / _RELEASES / version)


def _version(place: Place, where: str) -> str:
    """Take the version from the manifest: a folder may have been copied under another name."""
    body = place.read(MANIFEST)
    if body is None and place.read(SUMS) is None:
        raise KerndataError(f"{where} holds no release ({SUMS}, {MANIFEST}) and no {_POINTER}; nothing was checked.")
    try:
        return str(json.loads(body or b"")["version"])
    except (ValueError, KeyError, TypeError):
        return Path(where).name
