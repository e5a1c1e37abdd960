"""What a receipt says about each outcome, in Dutch: its headline, and what happens next."""

from collections.abc import Mapping

from kerndata.model.submission import Status

OUTCOMES: Mapping[Status, tuple[str, str]] = {
    Status.ACCEPTED: ("aangenomen", "Uw levering is aangenomen"),
    Status.PARTLY_ACCEPTED: ("deels aangenomen", "Uw levering is deels aangenomen"),
    Status.REFUSED: ("geweigerd", "Uw levering is geweigerd"),
    Status.DUPLICATE: ("al ontvangen", "Dit bestand hadden wij al ontvangen"),
    Status.NOT_CHECKED: ("nog niet gecontroleerd", "Uw levering is ontvangen, maar nog niet gecontroleerd"),
    Status.ARCHIVED: ("nog niet gecontroleerd", "Uw levering is ontvangen en wacht op controle"),
    Status.WITHDRAWN: ("ingetrokken", "Uw levering is ingetrokken"),
    Status.WITHDRAWAL: ("intrekking verwerkt", "Uw verzoek om een levering in te trekken is verwerkt"),
}
NEXT: Mapping[Status, str] = {
    Status.ACCEPTED: "De gegevens gaan mee in de volgende uitgave van de kerndataset.",
    Status.PARTLY_ACCEPTED: (
        "De goede gegevens gaan mee in de volgende uitgave van de kerndataset. Verbeter de geweigerde gegevens en "
        "lever het hele bestand opnieuw aan; nieuwe gegevens vervangen dan de oude."
    ),
    Status.REFUSED: (
        "Van dit bestand is niets overgenomen; wat u eerder hebt aangeleverd, blijft staan. Verbeter het bestand en "
        "lever het opnieuw aan."
    ),
    Status.DUPLICATE: "U hoeft niets te doen: de inhoud is gelijk aan uw laatste levering, en die blijft staan.",
    Status.NOT_CHECKED: (
        "U hoeft niets te doen. Er ging iets mis aan onze kant; wij zijn gewaarschuwd. U krijgt een nieuw "
        "ontvangstbewijs zodra het bestand is gecontroleerd. Tot die tijd wordt er niets van gepubliceerd."
    ),
    Status.ARCHIVED: "U hoeft niets te doen. U krijgt een nieuw ontvangstbewijs zodra het bestand is gecontroleerd.",
    Status.WITHDRAWN: (
        "De gegevens van deze levering gaan niet meer mee in de volgende uitgave van de kerndataset. Wat u daarvoor "
        "had aangeleverd, geldt dan weer. Eerdere uitgaven veranderen niet."
    ),
    Status.WITHDRAWAL: (
        "U hoeft niets te doen. De ingetrokken levering gaat niet meer mee in de volgende uitgave van de kerndataset."
    ),
}
SEVERITIES: Mapping[str, str] = {"error": "geweigerd", "warning": "opmerking", "info": "ter informatie"}
# Errors on the file as a whole that refuse no row: a row is judged by what is in the file alone.
KEPT: Mapping[str, str] = {"F-PHASE-BACK-REALISED": "fout, wel overgenomen"}
NEXT_KEPT = (
    "Er zit wel een fout in: iets kan niet kloppen met uw vorige levering. De gegevens zijn overgenomen, maar een "
    "uitgave met zo'n fout wacht op een medewerker. Kijk wat er hieronder staat, en lever het bestand opnieuw aan als "
    "het anders is."
)


def effect_nl(rule_id: str, severity: str) -> str:
    """What became of that about which a rule was told."""
    return KEPT.get(rule_id, SEVERITIES[severity])


DATASETS: Mapping[str, str] = {"indicators": "indicatoren", "projects": "projecten"}
NEEDS_HISTORY: Mapping[str, str] = {
    "F-ROWS-FEWER": "of het bestand niet veel minder gegevens heeft dan de vorige keer",
    "F-KEYS-VANISHED": "of er geen gegevens van de vorige keer zijn weggevallen",
    "F-HISTORY-FACTOR": "of de eenheden nog dezelfde zijn",
    "F-HISTORY-DIGIT": "of er geen cijfer is weggevallen",
    "F-HISTORY-HALF": "of een jaar geen half jaar is",
    "F-HISTORY-JUMP": "of er geen ongewone sprongen in staan",
    "F-HISTORY-COPY": "of het niet de cijfers van vorig jaar zijn",
    "F-PHASE-BACK-REALISED": "of wat gerealiseerd was, dat nog is",
    "F-PHASE-BACK": "of er geen projecten een fase terug zijn gegaan",
    "F-CAPACITY-CHANGED": "of het vermogen van projecten ongeveer gelijk is gebleven",
}
