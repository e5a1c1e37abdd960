"""Which format a file is in, by its first bytes and, for text, by what divides its lines into equal parts."""

import csv
import io
import json
import re
import zipfile
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import Any

from kerndata.errors import ConfigurationError
from kerndata.steward.draft.guess import Guesses

BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
DELIMITERS = {";": "puntkomma", ",": "komma", "\t": "tab", "|": "streep"}
SAMPLE = 200_000
MOST_JSON = 50_000_000
EVERYTHING = ("value", "name", "municipality_name", "indicator_code")


def guess_format(path: Path, guesses: Guesses, at: str = "format") -> None:
    """Add the guesses about the format of a file; raises ``ConfigurationError`` when it is none that is read."""
    with path.open("rb") as stream:
        head = stream.read(SAMPLE)
    if head.startswith(b"PAR1"):
        guesses.sure(f"{at}.kind", "parquet", "begint met PAR1")
    elif head.startswith(b"\xd0\xcf\x11\xe0"):
        guesses.sure(f"{at}.kind", "xls", "oud Excel-bestand")
    elif head.startswith(b"PK\x03\x04"):
        _packed(path, guesses, at)
    elif head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        _json(path, guesses, at)
    else:
        guess_text(head, guesses, at, is_cut=len(head) == SAMPLE)


def _packed(path: Path, guesses: Guesses, at: str) -> None:
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise ConfigurationError(f"{path.name}: het bestand is beschadigd of afgekapt ({error})") from error
    with archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        if "xl/workbook.xml" in names:
            guesses.sure(f"{at}.kind", "xlsx", "Excel-bestand")
        elif "content.xml" in names and "mimetype" in names:
            guesses.sure(f"{at}.kind", "ods", "OpenDocument-bestand")
        else:
            _zip(archive, names, guesses, at)


def _zip(archive: zipfile.ZipFile, names: list[str], guesses: Guesses, at: str) -> None:
    endings = Counter(PurePosixPath(name).suffix.lower() for name in names)
    ending = endings.most_common(1)[0][0] if endings else ""
    first = next((name for name in names if name.lower().endswith(ending)), None)
    if first is None or ending not in (".csv", ".tsv", ".txt"):
        raise ConfigurationError(
            f"{Path(str(archive.filename)).name}: pak de zip uit en geef een van de bestanden als voorbeeld"
        )
    guesses.sure(f"{at}.kind", "zip", f"zip met {len(names)} bestanden")
    guesses.sure(f"{at}.members", f"*{ending}", ", ".join(names[:5]))
    with archive.open(first) as stream:
        head = stream.read(SAMPLE)
    guess_text(head, guesses, f"{at}.inner", is_cut=len(head) == SAMPLE)


def _json(path: Path, guesses: Guesses, at: str) -> None:
    if path.stat().st_size > MOST_JSON:
        raise ConfigurationError(f"{path.name}: neem een kleiner voorbeeld (hoogstens {MOST_JSON // 10**6} MB)")
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, RecursionError) as error:
        raise ConfigurationError(f"{path.name}: geen geldig JSON ({error})") from error
    except json.JSONDecodeError:  # a record per line is no document; the reader says what is wrong otherwise
        guesses.sure(f"{at}.kind", "json", "een record per regel")
        guesses.sure(f"{at}.lines", True, "een record per regel")
        return
    if isinstance(document, dict) and document.get("type") == "FeatureCollection":
        guesses.sure(f"{at}.kind", "geojson", "FeatureCollection")
        return
    guesses.sure(f"{at}.kind", "json", "begint met { of [")
    places = list(_arrays(document, ()))
    if not places:
        raise ConfigurationError(f"{path.name}: geen lijst met records in dit JSON-bestand")
    longest, where = max(places)
    told = f"de langste lijst met records ({longest})"
    if len(places) == 1:
        guesses.sure(f"{at}.records", where, told)
    else:
        guesses.doubt(f"{at}.records", where, f"{told} van {len(places)}", EVERYTHING)


def _arrays(document: Any, above: tuple[str, ...]) -> list[tuple[int, str]]:
    if isinstance(document, list):
        return [(len(document), ".".join(above))] if document and all(isinstance(one, dict) for one in document) else []
    if isinstance(document, dict):
        return [place for key, one in document.items() for place in _arrays(one, (*above, key))]
    return []


def guess_text(head: bytes, guesses: Guesses, at: str, *, is_cut: bool) -> None:
    """Add the guesses about delimited text: encoding and delimiter."""
    guesses.sure(f"{at}.kind", "csv", "tekst met scheidingstekens")
    text, encoding = _decoded(head, is_cut)
    lines = [line for line in text.splitlines()[: -1 if is_cut else None] if line.strip()][:500]
    scores = {sign: _evenness(lines, sign) for sign in DELIMITERS}
    best = max(scores, key=lambda sign: scores[sign])
    if not scores[best]:
        raise ConfigurationError("geen scheidingsteken gevonden: dit is geen tabel in tekst")
    rivals = [DELIMITERS[sign] for sign, score in scores.items() if sign != best and score >= 0.9]
    if rivals:
        told = f"{DELIMITERS[best]}; maar {', '.join(rivals)} verdeelt de regels ook gelijk"
        guesses.doubt(f"{at}.delimiter", best, told, EVERYTHING)
    else:
        guesses.sure(f"{at}.delimiter", best, f"{DELIMITERS[best]}: elke regel heeft evenveel velden")
    if encoding:
        odd = re.findall(r"\S*[^\x00-\x7f]\S*", text)[:3]
        guesses.doubt(f"{at}.encoding", encoding, f"geen UTF-8; klopt {', '.join(odd)}?", ("name", "municipality_name"))


def _decoded(head: bytes, is_cut: bool) -> tuple[str, str | None]:
    """Return the text, and the encoding to propose when neither a mark nor strict UTF-8 tells it."""
    for bom, encoding in BOMS.items():
        if head.startswith(bom):
            return head.decode(encoding, errors="ignore"), None
    try:
        return (head[:-4] if is_cut else head).decode("utf-8", errors="strict"), None
    except UnicodeDecodeError as error:
        if is_cut and error.start > len(head) - 8:
            return head.decode("utf-8", errors="ignore"), None
        return head.decode("windows-1252", errors="replace"), "windows-1252"


def _evenness(lines: list[str], sign: str) -> float:
    """Return the share of lines with the usual field count (0 when that is one field), more for more fields."""
    counts = Counter(len(row) for row in csv.reader(io.StringIO("\n".join(lines)), delimiter=sign) if len(row) > 1)
    if not counts:
        return 0.0
    usual, times = max(counts.items(), key=lambda item: (item[1], item[0]))
    return times / len(lines) + usual / 1000
