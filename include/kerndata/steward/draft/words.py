"""Their words to our codes: indicators by name or concepts, statuses, technologies, schemes and phases."""

from collections.abc import Iterable, Mapping
from functools import cache

from kerndata.contracts.code_lists import indicators
from kerndata.harmonise.units import UNITS
from kerndata.sources.schema import Scheme, Technology
from kerndata.sources.sjabloon import PHASES as OUR_PHASES
from kerndata.steward.draft.guess import Guesses
from kerndata.steward.draft.headers import FOLDED_UNITS, about
from kerndata.steward.draft.lexicon import CONCEPTS, LETTERS, MEANINGS, PHASES, STATUSES, TECHNOLOGIES

NEAR = 0.5  # of the concepts of text and indicator together, at least so many are in both


def guess_indicators(found: Mapping[str, tuple[str | None, str]], guesses: Guesses) -> None:
    """Add a guess per text that is no code; ``found``: text to its unit and the sheet or file it stands in."""
    for text, (unit, place) in found.items():
        if text in indicators():
            continue
        named = _named(text)
        if named:
            guesses.entry("vocabulary.indicator", text, named, "naam in de codelijst", None)
            continue
        best = _nearest(text, unit, place)
        if best:
            told = f"lijkt op {', of op '.join(f'{code} {indicators()[code].name_nl}' for code in best)}"
            guesses.entry("vocabulary.indicator", text, best[0], told, about("indicator"))
        else:
            guesses.note("vocabulary.indicator", f"„{text}” lijkt op geen indicator", about("indicator"))


def _folded(text: str) -> str:
    return " ".join(text.replace("_", " ").split()).casefold()


def _named(text: str) -> str | None:
    return next((code for code, one in indicators().items() if _folded(one.name_nl) == _folded(text)), None)


def _nearest(text: str, unit: str | None, place: str) -> list[str]:
    """Return the most alike indicators, of a unit of the same kind; the place counts where the text is short."""
    plain, wide = concepts(text), concepts(f"{text} {place}")
    kind = UNITS[FOLDED_UNITS[unit.casefold()]][0] if unit and unit.casefold() in FOLDED_UNITS else None
    scores: dict[str, float] = {}
    for code, one in indicators().items():
        wanted = concepts(one.name_nl)
        if kind in (None, UNITS[one.unit][0]):
            scores[code] = max(_alike(plain, wanted), _alike(wide, wanted) - 0.01)
    best = max(scores.values(), default=0.0)
    return [code for code, score in scores.items() if score == best][:2] if best >= NEAR else []


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    """Return how much of what two texts speak of is the same; what few indicators speak of says more."""
    shared, all_ = (sum(map(_weight, found)) for found in (one & other, one | other))
    return shared / all_ if all_ else 0.0


@cache
def _weight(concept: str) -> float:
    return 1 / max(1, sum(concept in concepts(one.name_nl) for one in indicators().values()))


@cache
def concepts(text: str) -> frozenset[str]:
    """Return what a text speaks of."""
    folded = _folded(text) + " "
    return frozenset(name for name, parts in CONCEPTS.items() if any(part in folded for part in parts))


def guess_statuses(texts: Iterable[str], guesses: Guesses) -> None:
    """Add a guess per status that is not one of ours."""
    for text in dict.fromkeys(texts):
        folded = _folded(text)
        if text in STATUSES:
            continue
        if MEANINGS.get(folded) in STATUSES:
            guesses.entry("vocabulary.status", text, MEANINGS[folded], "naam van de status", None)
        elif folded in LETTERS:
            guesses.entry("vocabulary.status", text, LETTERS[folded], "eerste letter", ("value_status",))
        else:
            guesses.note("vocabulary.status", f"„{text}” is geen bekende status", ("value_status",))


def guess_technologies(texts: Iterable[str], guesses: Guesses) -> None:
    """Add a guess per technology that is not one of ours."""
    for text in dict.fromkeys(texts):
        folded = _folded(text)
        codes: tuple[str, ...] = Technology.__args__  # type: ignore[attr-defined]
        if text in codes:
            continue
        exact = next((code for code in codes if _folded(code) == folded), None)
        near = next((code for code, words in TECHNOLOGIES.items() if any(word in folded for word in words)), None)
        if exact:
            guesses.entry("vocabulary.technology", text, exact, "naam van de techniek", None)
        elif near:
            guesses.entry("vocabulary.technology", text, near, "lijkt erop", ("technology",))
        else:
            guesses.note("vocabulary.technology", f"„{text}” is geen bekende techniek", ("technology",))


def guess_schemes(texts: Iterable[str], guesses: Guesses) -> None:
    """Note the schemes that are none of ours: which of them they are, nobody but the province can say."""
    codes = {_folded(code) for code in Scheme.__args__}  # type: ignore[attr-defined]
    for text in dict.fromkeys(texts):
        if _folded(text) not in codes:
            guesses.note("vocabulary.scheme", f"„{text}” is geen bekende regeling", ("scheme",))


def guess_phases(texts: Iterable[str], guesses: Guesses) -> None:
    """Add a guess per phase that is not one of our numbers."""
    for text in dict.fromkeys(texts):
        folded = _folded(text)
        bare = folded.lstrip("0123456789 .-:")
        if folded in map(str, range(len(OUR_PHASES))):
            continue
        if bare in OUR_PHASES and folded.removesuffix(bare).strip(" .-:") in ("", str(OUR_PHASES.index(bare))):
            guesses.entry("vocabulary.phase", text, OUR_PHASES.index(bare), "naam van de fase", None)
            continue
        # the longest word that fits: „uit bedrijf” before „bedrijf”
        fits = sorted(((len(word), phase) for phase, words in PHASES.items() for word in words if word in bare))
        if fits:
            told = f"lijkt op {fits[-1][1]} {OUR_PHASES[fits[-1][1]]}"
            guesses.entry("vocabulary.phase", text, fits[-1][1], told, ("phase",))
        else:
            guesses.note("vocabulary.phase", f"„{text}” is geen bekende fase", ("phase",))
