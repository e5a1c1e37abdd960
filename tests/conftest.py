"""The embedded stack for the tests that are marked ``stack`` or ``e2e``: started once, real parts, no mocks."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from kerndata.ledger import Ledger, migrate, open_ledger
from kerndata.local.settings import Profile, free_base_port
from kerndata.local.stack import REPOSITORY, Stack
from kerndata.store.client import Store

# `make test` tries the same examples every time; `make test-long` searches for new ones.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("search", max_examples=3000, deadline=None)
settings.load_profile("same")


@pytest.fixture(scope="session")
def stack_services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """PostgreSQL and SeaweedFS, without Airflow, in a folder with a space in its name."""
    taxii_python = Path(os.environ.get("KERNDATA_TAXII_PYTHON", REPOSITORY / ".venv-taxii" / "bin" / "python"))
    stack = Stack(tmp_path_factory.mktemp("a stack"), base_port=free_base_port(), taxii_python=taxii_python)
    try:
        stack.up(Profile.SERVICES)
        yield stack
    finally:
        stack.down()


@pytest.fixture(scope="session")
def stack_counterparts(stack_services: Stack) -> Stack:
    """The same stack with the TAXII server, the CloudEvents hub and the provinces' API beside it."""
    stack_services.up(Profile.COUNTERPARTS)
    return stack_services


@pytest.fixture(scope="session")
def store(stack_services: Stack) -> Store:
    """S3 as the exchange."""
    return stack_services.exchange_store()


@pytest.fixture(scope="session")
def province_store(stack_services: Stack) -> Callable[[str], Store]:
    """S3 as one province, by slug."""
    return stack_services.province_store


@pytest.fixture(scope="module")
def ledger_url(stack_services: Stack, request: pytest.FixtureRequest) -> Iterator[str]:
    """URL of an empty database of this test module's own."""
    name = request.module.__name__.rpartition(".")[2][:60]
    postgres = stack_services.postgres
    postgres.drop_database(name)
    postgres.ensure_database(name, owner="kerndata")
    yield postgres.url(name, "kerndata", stack_services.secrets.kerndata_db_password)
    postgres.drop_database(name)


@pytest.fixture(scope="module")
def ledger(ledger_url: str) -> Ledger:
    """A migrated, empty ledger of this test module's own."""
    migrate(ledger_url)
    return open_ledger(ledger_url)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that need the stack come last, so that its servers do not run beside the others for nothing."""
    served = {one.path for one in items if "stack_services" in getattr(one, "fixturenames", ())}
    items.sort(key=lambda one: one.path in served)
