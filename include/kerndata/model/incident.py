"""A security event on its way to a CSIRT: what becomes of its case, in which phases it is told."""

from enum import StrEnum


class CaseState(StrEnum):
    """Where a case stands. In the last nothing more is to be done or told."""

    ASSESS = "assess"
    WARNED = "warned"
    NOTIFIED = "notified"
    CLOSED = "closed"


class Decision(StrEnum):
    """Whether a case is significant, as a person says; ``TIMED_OUT`` when nobody did in time: told all the same."""

    SIGNIFICANT = "significant"
    NOT_SIGNIFICANT = "not-significant"
    TIMED_OUT = "timed-out"


class Phase(StrEnum):
    """What a CSIRT is told in turn (NIS2, Directive (EU) 2022/2555, article 23(4)), each a version of one incident."""

    EARLY_WARNING = "early-warning"
    NOTIFICATION = "notification"
    FINAL = "final"

    @property
    def words(self) -> str:
        """The phase in a sentence."""
        return {"early-warning": "early warning", "final": "final report"}.get(self, self.value)
