"""From a province's API to the archive and the ledger; one delivery that fails does not stop the others.

What a pull left (validators, watermark) is remembered in the transaction that registers its submission: after a kill in
between, the same is pulled again and changes nothing.
"""

import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from kerndata.errors import KerndataError
from kerndata.fetch import Access, Limits, Pulled, PullError, pull
from kerndata.intake.failures import together
from kerndata.intake.keep import keep, register
from kerndata.ledger import events, pulls, submissions
from kerndata.ledger.database import Ledger
from kerndata.model.submission import Delivery, Submission
from kerndata.scan import Scanner
from kerndata.sources.registry import Source
from kerndata.sources.via import PulledVia
from kerndata.store.client import Store

LIMITS = Limits()


def receive_pulls(
    store: Store,
    ledger: Ledger,
    source: Source,
    access_of: Callable[[str], Access],
    now: datetime,
    limits: Limits = LIMITS,
    *,
    scanner: Scanner | None = None,
) -> list[Submission]:
    """Pull every API delivery of the province once; return the submissions whose content is new.

    ``access_of`` gives the way in by the connection named in the source. What was pulled stays received when another
    delivery fails; at the end one error tells all failures (``intake.failures.together``).
    """
    received: list[Submission] = []
    failures: list[KerndataError] = []
    for name, spec in source.deliveries.items():
        if isinstance(spec.via, PulledVia):
            try:
                access = access_of(spec.via.connection)
                received += receive_pull(store, ledger, source, name, access, now, limits, scanner=scanner)
            except KerndataError as error:
                failures.append(error)
    if failures:
        done = f"{source.province.slug}: {len(received)} pull(s) received and going on; {len(failures)} failed."
        raise together(done, failures)
    return received


def receive_pull(
    store: Store,
    ledger: Ledger,
    source: Source,
    name: str,
    access: Access,
    now: datetime,
    limits: Limits = LIMITS,
    *,
    scanner: Scanner | None = None,
) -> list[Submission]:
    """Pull one delivery; return its submission, or nothing when there is nothing new. Raises what ``fetch`` raises."""
    slug, via = source.province.slug, source.deliveries[name].via
    if not isinstance(via, PulledVia):
        raise PullError(f"sources/{slug}.yaml: {name} is not pulled but dropped in a bucket")
    with ledger.transaction() as session:
        state = pulls.recall(session, slug, name)
        last = submissions.latest_pull(session, slug, name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pulled"
        got = pull(via, path, access, state, now=now, limits=limits)
        if got is None:
            return []
        if last and state and state.content == got.state.content:  # the same again is not a new delivery
            with ledger.transaction() as session:
                pulls.remember(session, last, name, got.state, now)
            return []
        tombstone = keep(store, slug, path, got.sha256, got.origin, scanner)
    return [_register(ledger, source, name, got, last, tombstone, now)]


def _register(
    ledger: Ledger,
    source: Source,
    name: str,
    got: Pulled,
    last: Submission | None,
    tombstone: str | None,
    now: datetime,
) -> Submission:
    slug = source.province.slug
    version = f"{got.sha256}.{last.id if last else 'first'}"
    delivery = Delivery(slug, f"pull:{slug}", name, version, now)
    with ledger.transaction() as session:
        events.lock(session)  # before the state is read or written: two attempts at once take turns
        made = register(
            session,
            source,
            delivery,
            sha256=got.sha256,
            size_bytes=got.size_bytes,
            delivery_name=name,
            tombstone=tombstone,
            now=now,
        )
        pulls.remember(session, made, name, got.state, now)
    return made
