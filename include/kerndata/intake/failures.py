"""Several failures told as one, after everything that did not fail was done."""

from collections.abc import Sequence

from kerndata.errors import Fenced, KerndataError, NotChecked, Transient

_KINDS = ((Transient, (Transient, Fenced)), (NotChecked, (NotChecked,)))


def together(done: str, failures: Sequence[KerndataError]) -> KerndataError:
    """Make one error of several, whose class says whether to try again.

    ``Transient`` when trying again heals any of them, else ``NotChecked`` if any is, else their own class if they share
    one.
    """
    said = " | ".join(dict.fromkeys(str(failure) for failure in failures))
    for kind, those in _KINDS:
        if any(isinstance(failure, those) for failure in failures):
            return kind(f"{done} {said}")
    kinds = {type(failure) for failure in failures}
    shared = kinds.pop() if len(kinds) == 1 else KerndataError
    return shared(f"{done} {said}")
