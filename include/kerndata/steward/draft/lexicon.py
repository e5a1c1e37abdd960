"""The words by which provinces call things: headers, statuses, phases, technologies, and the concepts of indicators."""

from collections.abc import Mapping
from types import MappingProxyType

# Our column to their headers, folded and without unit; the best-known first, which wins.
HEADERS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "indicators": {
            "indicator": (
                "indicator", "indicatorcode", "indicator code", "code", "onderwerp", "kengetal", "omschrijving",
            ),
            "region": ("provincie", "regio", "gebied", "provincienaam", "regionaam", "regiocode", "regio's", "prov."),
            "period": ("jaar", "periode", "perioden", "jaartal", "peiljaar", "kwartaal", "verslagjaar"),
            "category": ("categorie", "type", "soort"),
            "value": ("waarde", "aantal", "getal", "cijfer", "hoeveelheid", "value"),
            "unit": ("eenheid", "unit", "meeteenheid"),
            "status": ("status", "cijferstatus", "soort cijfer"),
        },
        "projects": {
            "project_id": (
                "project id", "projectid", "projectcode", "projectnummer", "projectnr.", "projectnr", "id", "nr", "nr.",
                "nummer", "code", "kenmerk",
            ),
            "name": (
                "naam", "projectnaam", "naam project", "project", "windpark", "naam windpark", "zonnepark",
                "naam zonnepark", "park", "omschrijving",
            ),
            "technology": ("techniek", "technologie", "soort", "type", "opwek", "energiebron", "bron"),
            "region": ("provincie", "regio", "prov."),
            "municipality_name": ("gemeente", "gemeentenaam", "plaats"),
            "municipality_code": ("gemeentecode", "gm code", "gm-code"),
            "res_region": ("res-regio", "res regio", "res"),
            "initiator": ("initiatiefnemer", "ontwikkelaar", "eigenaar", "exploitant"),
            "capacity_mw": ("vermogen", "opgesteld vermogen", "capaciteit", ""),
            "turbines": ("turbines", "aantal turbines", "windturbines", "molens", "aantal molens", "aantal"),
            "storage_mwh": ("opslag", "opslagcapaciteit", "batterijcapaciteit"),
            "expected_production_mwh_per_year": (
                "productie", "verwachte productie", "jaarproductie", "jaaropbrengst", "opbrengst", "productie per jaar",
                "",
            ),
            "phase": ("fase", "projectfase", "stand van zaken", "stand", "status"),
            "phase_date": ("fase sinds", "datum fase", "fasedatum", "statusdatum"),
            "granted_on": ("subsidie toegekend op", "datum beschikking", "subsidie beschikt op"),
            "permitted_on": ("vergunning verleend op", "datum vergunning", "vergund op"),
            "planned_commissioned_on": ("gepland in bedrijf", "verwachte ingebruikname", "geplande ingebruikname"),
            "scheme": ("regeling", "subsidieregeling"),
            "local_ownership_pct": ("lokaal eigendom", "lokaal eigenaarschap"),
            "commissioned_on": (
                "in bedrijf sinds", "ingebruikname", "datum ingebruikname", "in gebruik", "in bedrijf", "start",
                "bouwjaar", "jaar", "jaar in bedrijf",
            ),
            "reference_date": ("peildatum", "stand per", "datum"),
            "lon": ("lon", "lengtegraad", "longitude", "lengte", "ol", "long", "x"),
            "lat": ("lat", "breedtegraad", "latitude", "breedte", "nb", "y"),
        },
    }
)  # fmt: skip
# Headers that could well mean something else; the guess is then a doubt.
LOOSE = frozenset(
    {
        "code", "type", "soort", "aantal", "status", "jaar", "start", "bron", "x", "y", "stand", "nr", "nummer", "",
        "project", "omschrijving", "lengte", "breedte", "datum", "kwartaal", "in bedrijf", "in gebruik", "id",
    }
)  # fmt: skip
MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "definitief": "definitief", "definitieve cijfers": "definitief", "nader voorlopig": "nader_voorlopig",
        "nader voorlopige cijfers": "nader_voorlopig", "voorlopig": "voorlopig", "voorlopige cijfers": "voorlopig",
        "voorlopig cijfer": "voorlopig", "schatting": "schatting", "geschat": "schatting", "raming": "schatting",
        "geheim": "geheim", "vertrouwelijk": "geheim", "onbekend": "onbekend", "niet bekend": "onbekend",
        "nog niet bekend": "onbekend", "niet beschikbaar": "onbekend", "geen gegevens": "onbekend",
        "niet van toepassing": "niet_van_toepassing", "nvt": "niet_van_toepassing", "n.v.t.": "niet_van_toepassing",
    }
)  # fmt: skip
STATUSES = frozenset({"definitief", "nader_voorlopig", "voorlopig", "schatting"})
# Without a legend: as CBS writes its tables (a dot is unknown, x is secret, * provisional, ** revised provisional).
USUAL_STATUS: Mapping[str, str] = MappingProxyType({"*": "voorlopig", "**": "nader_voorlopig"})
USUAL_MISSING: Mapping[str, str] = MappingProxyType(
    {
        "x": "geheim", "geheim": "geheim", ".": "onbekend", "?": "onbekend", "n.b.": "onbekend", "nb": "onbekend",
        "n.n.b.": "onbekend", "onbekend": "onbekend", "-": "niet_van_toepassing", "n.v.t.": "niet_van_toepassing",
        "nvt": "niet_van_toepassing",
    }
)  # fmt: skip
LETTERS: Mapping[str, str] = MappingProxyType(
    {"d": "definitief", "n": "nader_voorlopig", "nv": "nader_voorlopig", "v": "voorlopig", "s": "schatting"}
)
PHASES: Mapping[int, tuple[str, ...]] = MappingProxyType(
    {
        0: ("beleid", "ambitie", "zoekgebied"),
        1: ("voortraject", "initiatief", "verkenning", "idee"),
        2: ("ruimtelijke procedure", "procedure", "bestemmingsplan"),
        3: ("vergunning", "vergund"),
        4: ("bouwvoorbereiding", "voorbereiding"),
        5: ("in aanbouw", "aanbouw", "bouw", "realisatie"),
        6: ("gerealiseerd", "in bedrijf", "in exploitatie", "operationeel", "draait", "in gebruik", "opgeleverd"),
        7: ("vervallen", "gestopt", "ingetrokken"),
        8: ("uit bedrijf", "gesloopt", "gesaneerd"),
    }
)
TECHNOLOGIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "wind_op_land": ("wind op land", "wol", "wind"),
        "zon_dak": ("zon op dak", "zon dak", "dak"),
        "zon_veld": ("zon op veld", "zon op land", "zon veld", "zonnepark", "zonneweide", "zonneveld"),
        "zon_water": ("zon op water", "drijvend"),
        "batterij": ("batterij", "accu", "opslag"),
        "waterstof": ("waterstof", "elektrolyse"),
        "biogas": ("biogas", "groen gas", "vergist"),
        "warmte": ("warmte", "geothermie"),
        "net": ("net", "station", "kabel"),
    }
)
# A concept is in a text when one of its word parts is; an indicator and a header are compared by their concepts.
CONCEPTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "wind": ("wind",), "zon": ("zon", "solar", "pv"), "turbine": ("turbine", "molen"),
        "vermogen": ("vermogen", "capaciteit"), "productie": ("productie", "opwek", "opbrengst"),
        "genormaliseerd": ("genormal", "normali", "gecorrigeerd"), "installatie": ("installatie",),
        "paneel": ("paneel", "panelen"), "omvormer": ("omvormer",), "co2": ("co2", "uitstoot", "emissie"),
        "elektriciteit": ("elektricit", "elektra"), "gas": ("gas",), "warmte": ("warmte",), "groen": ("groen gas",),
        "woning": ("woning", "huishoud"), "gebouwd": ("gebouwd",), "mobiliteit": ("mobiliteit", "verkeer", "vervoer"),
        "industrie": ("industrie",), "landbouw": ("landbouw",), "totaal": ("totaal", "totale"),
        "verbruik": ("verbruik", "gebruik"), "levering": ("levering", "geleverd"), "gemiddeld": ("gemiddeld",),
        "netto": ("netto",), "hernieuwbaar": ("hernieuwba", "duurzame"), "aandeel": ("aandeel", "percentage"),
        "laadpunt": ("laadpunt", "laadpa"), "auto": ("auto",), "label": ("label",), "stad": ("stadsverwarming",),
        "ketel": ("cv ", "ketel"), "bod": ("bod",), "pijplijn": ("pijplijn", "beschikt"),
        "grootschalig": ("grootschalig",),
        "overig": ("overige",),
    }
)  # fmt: skip
