"""Compares headers: as agreed, else but for what changes no meaning (accents, footnote marks, underscores)."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from kerndata.harmonise.arrays import fold

_NUMBERED = r"[\u00b9\u00b2\u00b3\u2070-\u2079]+|\s*\[[0-9]{1,2}\]|\s*\(?[0-9]{1,2}\)"
NOTES = re.compile(rf"(?:\s*(?:{_NUMBERED}))+$")
NOTES_AND_STARS = re.compile(rf"(?:\s*(?:{_NUMBERED}|[*\u2020\u2021]+))+$")
INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\ufeff"))


def without_notes(header: str) -> str:
    """Return a header without footnote numbers behind it; a star stays, for it may be the status of a period."""
    return NOTES.sub("", header)


def loose(header: str) -> str:
    """Return a header for comparing: no case, accents, footnote marks, underscores or closing colon."""
    bare = NOTES_AND_STARS.sub("", header.translate(INVISIBLE))
    letters = unicodedata.normalize("NFKD", bare.replace("_", " "))
    return fold("".join(one for one in letters if not unicodedata.combining(one))).rstrip(" :")


def loosely(targets: Mapping[str, str]) -> dict[str, str]:
    """Return, by loose header, the targets that are the only one of it."""
    found: dict[str, set[str]] = {}
    for header, target in targets.items():
        found.setdefault(loose(header), set()).add(target)
    return {header: next(iter(ours)) for header, ours in found.items() if len(ours) == 1}


def with_nearest(header: str, found: Iterable[str]) -> str:
    """Return an absent header with the one in the file that looks most like it, for the message."""
    by_fold = {loose(one): one for one in found if one}
    near = get_close_matches(loose(header), by_fold, n=1, cutoff=0.7)
    return f"{header} (lijkt op „{by_fold[near[0]]}”)" if near else header
