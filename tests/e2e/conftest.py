"""The main job, run once for all end-to-end tests: the demo's own story on a real, complete stack."""

from collections.abc import Iterator

import pytest
from rich.console import Console

from kerndata.local import demo
from kerndata.local.demo import Told
from kerndata.local.settings import free_base_port
from kerndata.local.stack import Stack


@pytest.fixture(scope="session")
def full_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything, Airflow too, in a folder with a space in its name."""
    stack = Stack(tmp_path_factory.mktemp("the whole stack") / "state", base_port=free_base_port())
    try:
        demo.fresh(Console(), stack)
        yield stack
    finally:
        stack.down()
    assert stack.leftovers() == []


@pytest.fixture(scope="session")
def told(full_stack: Stack) -> Told:
    """Both rounds, through the real Dags, with the scheduler left alone."""
    return demo.tell(Console(), full_stack)
