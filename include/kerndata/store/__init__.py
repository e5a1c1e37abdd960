"""S3 access: conditional writes, checksums, keys."""

from kerndata.store.client import Store, connect
from kerndata.store.faults import Missing
from kerndata.store.objects import Fetched, ObjectInfo, ObjectVersion

__all__ = ["Fetched", "Missing", "ObjectInfo", "ObjectVersion", "Store", "connect"]
