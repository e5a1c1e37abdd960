"""One YAML per province, and the schema that refuses unknown keys."""

from kerndata.sources.formats import FormatSpec
from kerndata.sources.registry import Source, load_source, load_sources
from kerndata.sources.schema import DeliverySpec
from kerndata.sources.via import BucketVia, HttpVia

__all__ = ["BucketVia", "DeliverySpec", "FormatSpec", "HttpVia", "Source", "load_source", "load_sources"]
