"""The deliveries every province has without asking: a filled-in template (``sjabloon``), by name in its own inbox.

``kerndata template`` makes the file; its name (``drop/indicators/sjabloon_indicators*.xlsx``, or ``.csv``, and the same
for projects) brings it back. A source that names a delivery the same (``sjabloon_indicators_xlsx``) replaces the
one here. The headers below are the only place where the template and its reading meet, so they cannot part.
"""

from collections.abc import Mapping
from types import MappingProxyType

from kerndata.contracts.code_lists import indicators
from kerndata.model.province import Province
from kerndata.sources.formats import CsvFormat, FormatSpec, XlsxFormat
from kerndata.sources.layout import Marks, Numbers, ValueStatus
from kerndata.sources.schema import DeliverySpec, Technology, Vocabulary
from kerndata.sources.via import BucketVia

SHEET = "Gegevens"
NAME = "sjabloon"
HEADERS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "indicators": {
            "Provincie": "region", "Indicator": "indicator", "Periode": "period", "Waarde": "value",
            "Eenheid": "unit", "Status": "status",
        },
        "projects": {
            "Projectcode": "project_id", "Naam": "name", "Techniek": "technology", "Provincie": "region",
            "Gemeente": "municipality_name", "Gemeentecode": "municipality_code", "RES-regio": "res_region",
            "Initiatiefnemer": "initiator", "Vermogen (MW)": "capacity_mw", "Aantal turbines": "turbines",
            "Opslag (MWh)": "storage_mwh", "Verwachte productie (MWh per jaar)": "expected_production_mwh_per_year",
            "Fase": "phase", "Fase sinds": "phase_date", "Subsidie toegekend op": "granted_on",
            "Vergunning verleend op": "permitted_on", "In bedrijf sinds": "commissioned_on",
            "Gepland in bedrijf": "planned_commissioned_on", "Peildatum": "reference_date", "Regeling": "scheme",
            "Lokaal eigendom (%)": "local_ownership_pct", "Lengtegraad": "lon", "Breedtegraad": "lat",
        },
    }
)  # fmt: skip
FORMATS: Mapping[str, FormatSpec] = MappingProxyType(
    # windows-1252: what a Dutch Excel makes of a CSV that is saved again
    {"xlsx": XlsxFormat(sheets=(SHEET,)), "csv": CsvFormat(delimiter=";", encoding="windows-1252")}
)
MISSING = MappingProxyType({"x": "geheim", "n.b.": "onbekend", "n.v.t.": "niet_van_toepassing"})
PHASES = (
    "beleidsvoornemen", "voortraject", "ruimtelijke procedure", "vergunning", "bouwvoorbereiding", "in aanbouw",
    "gerealiseerd", "vervallen", "uit bedrijf",
)  # fmt: skip


def file_name(dataset: str, slug: str, kind: str) -> str:
    """Return the name under which a template is made, and recognised when it comes back."""
    return f"{NAME}_{dataset}_{slug}.{kind}"


def indicator_text(code: str) -> str:
    """Return an indicator as the template's list shows it: code and name."""
    return f"{code} {indicators()[code].name_nl}"


def word_of(code: str) -> str:
    """Return a code as the template's lists show it: ``nader voorlopig``, ``wind op land``."""
    return code.replace("_", " ")


def phase_text(phase: int) -> str:
    """Return a phase as the template's list shows it: number and name."""
    return f"{phase} {PHASES[phase]}"


def template_deliveries(province: Province, own: Mapping[str, DeliverySpec]) -> dict[str, DeliverySpec]:
    """Return the template deliveries of a province by name; ``own`` says which periods figures may be about."""
    return {
        f"{NAME}_{dataset}_{kind}": _delivery(dataset, kind, _periods(dataset, own))
        for dataset in HEADERS
        for kind in FORMATS
        if f"{NAME}_{dataset}_{kind}" not in own
    }


def _periods(dataset: str, own: Mapping[str, DeliverySpec]) -> tuple[str, ...]:
    return tuple(sorted({period for one in own.values() if one.dataset == dataset for period in one.expected_periods}))


def _delivery(dataset: str, kind: str, periods: tuple[str, ...]) -> DeliverySpec:
    return DeliverySpec.model_validate(
        {
            "dataset": dataset,
            "via": BucketVia(bucket=f"{dataset}/{NAME}_{dataset}*.{kind}"),
            "format": FORMATS[kind],
            "numbers": Numbers(decimal=","),
            "columns": dict(HEADERS[dataset]),
            "vocabulary": WORDS[dataset](),
            # a row whose value is left blank is a row that was not delivered; the template says so
            "marks": Marks.model_validate({"missing": dict(MISSING), "empty": "absent"}),
            "expected_periods": periods,
        }
    )


def _indicator_words() -> Vocabulary:
    return Vocabulary(
        indicator={indicator_text(code): code for code in indicators()},
        status={word_of(status): status for status in ValueStatus.__args__},  # type: ignore[attr-defined]
    )


def _project_words() -> Vocabulary:
    return Vocabulary(
        technology={word_of(code): code for code in Technology.__args__},  # type: ignore[attr-defined]
        phase={phase_text(number): number for number in range(len(PHASES))},
    )


WORDS = MappingProxyType({"indicators": _indicator_words, "projects": _project_words})
