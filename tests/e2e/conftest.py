"""The main job, run once for all end-to-end tests: the demo's own story on a real, complete stack."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from rich.console import Console

from kerndata.local import demo
from kerndata.local.demo import Told
from kerndata.local.settings import free_base_port
from kerndata.local.stack import Stack

NewStack = Callable[[str], AbstractContextManager[Stack]]


@pytest.fixture(scope="session")
def new_stack(tmp_path_factory: pytest.TempPathFactory) -> NewStack:
    """Everything, Airflow too, fresh and empty, in a folder of that name; stopped without a trace at the end."""

    @contextmanager
    def running(name: str) -> Iterator[Stack]:
        stack = Stack(tmp_path_factory.mktemp(name) / "state", base_port=free_base_port())
        try:
            demo.fresh(Console(), stack)
            yield stack
        finally:
            stack.down()
        assert stack.leftovers() == []

    return running


@pytest.fixture(scope="session")
def full_stack(new_stack: NewStack) -> Iterator[Stack]:
    """The stack of the undisturbed story; the space in its folder's name is meant."""
    with new_stack("the whole stack") as stack:
        yield stack


@pytest.fixture(scope="session")
def told(full_stack: Stack) -> Told:
    """Both rounds, through the real Dags, with the scheduler left alone."""
    return demo.tell(Console(), full_stack)


@pytest.fixture(scope="session")
def undisturbed(full_stack: Stack, told: Told) -> bytes:
    """The checksums of the undisturbed story; its stack is stopped then, for two of them at once starve two cores."""
    found = demo.checksums(full_stack, told.second)
    full_stack.down()
    return found
