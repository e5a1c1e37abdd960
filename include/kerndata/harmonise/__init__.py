"""Text cells to the contract's shape: columns, numbers, units, periods, regions."""

from kerndata.harmonise.delivery import harmonise
from kerndata.harmonise.result import Harmonised
from kerndata.harmonise.rules import RULES

__all__ = ["RULES", "Harmonised", "harmonise"]
