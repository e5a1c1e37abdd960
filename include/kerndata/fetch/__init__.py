"""Getting a delivery: one module per protocol."""

from kerndata.fetch.access import Access, Limits
from kerndata.fetch.errors import PullError
from kerndata.fetch.pull import Pulled, pull

__all__ = ["Access", "Limits", "PullError", "Pulled", "pull"]
