"""Become one program of the stack: ``python -m kerndata.local.launch NAME`` is what the supervisor runs.

It exists so that no path, secret or environment value passes through the supervisor's own config language, in which
spaces, ``%``, ``#``, ``;`` and quotes all have a meaning. Standard library only: it runs at every program start.
"""

import json
import os
import sys
from pathlib import Path

from kerndata.local import MARKER


def main(name: str) -> None:
    """Record the process group, drop to the program's user if it has one, and exec."""
    state = Path(os.environ[MARKER])
    program = json.loads((state / "run" / "programs.json").read_bytes())[name]
    (state / "run" / f"{name}.pid").write_text(f"{os.getpid()} {os.getpgid(0)}\n", encoding="ascii")
    os.chdir(program["folder"])
    if program["user"] is not None:
        _become(program["user"])
    os.execvpe(program["argv"][0], program["argv"], program["environment"])  # noqa: S606 - that is the purpose


def _become(user: str) -> None:
    """Give up root for ``user``; PostgreSQL refuses to run as root."""
    import pwd  # not on every platform, and needed by root only

    entry = pwd.getpwnam(user)
    os.initgroups(user, entry.pw_gid)
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


if __name__ == "__main__":
    main(sys.argv[1])
