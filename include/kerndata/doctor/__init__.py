"""Looks at a whole installation, part by part, and says of each what is wrong and what to do. Nothing is changed."""

from kerndata.doctor.finding import Finding, State

__all__ = ["Finding", "State"]
