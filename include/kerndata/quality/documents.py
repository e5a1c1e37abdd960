"""Puts Data Docs into their bucket. They are on nobody's way: whatever goes wrong is logged, never raised."""

import logging

from kerndata.contracts.contract import Contract
from kerndata.quality.validation import Page, Validation
from kerndata.store import keys
from kerndata.store.client import Store

log = logging.getLogger(__name__)

CONTENT_TYPE = "text/html; charset=utf-8"


def write(store: Store, key: str, page: Page, contract: Contract, validation: Validation) -> str | None:
    """Draw a page and put it; return its key, or None when that failed."""
    try:
        if validation.results:
            from kerndata.quality.data_docs import draw  # here: it imports Great Expectations, which takes seconds
        else:
            from kerndata.quality.plain_docs import draw
        store.put(keys.QUALITY, key, draw(page, contract, validation), content_type=CONTENT_TYPE)
    except Exception:
        log.exception("%s: no Data Docs; what was decided stands", page.title)
        return None
    return key
