"""A process that has loaded the libraries of one format and forks a child of its own for every file of it.

Starting Python and Arrow anew takes longer than reading most files (0.13 of 0.17 s, measured 2026-11); a fork takes
milliseconds. It takes orders on standard input, a line each, answers each on standard output with how its child ended,
and ends with its parent. Started by ``kerndata.read.children`` only, as ``-m kerndata.read.forks MODULE KIND …``, where
``MODULE`` (``kerndata.read.child``) gives ``load(kinds)`` and ``main()``.
"""

import gc
import json
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from types import ModuleType

from kerndata.read.handover import MESSAGES

TIMEOUT, LOADED = "timeout", "loaded"


def main(name: str, *kinds: str) -> None:
    """Load, say so, and fork for every order until standard input ends."""
    module = import_module(name)
    module.load(kinds)
    gc.disable()  # in the children millions of cells and no cycles: searching them for garbage only costs time
    gc.freeze()
    _say(LOADED)
    for line in iter(sys.stdin.readline, ""):
        order = json.loads(line)
        _say(_ended(_forked(module, order["folder"]), order["seconds"]))


def _say(answer: object) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _forked(module: ModuleType, folder: str) -> int:
    """Start a child in a session of its own, in its folder, with nothing of ours open."""
    number = os.fork()
    if number:
        return number
    try:
        os.setsid()
        os.chdir(folder)
        nothing = os.open(os.devnull, os.O_RDWR)
        messages = os.open(MESSAGES, os.O_WRONLY | os.O_CREAT, 0o600)
        for place, ours in enumerate((nothing, nothing, messages)):
            os.dup2(ours, place)
        os.closerange(3, max(nothing, messages) + 1)
        _run(module.main)
    finally:
        os._exit(1)


def _run(work: Callable[[], None]) -> None:
    """Do the work and end, at once: freeing millions of cells one by one only costs time."""
    try:
        work()
    except BaseException:  # noqa: BLE001 - as the interpreter would: a text, and status 1
        os.write(2, traceback.format_exc().encode(errors="replace"))
        os._exit(1)
    os._exit(0)


def _ended(number: int, seconds: int) -> int | str:
    """Wait for a child at most so long, end what is left of its session, and return its exit status or ``TIMEOUT``."""
    waiting = select.poll()
    process = os.pidfd_open(number)
    waiting.register(process, select.POLLIN)
    waiting.register(sys.stdin.fileno(), 0)  # its end is told all the same: nobody waits for an answer any more
    found = waiting.poll(seconds * 1000)
    os.close(process)
    # Before it is reaped: until then its number is nobody else's.
    for end in (os.killpg, os.kill):
        with suppress(ProcessLookupError):
            end(number, signal.SIGKILL)
    _, status = os.waitpid(number, 0)
    if not any(one == process for one, _ in found):
        return TIMEOUT
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    main(*sys.argv[1:])
