"""The process that forks readers: kept between files, replaced when killed, not shared over a fork, gone at the end."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from kerndata.errors import NotChecked
from kerndata.read import children

WHO = """
import os
from pathlib import Path
def load(kinds): pass
def main(): Path("who").write_text(str(os.getppid()))
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module that writes down who forked it."""
    name = f"who_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(WHO)
    monkeypatch.syspath_prepend(tmp_path)
    return name


def forked_by(module: str, folder: Path) -> int:
    assert children.run(module, ("csv",), folder, 20) == 0
    return int((folder / "who").read_text())


def test_the_next_file_of_a_format_is_read_by_a_child_of_the_same_process(module: str, tmp_path: Path) -> None:
    first = forked_by(module, tmp_path)
    assert first != os.getpid()
    assert forked_by(module, tmp_path) == first


def test_one_that_was_killed_is_replaced(module: str, tmp_path: Path) -> None:
    first = forked_by(module, tmp_path)
    os.kill(first, signal.SIGKILL)
    psutil.Process(first).wait(10)
    assert forked_by(module, tmp_path) != first


def test_a_process_keeps_those_of_the_last_formats_only(module: str, tmp_path: Path) -> None:
    first = forked_by(module, tmp_path)
    for kind in range(children.MOST):
        assert children.run(module, (f"kind {kind}",), tmp_path, 20) == 0
    assert not psutil.pid_exists(first)


def test_a_fork_of_the_process_starts_its_own(module: str, tmp_path: Path) -> None:
    ours = forked_by(module, tmp_path)
    number = os.fork()
    if not number:
        folder = tmp_path / "fork"
        folder.mkdir()
        os._exit(0 if forked_by(module, folder) != ours else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]) == 0
    assert forked_by(module, tmp_path) == ours


def test_nothing_is_left_when_the_process_is_killed(tmp_path: Path) -> None:
    (tmp_path / "waits.py").write_text("import time\ndef load(kinds): pass\ndef main(): time.sleep(300)")
    script = f"""
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        from pathlib import Path
        from kerndata.read import children
        children.run("waits", ("csv",), Path({str(tmp_path)!r}), 300)
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)]) as asking:
        family = waited_for(asking.pid, 2)
        asking.kill()
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []


def waited_for(pid: int, size: int) -> list[psutil.Process]:
    """Return the descendants of a process as soon as they are so many."""
    deadline = time.monotonic() + 20
    while len(found := psutil.Process(pid).children(recursive=True)) < size:
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found


def test_one_that_cannot_load_says_why(tmp_path: Path) -> None:
    with pytest.raises(NotChecked, match="No module named 'nowhere_to_be_found'"):
        children.run("nowhere_to_be_found", ("csv",), tmp_path, 20)
