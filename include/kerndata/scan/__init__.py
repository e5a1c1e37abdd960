"""Asks a malware scanner about a received file, before the file is archived; a scanner that is down makes it wait."""

from kerndata.scan.connect import scanner_from
from kerndata.scan.verdict import Clean, Infected, Scanner

RULES = {"F-MALWARE": "A malware scanner recognised the file (facts: name); it was not kept."}

__all__ = ["RULES", "Clean", "Infected", "Scanner", "scanner_from"]
