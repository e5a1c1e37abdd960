"""A whole release in a folder, laid out as in the bucket, for the tests that read one from outside."""

from hashlib import sha256
from pathlib import Path

from tests.unit.merge_rows import NOW, all_twelve, give, wind_farm

from kerndata.model.release import ReleaseFile
from kerndata.publish.candidate import build
from kerndata.publish.pointer import dump
from kerndata.publish.signature import signed, signer_of
from kerndata.publish.sums import media_type
from kerndata.publish.texts import about, texts
from kerndata.store.keys import SUMS

SIGNER = signer_of("5e" * 32)
VERSION = "2026.1"


def publish_to(root: Path) -> Path:
    """Lay a release down below ``root`` with its pointer and keys; gives the release's own folder."""
    given = root.parent / "given"
    given.mkdir()
    projects = [give(given, 91, "PV24", [wind_farm("PV24", "W1")], "projects")]
    inputs = {"indicators": all_twelve(given), "projects": projects}
    candidate = build(inputs, None, work=root.parent / "work", code_version="abc123")
    made = dict(texts(candidate, about(candidate, VERSION)))
    made |= signed(SIGNER, made[SUMS])
    release = root / "releases" / VERSION
    release.mkdir(parents=True)
    for one in candidate.files:
        (release / one.name).write_bytes((candidate.folder / one.name).read_bytes())
    for name, body in made.items():
        (release / name).parent.mkdir(exist_ok=True)
        (release / name).write_bytes(body)
    keys = root / "keys"
    keys.mkdir()
    for name in (SIGNER.public.fingerprint, "current"):
        (keys / f"{name}.pem").write_bytes(SIGNER.public.pem)
    files = [described(path, release) for path in sorted(release.rglob("*")) if path.is_file()]
    (root / "latest.json").write_bytes(dump(VERSION, candidate.content_hash, NOW, None, files))
    return release


def described(path: Path, release: Path) -> ReleaseFile:
    body = path.read_bytes()
    return ReleaseFile(path.relative_to(release).as_posix(), sha256(body).hexdigest(), len(body), media_type(path.name))
