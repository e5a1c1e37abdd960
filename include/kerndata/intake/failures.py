"""Several failures told as one, after everything that did not fail was done."""

from collections.abc import Sequence

from kerndata.errors import Fenced, KerndataError, NotChecked, Transient

_KINDS = ((Transient, (Transient, Fenced)), (NotChecked, (NotChecked,)))


def together(done: str, failures: Sequence[KerndataError]) -> KerndataError:
    """Make one error of several, whose class says whether to try again.

    ``Transient`` when trying again heals any of them, else ``NotChecked`` if any is. Of the others none heals: the
    first one's class stands for all, for the base class would be tried again.
    """
    said = f"{done} {' | '.join(dict.fromkeys(str(failure) for failure in failures))}"
    for kind, those in _KINDS:
        if any(isinstance(failure, those) for failure in failures):
            return kind(said)
    known = [type(failure) for failure in failures if type(failure) is not KerndataError]
    return (known[0] if known else KerndataError)(said)
