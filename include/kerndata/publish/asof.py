"""What the dataset looked like at a moment: the release that was visible, and what was accepted by then.

The release itself is immutable and stands in the bucket. What was accepted is merged anew, with today's code and
contract and without the register of corrections (that is of today); so it tells what a release made at that moment
would have held.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kerndata.ledger import releases
from kerndata.ledger.asof import accepted_at, visible_at
from kerndata.ledger.database import Ledger
from kerndata.merge.tables import NAMES
from kerndata.model.release import Release
from kerndata.model.submission import Submission
from kerndata.publish.candidate import Candidate, build, fetch_accepted, fetch_release
from kerndata.reference.stored import newest
from kerndata.store.client import Store


@dataclass(frozen=True, slots=True)
class AsOf:
    """The state at ``moment``; ``accepted`` are the submissions that counted, by dataset, each as of then.

    ``unreleased`` are the ids of those that were not in the visible release, or in it with another revision.
    """

    moment: datetime
    release: Release | None
    accepted: Mapping[str, tuple[Submission, ...]]
    unreleased: frozenset[str]


def as_of(ledger: Ledger, moment: datetime) -> AsOf:
    """Look up what was visible and what was accepted at a moment (with its zone)."""
    with ledger.transaction() as session:
        release = visible_at(session, moment)
        given = releases.inputs(session, release.version) if release else {}
        accepted = {name: tuple(accepted_at(session, name, moment)) for name in NAMES}
    every = [one for ones in accepted.values() for one in ones]
    unreleased = {one.id for one in every if one.id not in given or given[one.id].revision != one.revision}
    return AsOf(moment, release, accepted, frozenset(unreleased))


def merged_as_of(store: Store, ledger: Ledger, found: AsOf, *, work: Path, code_version: str) -> Candidate:
    """Merge what was accepted at that moment into ``work/release``, compared with the release that was visible.

    Raises what ``build`` raises. Nothing is published.
    """
    inputs = {name: fetch_accepted(store, submissions, work) for name, submissions in found.accepted.items()}
    previous = fetch_release(store, found.release.version, work) if found.release else None
    held_against = newest(store, ledger, work, found.moment)
    return build(inputs, previous, work=work, code_version=code_version, corrections=(), reference=held_against)
