"""Where everything lives in the buckets: the one place that spells bucket names and keys (DESIGN §6)."""

from typing import Literal

ARCHIVE = "archive"
STAGING = "staging"
QUARANTINE = "quarantine"
PUBLISHED = "published"
QUALITY = "quality"

DROP = "drop/"
RECEIPTS = "receipts/"
LATEST = "kerndataset/latest.json"


def inbox(slug: str) -> str:
    """Name the bucket in which a province drops files and finds its receipts; S3 allows no underscore in it."""
    return f"inbox-{slug.replace('_', '-')}"


def raw_key(slug: str, sha256: str) -> str:
    """Key in ``archive`` of a delivered file's bytes, unchanged."""
    return f"raw/{slug}/{sha256}"


ANCHORS = "anchors/"


def anchor_key(version: str) -> str:
    """Key in ``archive`` of the head that the chain of events had when a release was entered."""
    return f"{ANCHORS}{version}"


def accepted_key(submission_id: str, revision: int = 1) -> str:
    """Key in ``staging`` of a submission's accepted rows, per revision of its outcome."""
    return f"accepted/{_revised(submission_id, revision)}.parquet"


CANDIDATES = "candidates/"


def candidate_key(candidate: str, name: str) -> str:
    """Key in ``staging`` of one file of a candidate; ``candidate`` is ``<previous>/<content hash>/<digest>``."""
    return f"{CANDIDATES}{candidate}/{name}"


def refused_key(slug: str, submission_id: str, revision: int = 1) -> str:
    """Key in ``quarantine`` of a submission's refused rows with their reasons, per revision of its outcome."""
    return f"{slug}/{_revised(submission_id, revision)}.parquet"


def _revised(submission_id: str, revision: int) -> str:
    return submission_id if revision == 1 else f"{submission_id}-r{revision}"


def receipt_key(submission_id: str, suffix: Literal["json", "html"]) -> str:
    """Key in a province's inbox of one receipt."""
    return f"{RECEIPTS}{submission_id}.{suffix}"


def release_key(version: str, name: str) -> str:
    """Key in ``published`` of one file of a release."""
    return f"kerndataset/releases/{version}/{name}"


MANIFEST = "datapackage.json"
SUMS = "SHA256SUMS"
SIGNATURE = "SHA256SUMS.sig"
SIGNED_BY = "SHA256SUMS.key"
TOMBSTONE = "WITHDRAWN.json"
TOMBSTONE_PAGE = "WITHDRAWN.md"

CATALOGUE = "kerndataset/catalog.ttl"
CATALOGUE_JSON = "kerndataset/catalog.jsonld"
FEED = "kerndataset/feed.xml"
CURRENT_KEY = "kerndataset/keys/current.pem"


def front_key(name: str) -> str:
    """Key in ``published`` of a page at the fixed address."""
    return f"kerndataset/{name}"


def schema_key(name: str) -> str:
    """Key in ``published`` of the schema of one of our events."""
    return f"kerndataset/schemas/{name}"


def public_key_key(fingerprint: str) -> str:
    """Key in ``published`` of the public half of a key that signs releases."""
    return f"kerndataset/keys/{fingerprint}.pem"


SUBMISSION_DOCS = "submissions/"


def submission_docs_key(slug: str, dataset: str, submission_id: str, revision: int = 1) -> str:
    """Key in ``quality`` of the Data Docs page of a submission, per revision of its outcome."""
    return f"{SUBMISSION_DOCS}{slug}/{dataset}/{_revised(submission_id, revision)}.html"


FIRST = "first"  # stands for the version that a first release is compared with


def candidate_docs_key(content_hash: str, previous: str | None, dataset: str) -> str:
    """Key in ``quality`` of the Data Docs page of one dataset of a candidate: this content, compared with a release.

    The ledger holds both of every release and every hold, so that each leads to its pages.
    """
    return f"{CANDIDATES}{previous or FIRST}/{content_hash}/{dataset}.html"
