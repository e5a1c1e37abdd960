"""The errors Kerndata raises on purpose. Each message says what happened, to whom, what still stands, what to do."""


class KerndataError(Exception):
    """Base of every error raised on purpose; the message is for the reader at 7 a.m."""


class ConfigurationError(KerndataError):
    """A setting, source or contract is wrong; the message names the file and the key to edit."""


class FileFault(KerndataError):
    """A delivery is refused whole: unreadable, wrong dataset, wrong province, key columns missing.

    ``rule_id`` names the file-level rule of the contract catalogue (``F…``); ``facts`` fills its message template.
    ``observed`` is how many observations the file holds, as far as it was read. Never raised for a fault of ours.
    """

    def __init__(self, rule_id: str, *, observed: int = 0, **facts: str | int) -> None:
        super().__init__(f"{rule_id}: " + ", ".join(f"{key}={value}" for key, value in facts.items()))
        self.rule_id = rule_id
        self.observed = observed
        self.facts = facts


class NotChecked(KerndataError):
    """The checks themselves failed or disagreed: a fault of ours, never a province's bad row. Nothing is published."""


class Fenced(KerndataError):
    """Another attempt of the same step has already committed; this one stops and changes nothing."""


class Withdrawn(KerndataError):
    """What would be published was withdrawn before; it is not published again by itself. The last release stands."""


class Conflict(KerndataError):
    """A create-only key already holds other bytes; nothing was overwritten."""


class Transient(KerndataError):
    """Something outside failed in a way that heals (time-out, 503); trying again later is right."""
