"""The words of the template: what each column means, with an example, and how to fill it in."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from kerndata.contracts.code_lists import indicators
from kerndata.sources.registry import Source
from kerndata.sources.schema import REQUIRED, Technology
from kerndata.sources.sjabloon import HEADERS, PHASES, indicator_text, phase_text, word_of

Row = tuple[str, ...]
STATUSES = ("definitief", "nader voorlopig", "voorlopig", "schatting")
MEANINGS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "region": ("Uw provincie; staat er al, of kies uit de lijst.", "Drenthe"),
        "indicator": ("Kies uit de lijst (blad Codelijst). Alleen de code mag ook.", "H3.4"),
        "period": ("Jaar, kwartaal of halfjaar.", "2024, 2024-Q3 of 2024-H1"),
        "value": (
            "Een getal, of x (geheim), n.b. (onbekend), n.v.t. (niet van toepassing). Leeg: u levert dit niet.",
            "1234,5",
        ),
        "unit": ("Kies uit de lijst; wij rekenen om. Let op: kW is geen kWp en MW is geen MWh.", "MW"),
        "status": ("Hoe vast het cijfer staat; leeg = definitief.", "nader voorlopig"),
        "project_id": ("Uw eigen nummer; blijft altijd hetzelfde voor dit project.", "DR-0012"),
        "name": ("Naam van het project.", "Windpark De Kamp"),
        "technology": ("Kies uit de lijst.", "wind op land"),
        "municipality_name": ("Gemeente waar het project ligt.", "Assen"),
        "municipality_code": ("CBS-code van de gemeente, als u die hebt.", "GM0106"),
        "initiator": ("Alleen een organisatie, nooit de naam van een persoon.", "Energiecoöperatie Noord"),
        "capacity_mw": ("Opgesteld vermogen in MW.", "12,5"),
        "turbines": ("Aantal windturbines, als het om wind gaat.", "5"),
        "expected_production_mwh_per_year": ("Verwachte productie in MWh per jaar.", "30000"),
        "phase": ("Kies uit de lijst; alleen het cijfer mag ook.", "6 gerealiseerd"),
        "commissioned_on": ("Datum of jaar waarop het project in bedrijf is of komt.", "2019 of 1-7-2019"),
        "reference_date": ("Dag waarop deze gegevens juist waren.", "1-1-2025"),
        "lon": ("Lengtegraad in graden (WGS 84).", "6,5665"),
        "lat": ("Breedtegraad in graden (WGS 84).", "52,9928"),
    }
)


def explanation(dataset: str, source: Source, name: str) -> Iterator[Row]:
    """Yield the rows of the explanation sheet."""
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
        yield (header, "ja" if needed else "nee", *MEANINGS[column])
    yield ()
    yield ("Vragen? Antwoord op het contactadres dat op het ontvangstbewijs staat.",)
    yield (f"Bekend als contact van uw provincie: {source.contact.team}, {source.contact.mail}",)


def codes(dataset: str) -> Iterator[Row]:
    """Yield the rows of the code list sheet; the first column is what the drop-downs of the data sheet offer."""
    if dataset == "indicators":
        yield ("Indicator", "Thema", "Eenheid bij ons")
        yield from ((indicator_text(one.code), one.theme, one.unit) for one in indicators().values())
        return
    yield ("Fase", "Techniek")
    words = [word_of(code) for code in Technology.__args__]  # type: ignore[attr-defined]
    yield from ((phase_text(number), words[number]) for number in range(len(PHASES)))


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
        "P-0012", "Windpark De Kamp", "wind op land", home, "Assen", "GM0106", "Energiecoöperatie Noord", "12,5", "5",
        "30000", phase_text(6), "2019", "2020-01-01", "", "",
    )  # fmt: skip
