"""What a model cannot see in one key: a source YAML judged against the code lists and against itself.

Every problem is told at once, each with the path of its key, so that one look at the file mends it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from kerndata.model.province import Province
from kerndata.sources.formats import CsvFormat, GeojsonFormat, JsonFormat, ParquetFormat
from kerndata.sources.patterns import usable
from kerndata.sources.schema import DeliverySpec, SourceSpec
from kerndata.sources.via import BucketVia

Problem = tuple[tuple[str, ...], str]
FORMS = {"yearly": r"\d{4}", "half_yearly": r"\d{4}-H[12]", "quarterly": r"\d{4}-Q[1-4]"}
STATUSES = ("definitief", "nader_voorlopig", "voorlopig", "schatting")


def review(spec: SourceSpec, province: Province) -> Iterator[Problem]:
    """Yield everything that is wrong with the source of a province whose every key by itself is right."""
    yield from _same_bucket(spec)
    for name, delivery in spec.deliveries.items():
        for look in LOOKS:
            yield from ((("deliveries", name, *where), said) for where, said in look(delivery))
        for said in _region(delivery, province):
            yield ("deliveries", name, "constants", "region"), said


def _same_bucket(spec: SourceSpec) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for name, one in spec.deliveries.items():
        if isinstance(one.via, BucketVia) and first.setdefault(one.via.bucket, name) != name:
            said = f"{one.via.bucket!r} is also the pattern of {first[one.via.bucket]}; a file belongs to one delivery"
            yield ("deliveries", name, "via", "bucket"), said


def _bucket(one: DeliverySpec) -> Iterator[Problem]:
    if isinstance(one.via, BucketVia) and not one.via.bucket.startswith(f"{one.dataset}/"):
        said = f"{one.via.bucket!r} can never match: files of this dataset are delivered below drop/{one.dataset}/"
        yield ("via", "bucket"), f"{said}; write {one.dataset}/…"


def _codes(one: DeliverySpec) -> Iterator[Problem]:
    from kerndata.contracts.code_lists import indicators

    for text, code in one.vocabulary.indicator.items():
        yield from _known(("vocabulary", "indicator", text), code, indicators(), "contracts/code_lists/indicators.csv")
    for text in one.vocabulary.indicator:
        if text in indicators() and one.vocabulary.indicator[text] != text:
            said = f"{text} is itself a code; it cannot mean {one.vocabulary.indicator[text]}"
            yield ("vocabulary", "indicator", text), said


def _constants(one: DeliverySpec) -> Iterator[Problem]:
    from kerndata.contracts.code_lists import indicators

    given = one.constants
    codes = {*indicators(), *one.vocabulary.indicator}
    if "indicator" in given:
        yield from _known(("constants", "indicator"), given["indicator"], codes, "contracts/code_lists/indicators.csv")
    if "status" in given:
        yield from _known(("constants", "status"), given["status"], (*one.vocabulary.status, *STATUSES), "the statuses")


def _region(one: DeliverySpec, own: Province) -> Iterator[str]:
    from kerndata.contracts.code_lists import province_of

    region = one.constants.get("region", own.code)
    try:
        if province_of(region) != own:
            yield f"{region!r} is not {own.name}, whose source this is"
    except LookupError as error:
        yield str(error)


def _known(where: tuple[str, ...], code: str, known: Iterable[str], listed: str) -> Iterator[Problem]:
    if code not in (codes := list(known)):
        near = get_close_matches(code, codes, n=1)
        yield where, f"{code!r} is not in {listed}" + (f"; did you mean {near[0]!r}?" if near else "")


def _folded(one: DeliverySpec) -> Iterator[Problem]:
    """Texts that are the same once case and spaces are gone: only one of them would count."""
    told = {"columns": [*one.columns, *one.ignored_columns], "marks": [*one.marks.status, *one.marks.missing]}
    told |= {name: list(getattr(one.vocabulary, name)) for name in type(one.vocabulary).model_fields}
    for name, texts in told.items():
        for text, count in Counter(" ".join(text.split()).casefold() for text in texts).items():
            if count > 1:
                where = (name,) if name in ("columns", "marks") else ("vocabulary", name)
                yield where, f"{text!r} is given {count} times (case and spaces do not count); keep one"


def _patterns(one: DeliverySpec) -> Iterator[Problem]:
    layout = one.layout
    named = [(name, getattr(layout, name)) for name in ("values", "sheet_name", "file_name")]
    for name, pattern in [*named, *(("footers", pattern) for pattern in layout.footers)]:
        try:
            usable(pattern or "x")
        except ValueError as error:
            yield ("layout", name), str(error)
        if name == "footers" and re.search(pattern, ""):
            yield ("layout", name), f"{pattern!r} matches every row, so no data would be left"


def _periods(one: DeliverySpec) -> Iterator[Problem]:
    form = FORMS.get(one.cadence)
    wrong = [period for period in one.expected_periods if not form or not re.fullmatch(form, period)]
    if wrong:
        yield (
            ("expected_periods",),
            f"{', '.join(wrong)}: not the periods of a delivery that is {one.cadence} (cadence)",
        )
    twice = [period for period, count in Counter(one.expected_periods).items() if count > 1]
    if twice:
        yield ("expected_periods",), f"{', '.join(twice)}: given twice"


def _sheets(one: DeliverySpec) -> Iterator[Problem]:
    if one.layout.sheet_name and isinstance(one.format, CsvFormat | ParquetFormat | JsonFormat | GeojsonFormat):
        yield ("layout", "sheet_name"), f"can never match: a {one.format.kind} file has no sheets"


LOOKS = (_bucket, _codes, _constants, _folded, _patterns, _periods, _sheets)
