"""Who may do what in which bucket of the embedded stack (DESIGN §6), as SeaweedFS identities with IAM policies.

Rights are policies, never SeaweedFS's broad actions: ``Write`` there includes delete and switching versioning off.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from kerndata.local.secrets import AccessKey
from kerndata.store import keys

_READ = ("s3:GetObject", "s3:GetObjectVersion")
_LIST = ("s3:ListBucket", "s3:ListBucketVersions", "s3:GetBucketLocation")
BUCKETS = (keys.ARCHIVE, keys.STAGING, keys.QUARANTINE, keys.PUBLISHED, keys.QUALITY)


def _allow(actions: Sequence[str], *resources: str, **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": [f"arn:aws:s3:::{r}" for r in resources]}
    return statement | ({"Condition": condition} if condition else {})


def _province(slug: str) -> list[dict[str, Any]]:
    """A province drops files, reads its receipts, lists the two; it cannot read back, overwrite-by-delete or delete."""
    bucket, prefixes = keys.inbox(slug), [f"{keys.DROP}*", f"{keys.RECEIPTS}*"]
    return [
        _allow(("s3:PutObject", "s3:AbortMultipartUpload"), f"{bucket}/{keys.DROP}*"),
        _allow(("s3:GetObject",), f"{bucket}/{keys.RECEIPTS}*"),
        _allow(("s3:ListBucket",), bucket, StringLike={"s3:prefix": prefixes}),
    ]


def _exchange(slugs: Sequence[str]) -> list[dict[str, Any]]:
    """The pipeline: reads drops, writes receipts, works in its own buckets; it deletes only in staging and quality."""
    inboxes = [keys.inbox(slug) for slug in slugs]
    work = (keys.ARCHIVE, keys.STAGING, keys.QUARANTINE, keys.PUBLISHED, keys.QUALITY)
    return [
        _allow(_LIST, *inboxes, *work),
        _allow(_READ, *(f"{bucket}/*" for bucket in (*inboxes, *work))),
        _allow(("s3:PutObject",), *(f"{inbox}/{keys.RECEIPTS}*" for inbox in inboxes)),
        _allow(("s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"), *(f"{b}/*" for b in work)),
        _allow(("s3:DeleteObject",), f"{keys.STAGING}/*", f"{keys.QUALITY}/*"),
    ]


def _engineer(slugs: Sequence[str]) -> list[dict[str, Any]]:
    """A data engineer looks at everything and changes nothing."""
    buckets = [*(keys.inbox(slug) for slug in slugs), *BUCKETS]
    return [_allow(_LIST, *buckets), _allow(_READ, *(f"{bucket}/*" for bucket in buckets))]


def policies(slugs: Sequence[str]) -> list[dict[str, str]]:
    """Every policy under the name of its identity, in the form SeaweedFS reads: IAM JSON as a string."""
    statements = {
        **{slug: _province(slug) for slug in slugs},
        "exchange": _exchange(slugs),
        "engineer": _engineer(slugs),
    }
    return [
        {"name": name, "content": json.dumps({"Version": "2012-10-17", "Statement": rules})}
        for name, rules in statements.items()
    ]


def identities(credentials: Mapping[str, AccessKey], slugs: Sequence[str]) -> list[dict[str, Any]]:
    """Every identity with its key pair; the operator, who makes the buckets, is the only one with broad actions."""

    def identity(name: str) -> dict[str, Any]:
        key = credentials[name]
        rights = {"actions": ["Admin"]} if name == "operator" else {"policyNames": [name]}
        return {
            "name": name,
            "credentials": [{"accessKey": key.access_key, "secretKey": key.secret_key}],
            **rights,
        }

    return [identity(name) for name in ("operator", "exchange", "engineer", *slugs)]
