"""Files to text cells: one module per format, run in a child process with limits.

``read`` is imported when it is asked for: the child imports this package for every file, without use for it.
"""

from typing import TYPE_CHECKING, Any

from kerndata.read.limits import Limits
from kerndata.read.rules import RULES

if TYPE_CHECKING:
    from kerndata.read.reader import read

__all__ = ["RULES", "Limits", "read"]


def __getattr__(name: str) -> Any:
    if name != "read":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from kerndata.read.reader import read

    return read
