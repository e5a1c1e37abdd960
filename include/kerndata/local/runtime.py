"""The short-lived side of a running stack: its sockets' folder and the lock that keeps two commands apart."""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kerndata.errors import KerndataError

_RECORD = "runtime"


def make_runtime(state: Path, run: Path) -> Path:
    """Make a fresh folder for sockets, with a link ``state`` to the state folder, and remember it in ``run``.

    It is in the system's temporary folder because the path of a Unix socket may have no more than 107 characters.
    """
    folder = Path(tempfile.mkdtemp(prefix="kerndata-"))
    (folder / "state").symlink_to(state, target_is_directory=True)
    (run / _RECORD).write_text(str(folder), encoding="utf-8")
    return folder


def read_runtime(run: Path) -> Path | None:
    """Return the sockets' folder of a stack that is up (or crashed), else None."""
    record = run / _RECORD
    return Path(record.read_text(encoding="utf-8")) if record.exists() else None


def remove_runtime(run: Path) -> None:
    """Remove the sockets' folder; only one that ``make_runtime`` made."""
    folder = read_runtime(run)
    if folder is not None and folder.name.startswith("kerndata-") and folder.exists():
        shutil.rmtree(folder)
    (run / _RECORD).unlink(missing_ok=True)


@contextmanager
def locked(run: Path) -> Iterator[None]:
    """Keep a second ``up`` or ``down`` out while one is busy; the lock ends with the process that holds it."""
    with (run / "lock").open("w", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise KerndataError(
                f"another command is starting or stopping the stack in {run.parent}; wait for it"
            ) from error
        yield
