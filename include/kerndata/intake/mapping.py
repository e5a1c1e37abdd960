"""Which mapping and code came to an outcome, as one fingerprint."""

import hashlib
import json

from kerndata import __version__
from kerndata.contracts.contract import load_contract
from kerndata.sources.registry import Source


def fingerprint(source: Source, delivery_name: str | None) -> str:
    """Hash what decides about a delivery: its spec, the province's threshold, its contract's version, our code's.

    64 hex digits; for a file of no agreed delivery, over the patterns it did not match.
    """
    spec = source.deliveries[delivery_name] if delivery_name else None
    told = {
        "code": __version__,
        "contract": load_contract(spec.dataset).version if spec else None,
        "mapping": spec.model_dump(mode="json") if spec else sorted(source.patterns()),
        "threshold": source.refuse_threshold_pct,
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
