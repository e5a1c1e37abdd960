"""Data Docs: what was checked of a submission, as a page for engineers, drawn by Great Expectations.

The page stands alone: no script, nothing fetched (Great Expectations' own frame loads a dozen files from elsewhere). It
holds no values: counts, and the failing rows by key. Import this where a page is written: drawing needs Great
Expectations, which takes seconds to import.
"""

import warnings
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, cast

from kerndata.contracts.contract import Contract
from kerndata.quality import plain_docs
from kerndata.quality.validation import Page, Validation

with warnings.catch_warnings():  # see kerndata.quality.expectations
    warnings.filterwarnings("ignore", "module 'sre_", DeprecationWarning)
    from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult
    from great_expectations.render.components import RenderedDocumentContent
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
    from great_expectations.render.view.view import DefaultJinjaPageView

VERSION = "great_expectations_version"


def draw(page: Page, contract: Contract, validation: Validation) -> bytes:
    """Return the page as HTML in UTF-8: the same bytes for the same arguments.

    Changes nothing of ``validation``. Without results of Great Expectations the page tells the rest.
    """
    if not validation.results:
        return plain_docs.draw(page, contract, validation)
    told = dict(plain_docs.told(page, contract, validation))
    told["about"] |= {"Great Expectations": str(validation.results[0].meta[VERSION])}
    checked = list(_checked(validation.results))
    return str(_view().render(_drawn(validation.results, page.title), checked=checked, **told)).encode()


class _View(DefaultJinjaPageView):
    """The renderer's view, in a frame of our own."""

    _template = plain_docs.TEMPLATE


@lru_cache
def _view() -> Any:
    return _View(custom_views_directory=str(plain_docs.TEMPLATES))


def _drawn(results: Sequence[ExpectationSuiteValidationResult], title: str) -> RenderedDocumentContent:
    """Return the document Great Expectations makes of its results, without moments and links to what is not there."""
    every = [one for result in results for one in result.results]
    bare = ExpectationSuiteValidationResult(
        success=all(bool(result.success) for result in results),
        results=every,
        suite_name=results[0].suite_name,
        statistics=_statistics([bool(one.success) for one in every]),
        meta={"batch_spec": {"data_asset_name": title}},
    )
    document: Any = ValidationResultsPageRenderer().render(bare)
    overview = document.sections[0]
    overview.content_blocks = overview.content_blocks[:2]  # without when and how it was loaded
    overview.content_blocks[0].subheader.string_template["styling"]["params"].pop("expectation_suite_name")
    return cast("RenderedDocumentContent", document)


def _statistics(met: Sequence[bool]) -> dict[str, float]:
    return {
        "evaluated_expectations": len(met),
        "successful_expectations": sum(met),
        "unsuccessful_expectations": len(met) - sum(met),
        "success_percent": 100 * sum(met) / len(met),
    }


def _checked(results: Sequence[ExpectationSuiteValidationResult]) -> Iterator[tuple[str, str, str, int]]:
    """Yield rule, column, expectation and how many rows failed: which rule is which line of the drawn suite."""
    for one in (one for result in results for one in result.results):
        config: Any = one.expectation_config
        yield config.meta["rule_id"], config.kwargs["column"], config.type, one.result["unexpected_count"]
