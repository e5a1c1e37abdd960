"""Hanging up on a server that keeps a connection alive with a byte now and then: no time-out of a socket sees that."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Timer


@contextmanager
def hanging_up_after(seconds: float, hang_up: Callable[[], object]) -> Iterator[None]:
    """Call ``hang_up`` from a thread when the block takes longer, and raise TimeoutError at its end.

    Hanging up makes a waiting read return as if the data had ended, so the block itself need not raise.
    """
    late = Event()

    def give_up() -> None:
        late.set()
        with suppress(OSError, ValueError, RuntimeError):  # it was closed, or given back, at this very moment
            hang_up()

    timer = Timer(max(seconds, 0), give_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception as error:
        if late.is_set():
            raise TimeoutError(f"not complete within {seconds:g} s") from error
        raise
    finally:
        timer.cancel()
        timer.join()
    if late.is_set():
        raise TimeoutError(f"not complete within {seconds:g} s")
