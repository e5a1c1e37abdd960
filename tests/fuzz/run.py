"""Runs mutants through the real path and says what became of each; a fault of ours is a problem, a refusal never."""

import codecs
import hashlib
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from tests.fuzz.mutate import mutated
from tests.fuzz.seeds import Seed, seeds

from kerndata.model.finding import Severity
from kerndata.model.submission import Delivery, Status, Submission
from kerndata.quality.assess import Assessment, assess
from kerndata.quality.marked import marked_copy
from kerndata.quality.receipt import build, to_html, to_json

MOST_SECONDS = 30
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
NOW = datetime(2026, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one mutant; ``rules``: the file rules and errors that refused it. ``problem``: a fault of ours."""

    number: int
    kind: str
    status: str
    rules: tuple[str, ...]
    seconds: float
    problem: str | None = None


def mutant(number: int, seed: int, files: Sequence[Seed]) -> tuple[Seed, bytes]:
    """Return mutant ``number`` of a run; the same seed gives the same mutant on any machine."""
    chosen = files[number % len(files)]
    others = [one.data for one in files]
    return chosen, mutated(chosen.kind, chosen.data, others, Random(f"{seed}:{number}"))


def run(numbers: Sequence[int], seed: int, *, whole_every: int) -> Iterator[Outcome]:
    """Judge these mutants; every ``whole_every``-th goes the whole way.

    The whole way: with Great Expectations and the marked copy. The others get verdict and receipt as well.
    """
    files = seeds()
    with tempfile.TemporaryDirectory() as folder:
        for number in numbers:
            yield _judged(number, seed, files, Path(folder), whole=number % whole_every == 0)


def _judged(number: int, seed: int, files: Sequence[Seed], folder: Path, *, whole: bool) -> Outcome:
    chosen, data = mutant(number, seed, files)
    path = folder / Path(chosen.file_name).name
    path.write_bytes(data)
    start = time.monotonic()
    try:
        found = assess(
            path, source=chosen.source, spec=chosen.spec, submission_id="S-1", file_name=chosen.file_name, judge=whole
        )
        problem = _wrong(found, chosen, data) or _unanswered(found, chosen, path, whole=whole)
    except Exception:  # noqa: BLE001 - whatever escapes is what this run looks for
        return Outcome(number, chosen.kind, "problem", (), time.monotonic() - start, traceback.format_exc())
    seconds = time.monotonic() - start
    if seconds > MOST_SECONDS:
        problem = problem or f"took {seconds:.0f} s"
    rules = {one.rule_id for one in found.verdict.findings if one.severity is Severity.ERROR}
    return Outcome(number, chosen.kind, found.verdict.status, tuple(sorted(rules)), seconds, problem)


def _wrong(found: Assessment, chosen: Seed, data: bytes) -> str | None:
    """What is wrong with a verdict: a refusal without a reason, counts that do not add up, a value from nowhere."""
    verdict, counts = found.verdict, found.verdict.counts
    errors = [one for one in verdict.findings if one.severity is Severity.ERROR]
    if verdict.status is not Status.ACCEPTED and not errors:
        return f"{verdict.status} without a reason"
    if not all(one.message_nl and one.message_en for one in errors):
        return "a reason without words"
    if counts.observed != counts.accepted + counts.refused or len(verdict.accepted) != counts.accepted:
        return f"the counts do not add up: {counts}"
    if chosen.kind == "csv" and "original_value" in verdict.accepted:
        written = _text(data)
        strange = [one for one in verdict.accepted["original_value"].dropna() if one not in written]
        return f"values that are not in the file: {strange[:3]}" if strange else None
    return None


def _text(data: bytes) -> str:
    encodings = ("utf-16",) if data.startswith(UTF16_MARKS) else ("utf-8-sig", "windows-1252")
    for encoding in encodings:
        with suppress(UnicodeDecodeError):
            return data.decode(encoding).replace('""', '"')
    return data.decode("latin-1").replace('""', '"')


def _unanswered(found: Assessment, chosen: Seed, path: Path, *, whole: bool) -> str | None:
    """What is wrong with the receipt."""
    body = path.read_bytes()
    submission = Submission(
        id="S-1",
        sequence=1,
        province=chosen.source.province.slug,
        delivery=Delivery(chosen.source.province.slug, "fuzz", chosen.file_name, "1", NOW),
        sha256=hashlib.sha256(body).hexdigest(),
        size_bytes=len(body),
        dataset=found.dataset,
        delivery_name=None,
        status=found.verdict.status,
        counts=found.verdict.counts,
        received_at=NOW,
    )
    marked = None
    if whole:
        marked = marked_copy(path, submission_id="S-1", spec=chosen.spec, assessment=found)
    receipt = build(submission, found, chosen.source, NOW, marked=marked)
    return None if to_json(receipt) and to_html(receipt) else "an empty receipt"
