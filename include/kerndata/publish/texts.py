"""The files of a release that name its version: manifest, notes, metadata, pages; then the checksums over all of it.

They are made in memory: attempts at the same moment share no file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

from kerndata.model.release import ReleaseFile
from kerndata.publish.about import About, Producer
from kerndata.publish.candidate import Candidate
from kerndata.publish.datapackage import manifest
from kerndata.publish.dcat import release_metadata
from kerndata.publish.notes import render
from kerndata.publish.page import pages
from kerndata.publish.sums import media_type, write_sums
from kerndata.store.keys import MANIFEST, SUMS

NOTES = "RELEASE.md"
# Each sees the files of those before it: the pages offer what is there, the metadata points at them too.
PRODUCERS: tuple[Producer, ...] = (pages, release_metadata)


def about(candidate: Candidate, version: str) -> About:
    """State what is known of a candidate under its version; ``files`` are its data files."""
    return About(
        version=version,
        previous=candidate.previous,
        content_hash=candidate.content_hash,
        code_version=candidate.code_version,
        files=candidate.files,
        left_out=candidate.left_out,
    )


def texts(candidate: Candidate, told: About, producers: Sequence[Producer] = PRODUCERS) -> Mapping[str, bytes]:
    """Make every file that names the version, ``SHA256SUMS`` last, by name."""
    made = {
        MANIFEST: manifest(candidate, told.version),
        NOTES: render(told, candidate.facts, candidate.inputs, note=candidate.note),
    }
    for produce in producers:
        made |= produce(candidate.folder, replace(told, files=(*candidate.files, *described(made))))
    return made | {SUMS: write_sums((*candidate.files, *described(made)))}


def described(made: Mapping[str, bytes]) -> tuple[ReleaseFile, ...]:
    """State the facts of files in memory."""
    return tuple(
        ReleaseFile(name, sha256(body).hexdigest(), len(body), media_type(name)) for name, body in made.items()
    )
