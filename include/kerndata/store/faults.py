"""What S3 answers when it does not do what was asked, in our own words."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError, IncompleteReadError

from kerndata.errors import ConfigurationError, KerndataError, Transient

# 409 is S3's "conditional request conflict": two writers at the same moment, none judged yet.
_HEALING = {408, 409, 425, 429, 500, 502, 503, 504}


class Missing(KerndataError):
    """The object, or this version of it, is not there."""


def status(error: ClientError) -> int:
    """Give the HTTP status of an answer."""
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])


@contextmanager
def reaching(bucket: str, key: str) -> Iterator[None]:
    """Translate the faults of one call: ``Transient`` heals by itself; ``Missing``; ``ConfigurationError`` for 403."""
    place = f"{bucket}/{key}"
    try:
        yield
    except ClientError as error:
        raise _translated(error, place) from error
    except (ConnectionError, HTTPClientError, IncompleteReadError) as error:
        raise Transient(
            f"The store could not be reached for {place}: {error}. Nothing is lost; it is tried again."
        ) from error


def _translated(error: ClientError, place: str) -> KerndataError:
    code = error.response["Error"].get("Code", "")
    action = error.operation_name
    if status(error) in _HEALING:
        return Transient(f"The store answered {status(error)} {code} to {action} of {place}; it is tried again.")
    if code == "NoSuchBucket":
        return ConfigurationError(
            f"Bucket of {place} does not exist; `kerndata stack up` makes the buckets of DESIGN §6."
        )
    if status(error) == 404:
        return Missing(f"{place} is not in the store.")
    if status(error) == 403:
        return ConfigurationError(f"{action} of {place} is refused ({code}): check this identity's keys and policies.")
    return KerndataError(f"The store answered {status(error)} {code} to {action} of {place}.")
