"""What one look at one part came to."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """``UNKNOWN``: it could not be looked at from here, and that may be well."""

    WELL = "well"
    UNKNOWN = "unknown"
    ILL = "ill"


@dataclass(frozen=True, slots=True)
class Finding:
    """``part``: what was looked at; ``told``: how it is; ``todo``: what to do, empty where nothing is."""

    part: str
    state: State
    told: str
    todo: str = ""


def well(part: str, told: str) -> Finding:
    """Make a finding of a part that is as it should be."""
    return Finding(part, State.WELL, told)


def ill(part: str, told: str, todo: str) -> Finding:
    """Make a finding of a part that a person has to do something about."""
    return Finding(part, State.ILL, told, todo)


def unknown(part: str, told: str, todo: str = "") -> Finding:
    """Make a finding of a part that cannot be seen from here."""
    return Finding(part, State.UNKNOWN, told, todo)
