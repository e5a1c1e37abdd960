"""The frame of a Data Docs page, without what Great Expectations draws: all there is to tell of a merged dataset.

Nothing here imports Great Expectations, which takes seconds: the merge has no other use for it.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from kerndata.contracts.contract import Contract
from kerndata.quality.validation import Page, Validation

TEMPLATE = "data_docs.html"
TEMPLATES = Path(__file__).parent / "templates"


def draw(page: Page, contract: Contract, validation: Validation) -> bytes:
    """Return the page as HTML in UTF-8; of ``validation`` the failing rows."""
    return _template().render(**told(page, contract, validation), checked=[], sections=[]).encode()


def told(page: Page, contract: Contract, validation: Validation) -> Mapping[str, Any]:
    """What the template asks for, but for the suite itself."""
    return {
        "title": page.title,
        "about": {**page.about, "contract": f"{contract.dataset} {contract.version}"},
        "scores": page.scores,
        "totals": list(_totals(contract, page.totals)),
        "failing": validation.failing,
    }


def _totals(contract: Contract, totals: Mapping[str, int]) -> Iterator[tuple[str, int, str, str]]:
    for rule_id, count in totals.items():
        rule = contract.rule(rule_id)
        yield rule_id, count, rule.severity.value, rule.dimension


@cache
def _template() -> Template:
    loader = FileSystemLoader(TEMPLATES)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template(TEMPLATE)
