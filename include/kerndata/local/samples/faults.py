"""What goes wrong in the first round of the demo; the good file of the same name is the correction of the second."""

from collections.abc import Sequence

from kerndata.local.samples import indicators
from kerndata.local.samples.tables import Figure

#: By the row it stands in (indicator, year): how a part of the row should read, and how it was typed.
GELDERLAND = {
    ("Windturbines op land", "2020"): (";53;", ";-53;"),  # a negative number
    ("Productie wind op land", "2021"): ("Productie wind op land", "Windenergie (productie)"),  # an unknown indicator
    ("Productie zonnestroom", "2022"): (";2157;", ";2.157;"),  # 2157 or 2,157: no thousands mark is agreed
    ("Opgesteld vermogen wind op land", "2023"): (";MW;", ";MWatt;"),  # an unknown unit
}


def gelderland(figures: Sequence[Figure]) -> bytes:
    """Gelderland's file with four rows that cannot be kept (under 10 %); the others can."""
    lines = indicators.gelderland(figures).decode().split("\r\n")
    for (indicator, period), (good, bad) in GELDERLAND.items():
        start = f"Gelderland;{indicator};{period};"
        [place] = [number for number, line in enumerate(lines) if line.startswith(start)]
        if good not in lines[place]:
            raise ValueError(f"{lines[place]!r} does not hold {good!r}; adapt GELDERLAND to the figures")
        lines[place] = lines[place].replace(good, bad, 1)
    return "\r\n".join(lines).encode()


def limburg(figures: Sequence[Figure]) -> bytes:
    """A file in Limburg's layout, in Limburg's inbox, with the rows of Zeeland: refused whole, a security event."""
    return indicators.limburg(figures, region="Zeeland")
