"""Links out of a workbook that is a zip: those that fetch unasked are refused, the others are told."""

import re

from kerndata.errors import FileFault

# Attributes up to the end of a tag; a > within quotes does not end it.
ATTRIBUTES = rb"""(?:[^>"']|"[^"]*"|'[^']*')*?"""
# ECMA-376 part 1, 18.13: what is refreshed when somebody opens the workbook or by the clock; a page of the web.
UNASKED = re.compile(
    rb"(?i)<(?:[\w.-]+:)?(?:connection|queryTable)\b" + ATTRIBUTES + rb"\b(?:refreshOnLoad=[\"'](?:1|true)\b|"
    rb"interval=[\"']0*[1-9])|<(?:[\w.-]+:)?webPr\b"
)
PIVOT_UNASKED = re.compile(
    rb"(?i)<(?:[\w.-]+:)?pivotCacheDefinition\b" + ATTRIBUTES + rb"\brefreshOnLoad=[\"'](?:1|true)\b"
)
PIVOT_OUTSIDE = re.compile(rb"(?i)<(?:[\w.-]+:)?cacheSource\b" + ATTRIBUTES + rb"\btype=[\"']external\b")
# OpenDocument 1.3 part 3, 9.3 and 9.4: tables and ranges from elsewhere; from the web they are fetched on opening.
TABLES = re.compile(rb"(?i)<(?:[\w.-]+:)?(?:table-source|cell-range-source)\b")
WEB_TABLES = re.compile(TABLES.pattern + ATTRIBUTES + rb"\bhref=[\"'](?:https?|ftps?|smb|webdavs?|vnd\.sun\.star)\b")
DATABASES = re.compile(rb"(?i)<(?:[\w.-]+:)?database-source-(?:sql|table|query)\b")
WORDS = (b"connection", b"querytable", b"webpr", b"pivotcachedefinition", b"-source")
WORKBOOK_PARTS = re.compile(r"(?i)^xl/externalLinks/[^/]+\.xml$")
CONNECTION_PARTS = re.compile(r"(?i)^xl/(?:connections\.xml|queryTables/[^/]+\.xml)$")


def links_in(name: str, text: bytes) -> set[str]:
    """Return the kinds of links (``model.sheet.LINKS``) in a part of a workbook.

    Raises ``FileFault`` F-DDE over one that fetches something when the workbook is opened.
    """
    found = {"workbook"} if WORKBOOK_PARTS.search(name) else set[str]()
    found |= {"connection"} if CONNECTION_PARTS.search(name) else set()
    folded = text.lower()
    if not any(word in folded for word in WORDS):
        return found
    is_pivot = PIVOT_UNASKED.search(text) and PIVOT_OUTSIDE.search(text)
    if is_pivot or UNASKED.search(text) or WEB_TABLES.search(text):
        raise FileFault("F-DDE", part=name)
    found |= {"workbook"} if TABLES.search(text) else set()
    return found | ({"connection"} if DATABASES.search(text) else set())
