"""What S3 answers becomes one of our own errors, which says whether trying again helps."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, IncompleteReadError, ReadTimeoutError

from kerndata.errors import ConfigurationError, KerndataError, Transient
from kerndata.store.faults import Missing, reaching


def answer(status: int, code: str) -> ClientError:
    response = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "GetObject")


@pytest.mark.parametrize(
    ("error", "becomes"),
    [
        (answer(503, "SlowDown"), Transient),
        (answer(409, "ConditionalRequestConflict"), Transient),
        (answer(404, "NoSuchKey"), Missing),
        (answer(404, "NoSuchBucket"), ConfigurationError),
        (answer(403, "AccessDenied"), ConfigurationError),
        (answer(400, "InvalidArgument"), KerndataError),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), Transient),
        (ReadTimeoutError(endpoint_url="http://127.0.0.1:1"), Transient),
        (IncompleteReadError(actual_bytes=1, expected_bytes=2), Transient),
    ],
)
def test_a_fault_is_named_with_its_place(error: Exception, becomes: type[KerndataError]) -> None:
    with pytest.raises(KerndataError, match="archive/raw/x") as caught, reaching("archive", "raw/x"):
        raise error

    assert type(caught.value) is becomes
    assert caught.value.__cause__ is error


def test_an_error_of_our_own_code_comes_through_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError), reaching("archive", "raw/x"):
        raise ZeroDivisionError
