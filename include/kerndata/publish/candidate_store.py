"""A candidate kept in ``staging``, from the task that made it to the task that publishes it, minutes or days later.

Every file is create-only below ``candidates/<previous>/<content hash>/<digest>/``, where the digest covers everything
that publishing uses; ``candidate.json`` comes last, so that what has it is whole. Putting it twice is harmless.
"""

import hashlib
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter

from kerndata.errors import KerndataError
from kerndata.publish.candidate import Candidate
from kerndata.store import keys
from kerndata.store.client import Store
from kerndata.store.faults import Missing

_MANIFEST = "candidate.json"
_CANDIDATE = TypeAdapter(Candidate)


def put(store: Store, candidate: Candidate) -> str:
    """Keep a candidate whole; gives its key, which names what it was compared with and its content."""
    body = _dump(candidate)
    digest = hashlib.sha256(body).hexdigest()[:16]
    key = f"{candidate.previous or keys.FIRST}/{candidate.content_hash}/{digest}"
    for one in candidate.files:
        place = keys.candidate_key(key, one.name)
        store.create(keys.STAGING, place, candidate.folder / one.name, content_type=one.media_type)
    store.create(keys.STAGING, keys.candidate_key(key, _MANIFEST), body, content_type="application/json")
    return key


def get(store: Store, key: str, work: Path) -> Candidate:
    """Fetch a kept candidate into ``work``; KerndataError when it is gone or not what was kept."""
    try:
        body = store.read(keys.STAGING, keys.candidate_key(key, _MANIFEST))
        candidate = replace(_CANDIDATE.validate_json(body), folder=work)
        for one in candidate.files:
            found = store.fetch(keys.STAGING, keys.candidate_key(key, one.name), work / one.name)
            if found.sha256 != one.sha256:
                raise KerndataError(f"Candidate {key}: {one.name} holds other bytes than were kept. {_AGAIN}")
    except Missing as error:
        raise KerndataError(f"Candidate {key} is no longer in {keys.STAGING}. {_AGAIN}") from error
    return candidate


def content_of(key: str) -> tuple[str, str | None]:
    """Read from a key which content it holds, and with which version that was compared (None: the first release)."""
    previous, content_hash, _ = key.split("/")
    return content_hash, None if previous == keys.FIRST else previous


def clear(store: Store, visible: str) -> None:
    """Remove the candidates that were compared with another release than the visible one: they can never be it."""
    for one in store.list(keys.STAGING, keys.CANDIDATES):
        if not one.key.startswith(keys.candidate_key(visible, "")):
            store.remove(keys.STAGING, one.key)


_AGAIN = "Nothing was published; the next run of merge_kerndataset_net makes it again."


def _dump(candidate: Candidate) -> bytes:
    """Give it as JSON without its folder; refuses what would come back otherwise."""
    homeless = replace(candidate, folder=Path())
    body = _CANDIDATE.dump_json(homeless)
    if _CANDIDATE.validate_json(body) != homeless:
        raise KerndataError(
            f"Candidate {candidate.content_hash[:16]} cannot be kept: it has a value JSON would change."
        )
    return body
