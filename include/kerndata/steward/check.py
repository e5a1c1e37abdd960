"""``kerndata check``: the pipeline's own assessment of a file, offline; findings in Dutch, as on the receipt."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kerndata.errors import ConfigurationError, FileFault
from kerndata.model.submission import Delivery, Status, Submission
from kerndata.quality.assess import Assessment, assess
from kerndata.quality.astray import fits
from kerndata.quality.previous import Previous
from kerndata.quality.receipt import Receipt, build
from kerndata.read import read
from kerndata.sources.registry import Source, load_file, load_source
from kerndata.sources.schema import DeliverySpec
from kerndata.sources.via import BucketVia

ID = "controle"


@dataclass(frozen=True, slots=True)
class Checked:
    """A file, the delivery of its province it was checked as, and what ingestion would say."""

    file: Path
    source: Source
    delivery: str
    assessment: Assessment

    @property
    def is_accepted(self) -> bool:
        """Whether nothing would be refused."""
        return self.assessment.verdict.status is Status.ACCEPTED

    def receipt(self, now: datetime) -> Receipt:
        """Return the receipt that delivering this file would give, but for its ids and moments."""
        verdict = self.assessment.verdict
        submission = Submission(
            id=ID,
            sequence=0,
            province=self.source.province.slug,
            delivery=Delivery(self.source.province.slug, ID, self.assessment.file_name, "", now),
            sha256=hashlib.sha256(self.file.read_bytes()).hexdigest(),
            size_bytes=self.file.stat().st_size,
            dataset=self.assessment.dataset,
            delivery_name=self.delivery,
            status=verdict.status,
            counts=verdict.counts,
            received_at=now,
        )
        return build(submission, self.assessment, self.source, now)


def check_file(
    file: Path, province: str, delivery: str | None = None, *, yaml: Path | None = None, previous: Path | None = None
) -> Checked:
    """Check a file as ingestion would, without Great Expectations.

    ``yaml``: a source to use instead of ours. ``previous``: the last delivery, for the rules that compare with it.
    Raises ``ConfigurationError`` when the province, the delivery or the YAML is not right, or nothing of the previous
    file was good; ``NotChecked`` when our own checks failed.
    """
    source = load_file(yaml, province) if yaml else load_source(province)
    name = delivery or delivery_of(source, file)
    if name not in source.deliveries:
        raise ConfigurationError(f"{province} kent geen levering „{name}”; wel: {', '.join(source.deliveries)}")
    before = _previous(source, name, previous) if previous else None
    return Checked(file, source, name, _assess(source, name, file, before))


def _assess(source: Source, name: str, file: Path, previous: Previous | None) -> Assessment:
    spec, known_as = source.deliveries[name], as_delivered(source, name, file)
    return assess(file, source=source, spec=spec, submission_id=ID, file_name=known_as, judge=False, previous=previous)


def _previous(source: Source, name: str, file: Path) -> Previous:
    verdict = _assess(source, name, file, None).verdict
    if not verdict.counts.accepted:
        why = verdict.findings[0].message_nl if verdict.findings else "geen waarnemingen"
        raise ConfigurationError(f"--previous {file.name}: niets van dit bestand is aangenomen ({why})")
    return Previous("vorige levering", verdict.accepted)


def as_delivered(source: Source, name: str, file: Path) -> str:
    """Return the name under which ingestion would know the file: below ``drop/``, or the pull's own."""
    via = source.deliveries[name].via
    if not isinstance(via, BucketVia):
        return name
    folder = via.bucket.rpartition("/")[0]
    return f"{folder}/{file.name}".lstrip("/")


def delivery_of(source: Source, file: Path) -> str:
    """Return the name of the delivery that a file is, by its name whatever folder it is in here, else by its headers.

    Raises ``ConfigurationError`` with the names to choose from when neither tells.
    """
    folders = {key.rpartition("/")[0] for key in source.patterns()}
    if file.resolve().parent.name in folders:  # the file lies in a copy of the inbox's own folders
        folders = {file.resolve().parent.name}
    fitting = {found for folder in folders if (found := source.delivery_name(f"{folder}/{file.name}".lstrip("/")))}
    fitting = fitting & source.templates or fitting
    agreeing = {name for name in fitting if len(fitting) > 1 and _has_headers(file, source.deliveries[name])}
    chosen = agreeing if len(agreeing) == 1 else fitting
    if len(chosen) == 1:
        return chosen.pop()
    said = "past bij meer dan één levering" if fitting else "past bij geen enkele levering"
    known = ", ".join(sorted(agreeing or fitting) or source.deliveries)
    raise ConfigurationError(
        f"„{file.name}” {said} van {source.province.name}; noem de levering zelf met --delivery: {known}"
    )


def _has_headers(file: Path, spec: DeliverySpec) -> bool:
    """Whether the file can be read as this delivery and has all of its columns."""
    try:
        return fits(read(file, spec.format), spec)
    except FileFault:
        return False


def now() -> datetime:
    """Return the moment a command started; only commands may ask."""
    return datetime.now(UTC)
