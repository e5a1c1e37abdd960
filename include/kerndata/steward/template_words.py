"""The words of the template: what each column means, with an example, and how to fill it in."""

from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Any

from kerndata.contracts.code_lists import indicators
from kerndata.contracts.constraints import column_of, constraint_of
from kerndata.contracts.contract import Column, Contract
from kerndata.harmonise.columns import CONTRACT_NAMES
from kerndata.quality.wording import shown
from kerndata.sources.registry import Source
from kerndata.sources.schema import REQUIRED
from kerndata.sources.sjabloon import HEADERS, indicator_text, phase_text, word_of

Row = tuple[str, ...]


def contract_column(dataset: str, column: str) -> str:
    """Return what the contract calls a column of a source (``region``, ``indicator``)."""
    return CONTRACT_NAMES[dataset].get(column, column)


def offered(contract: Contract, column: str) -> tuple[str, ...]:
    """Return the closed list of a column as the template shows it; empty when any value will do."""
    held = constraint_of(contract, column_of(contract, contract_column(contract.dataset, column)))
    texts: dict[str, Callable[[Any], str]] = {"indicator": indicator_text, "phase": phase_text}
    words = texts.get(column, word_of)
    return tuple(words(one) for one in held.values or ())


def explanation(contract: Contract, source: Source, name: str) -> Iterator[Row]:
    """Yield the rows of the explanation sheet; what each column means and may hold is the contract's."""
    dataset = contract.dataset
    yield (f"Invulbestand {dataset} voor de provincie {source.province.name}",)
    yield ()
    yield ("Zo doet u het",)
    yield ("1. Vul het blad Gegevens in. Voeg geen kolommen toe en verander de koppen niet.",)
    yield (f"2. Controleer het bestand: kerndata check {name} --province {source.province.slug}",)
    yield (f"3. Lever het onder drop/{dataset}/. De naam begint met sjabloon_{dataset}, dan herkennen wij het.",)
    yield ("4. Binnen enkele minuten staat uw ontvangstbewijs in receipts/.",)
    yield ()
    yield ("Kolom", "Verplicht", "Wat vult u in", "Voorbeeld")
    for header, column in HEADERS[dataset].items():
        needed = column in REQUIRED[dataset] | {"unit"}
        told = column_of(contract, contract_column(dataset, column))
        meaning = " ".join(filter(None, (told.explanation_nl, _bounds_nl(contract, told))))
        yield (header, "ja" if needed else "nee", meaning, told.example_nl)
    yield ()
    yield ("Vragen? Antwoord op het contactadres dat op het ontvangstbewijs staat.",)
    yield (f"Bekend als contact van uw provincie: {source.contact.team}, {source.contact.mail}",)


def _bounds_nl(contract: Contract, column: Column) -> str:
    """``Van 50,7 tot en met 53,7.``, ``Gewoon is 1 tot en met 300.``, or nothing."""
    hard, usual = constraint_of(contract, column), constraint_of(contract, column, usual=True)
    lowest, highest = (None if one is None else shown(one, "nl") for one in (usual.minimum, usual.maximum))
    if lowest is None or highest is None:
        return f"Minstens {lowest}." if lowest is not None else ""
    return f"{'Van' if hard.maximum is not None else 'Gewoon is'} {lowest} tot en met {highest}."


def codes(contract: Contract) -> Iterator[Row]:
    """Yield the rows of the code list sheet; the first column is what the drop-downs of the data sheet offer."""
    if contract.dataset == "indicators":
        yield ("Indicator", "Thema", "Eenheid bij ons")
        yield from ((indicator_text(one.code), one.theme, one.unit) for one in indicators().values())
        return
    yield ("Fase", "Techniek", "Regeling")
    yield from zip_longest(*(offered(contract, name) for name in ("phase", "technology", "scheme")), fillvalue="")


def examples(dataset: str, source: Source, period: str) -> Iterator[Row]:
    """Yield the rows of the example sheet, header first; they pass ``kerndata check`` as they stand."""
    yield tuple(HEADERS[dataset])
    home = source.province.name
    if dataset == "indicators":
        yield home, indicator_text("H3.4"), period, "1234,5", "MW", "definitief"
        yield home, indicator_text("H3.10"), period, "850000", "MWh", "nader voorlopig"
        yield home, indicator_text("V2.11"), period, "x", "TJ", ""
        return
    yield (
        "P-0012", "Windpark De Kamp", "wind op land", home, "Assen", "GM0106", "Drenthe", "Energiecoöperatie Noord",
        "12,5", "5", "", "30000", phase_text(6), "2019", "2017", "2016-10-01", "2019", "", "2020-01-01", "SDE++", "50",
        "", "",
    )  # fmt: skip
