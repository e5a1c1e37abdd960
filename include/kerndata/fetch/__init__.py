"""Getting a delivery: one module per protocol."""

from kerndata.fetch.http import Pulled, PullError, pull

__all__ = ["PullError", "Pulled", "pull"]
