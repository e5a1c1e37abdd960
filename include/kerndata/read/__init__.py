"""Files to text cells: one module per format, run in a child process with limits."""

from kerndata.read.limits import Limits
from kerndata.read.reader import read
from kerndata.read.rules import RULES

__all__ = ["RULES", "Limits", "read"]
