"""``kerndata template``: an empty delivery with header, drop-downs and explanation, that is always recognised.

What comes out depends on the dataset, the source and the periods alone: the same bytes every time.
"""

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

from kerndata.contracts.code_lists import indicators
from kerndata.contracts.contract import Contract, load_contract
from kerndata.errors import ConfigurationError
from kerndata.sources.registry import Source
from kerndata.sources.sjabloon import FORMATS, HEADERS, file_name, indicator_text
from kerndata.steward import template_book, template_words

PERIOD = re.compile(r"\d{4}(-Q[1-4]|-H[12])?")


def write_template(dataset: str, source: Source, out: Path | None, periods: str | None) -> Path:
    """Write the template and return where; ``out`` ends in .xlsx or .csv. A CSV gets its explanation beside it.

    Raises ``ConfigurationError`` when dataset, kind or periods are not known.
    """
    if dataset not in HEADERS:
        raise ConfigurationError(f"no dataset {dataset!r}; there are: {', '.join(HEADERS)}")
    path = out or Path(file_name(dataset, source.province.slug, "xlsx"))
    kind = path.suffix.lower().lstrip(".")
    if kind not in FORMATS:
        raise ConfigurationError(f"{path.name}: a template is {' or '.join('.' + one for one in FORMATS)}")
    chosen = _periods(dataset, source, periods)
    if kind == "xlsx":
        path.write_bytes(xlsx(load_contract(dataset), source, chosen, path.name))
    else:
        path.write_bytes(as_csv(rows(dataset, source, chosen)))
        explained = template_words.explanation(load_contract(dataset), source, path.name)
        told = ["\t".join(row) for row in explained]
        path.with_name(f"{path.stem}_uitleg.txt").write_text("\n".join(told) + "\n", encoding="utf-8")
    return path


def xlsx(contract: Contract, source: Source, periods: Sequence[str], name: str) -> bytes:
    """Return the workbook: data sheet with drop-downs and bounds, explanation, code list, examples."""
    dataset = contract.dataset
    return template_book.workbook(
        contract,
        source,
        rows(dataset, source, periods),
        {
            "Uitleg": [*template_words.explanation(contract, source, name)],
            "Codelijst": [*template_words.codes(contract)],
            "Voorbeeld": [*template_words.examples(dataset, source, periods[-1] if periods else "2024")],
        },
    )


def rows(dataset: str, source: Source, periods: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the data sheet: the header, and for indicators a row to fill in per indicator and period."""
    header = tuple(HEADERS[dataset])
    if dataset != "indicators":
        return [header]
    home = source.province.name
    ready = [
        (home, indicator_text(code), period, "", one.unit, "")
        for code, one in indicators().items()
        for period in periods
    ]
    return [header, *ready]


def as_csv(lines: Sequence[Sequence[str]]) -> bytes:
    """Return delimited text as a Dutch Excel opens it without questions: BOM, semicolons, CR LF."""
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=";", lineterminator="\r\n").writerows(lines)
    return stream.getvalue().encode("utf-8-sig")


def _periods(dataset: str, source: Source, given: str | None) -> list[str]:
    """Return the periods asked for, else the last one the province is expected to deliver."""
    if given is None:
        known = [
            period for one in source.deliveries.values() if one.dataset == dataset for period in one.expected_periods
        ]
        return sorted(known)[-1:]
    chosen = [text.strip() for text in given.split(",") if text.strip()]
    wrong = [text for text in chosen if not PERIOD.fullmatch(text)]
    if wrong:
        raise ConfigurationError(f"--periods {', '.join(wrong)}: write years, 2024-Q3 or 2024-H1, with commas between")
    return chosen
