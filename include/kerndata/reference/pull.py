"""Pulls the reference tables: archived as they came, read once to see that they can be, then entered in the ledger."""

import tempfile
from datetime import datetime
from pathlib import Path

from kerndata.errors import KerndataError, NotChecked, Transient
from kerndata.fetch import Access, Limits, PullError, pull
from kerndata.ledger import reference
from kerndata.ledger.database import Ledger
from kerndata.reference.figures import figures
from kerndata.reference.stored import fetch, reference_key
from kerndata.reference.tables import ReferenceSpec, TableSpec
from kerndata.store import keys
from kerndata.store.client import Store

LIMITS = Limits()


def pull_reference(
    store: Store, ledger: Ledger, spec: ReferenceSpec, access: Access, now: datetime, limits: Limits = LIMITS
) -> list[str]:
    """Pull every part once; return the names of those that are new. One that fails leaves the others as they are.

    At the end one error tells all failures: ``Transient`` when any of them heals, else ``PullError``. Until a part
    can be pulled and read again the last one counts.
    """
    new, failures = [], []
    for name, table, entity in spec.parts():
        try:
            if _pull_part(store, ledger, spec, (name, table, entity), access, now, limits):
                new.append(name)
        except KerndataError as error:
            failures.append(error)
    if failures:
        heals = any(isinstance(one, Transient) for one in failures)
        said = f"{len(new)} part(s) of the reference are new, {len(failures)} failed: {' | '.join(map(str, failures))}"
        raise Transient(said) if heals else PullError(said)
    return new


def _pull_part(
    store: Store,
    ledger: Ledger,
    spec: ReferenceSpec,
    part: tuple[str, TableSpec, str],
    access: Access,
    now: datetime,
    limits: Limits,
) -> bool:
    name, table, entity = part
    with ledger.transaction() as session:
        state = reference.recall(session, name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pulled"
        got = pull(table.via(entity, spec.connection), path, access, state, now=now, limits=limits)
        if got is None or (state and state.content == got.state.content):
            return False
        _refuse_the_unreadable(store, ledger, spec, name, path)
        store.create(
            keys.ARCHIVE,
            reference_key(got.sha256),
            path,
            content_type="application/zip",
            metadata={"origin": got.origin.encode("ascii", "backslashreplace").decode()},
        )
    with ledger.transaction() as session:
        reference.remember(session, name, got.sha256, got.state, now)
    return True


def _refuse_the_unreadable(store: Store, ledger: Ledger, spec: ReferenceSpec, name: str, path: Path) -> None:
    """Read the new part with what is there of the others; raises PullError, so that the last one goes on counting."""
    with tempfile.TemporaryDirectory() as folder, ledger.transaction() as session:
        known = reference.current(session, [one for one, _, _ in spec.parts() if one != name])
        try:
            figures(spec, fetch(store, known, Path(folder)) | {name: path})
        except NotChecked as error:
            raise PullError(f"{error}. What was pulled before goes on counting.") from error
