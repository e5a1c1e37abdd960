"""Write the files of a release, each once and for good; nothing is visible by that."""

from collections.abc import Callable
from datetime import datetime

from kerndata.errors import Conflict
from kerndata.ledger import releases
from kerndata.ledger.database import Ledger
from kerndata.model.release import ReleaseFile
from kerndata.publish.candidate import Candidate
from kerndata.publish.signature import Signer, signed
from kerndata.publish.sums import media_type
from kerndata.publish.texts import about, described, texts
from kerndata.store import keys
from kerndata.store.client import Store

_FOREVER = "public, max-age=31536000, immutable"


def create(
    store: Store,
    ledger: Ledger,
    candidate: Candidate,
    signer: Signer | None,
    now: datetime,
    after_step: Callable[[str], None],
) -> tuple[str, tuple[ReleaseFile, ...]]:
    """Reserve a version and create every file under it, the checksums and their signature last."""
    version = _reserve(ledger, candidate, now, is_fresh=False)
    after_step("reserve")
    try:
        return version, _create_files(store, candidate, version, signer, after_step)
    except Conflict:
        # An attempt that was killed wrote this content under this number with other code, another predecessor or
        # another key; it never became visible. Its number is given up.
        version = _reserve(ledger, candidate, now, is_fresh=True)
    return version, _create_files(store, candidate, version, signer, after_step)


def keep_public_key(store: Store, signer: Signer) -> None:
    """Keep the public half under its fingerprint, for good."""
    key = keys.public_key_key(signer.public.fingerprint)
    store.create(keys.PUBLISHED, key, signer.public.pem, content_type=media_type(key), cache=_FOREVER)


def _reserve(ledger: Ledger, candidate: Candidate, now: datetime, *, is_fresh: bool) -> str:
    with ledger.transaction() as session:
        if is_fresh:
            releases.reserve(session, f"given up: {candidate.content_hash}", year=now.year, now=now)
        return releases.reserve(session, candidate.content_hash, year=now.year, now=now)


def _create_files(
    store: Store, candidate: Candidate, version: str, signer: Signer | None, after_step: Callable[[str], None]
) -> tuple[ReleaseFile, ...]:
    made = dict(texts(candidate, about(candidate, version)))
    if signer:
        keep_public_key(store, signer)
        made |= signed(signer, made[keys.SUMS])
    files = (*candidate.files, *described(made))
    for one in files:
        store.create(
            keys.PUBLISHED,
            keys.release_key(version, one.name),
            made.get(one.name, candidate.folder / one.name),
            content_type=one.media_type,
            cache=_FOREVER,
        )
        after_step(f"create:{one.name}")
    return files
