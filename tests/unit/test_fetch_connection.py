"""The way into an API, as an Airflow connection holds it."""

from typing import Any

import pytest
import requests

from kerndata.errors import ConfigurationError
from kerndata.fetch import Access
from kerndata.fetch.access import from_connection


def made(login: str | None = None, password: str | None = None, **extra: Any) -> Access:
    base_url = "https://api.flevoland.example:8443"
    return from_connection("api", base_url, requests.Session(), login=login, password=password, extra=extra)


def test_an_open_api_needs_no_credentials_and_no_private_address() -> None:
    access = made(path="/rest/")
    assert access.base_url == "https://api.flevoland.example:8443/rest"
    assert access.credentials() == {}
    assert not access.allow_private


def test_a_private_address_is_allowed_by_true_alone() -> None:
    assert made(allow_private=True).allow_private
    assert not made(allow_private="false").allow_private


@pytest.mark.parametrize(
    ("access", "header"),
    [
        (made("kerndata", "abc"), {"Authorization": "Basic a2VybmRhdGE6YWJj"}),
        (made(token="abc"), {"Authorization": "Bearer abc"}),
        (made(password="abc", header="X-Api-Key"), {"X-Api-Key": "abc"}),
    ],
)
def test_each_way_in_is_one_header(access: Access, header: dict[str, str]) -> None:
    assert access.credentials() == header


def test_two_ways_in_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="'api' has login and token: leave one"):
        made("kerndata", "abc", token="abc")
