"""Workbooks that are zips (xlsx, ods): refuses passwords, macros, DDE, what fetches unasked, DTDs and deep XML.

A link to another workbook, or a connection that fetches when somebody asks, passes and is told: the values read are the
ones the program stored, and nothing is followed (ADR 0012).
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from html import unescape
from typing import BinaryIO

import numpy as np

from kerndata.errors import FileFault
from kerndata.read.guard_entries import files, unpacked
from kerndata.read.guard_links import links_in
from kerndata.read.limits import Limits, too_large, unreadable

OVERLAP = 64 * 1024  # more than the longest formula a workbook can hold (8,192 characters, each escaped)
# Part names and content types of ECMA-376 and [MS-OFFMACRO2]; Basic/ and Scripts/ of ODF 1.3 part 2.
MACRO_PARTS = re.compile(r"(?i)(?:^|/)vbaproject\.bin$|^xl/(?:macrosheets|activex)/|^(?:basic|scripts)/")
MACRO_TYPES = re.compile(rb"(?i)vnd\.ms-office\.vbaProject|macrosheet\+xml|ms-office\.activeX")
MACRO_MARKS = re.compile(
    rb"(?i)<(?:[\w.-]+:)?event-listener\b|vnd\.sun\.star\.script:|"
    rb"<(?:[\w.-]+:)?definedName\b[^>]*(?:\bvbProcedure=[\"'](?:1|true)|\bxlm=[\"'](?:1|true)|"
    rb"name=[\"'](?:_xlnm\.)?auto_(?:open|close|activate|deactivate))"
)
DDE_MARKS = re.compile(rb"(?i)<(?:[\w.-]+:)?(?:ddeLink|oleLink|dde-link|dde-source|dde-connection)\b")
# Without one of these words, in any case, none of the patterns fits: ten times as fast as trying the patterns.
WORDS = (
    b"<!doctype", b"<!entity", b"encryption-data", b"event-listener", b"vnd.sun.star.script:", b"definedname",
    b"ddelink", b"olelink", b"dde-", b"vnd.ms-office.", b"macrosheet",
)  # fmt: skip
FORMULA_WORDS = (
    b"|", b"&#", b"dde", b"webservice", b"image", b"call", b"register", b"exec", b"rtd", b"request", b"import",
)  # fmt: skip
DTD = re.compile(rb"(?i)<!(?:DOCTYPE|ENTITY)")
DECLARED = re.compile(rb"""<\?xml[^>]*\bencoding=["']([^"']*)""")
PASSWORD_MARKS = re.compile(rb"<(?:[\w.-]+:)?encryption-data\b")
FORMULA = re.compile(
    rb"(?s)<(?:[\w.-]+:)?(?:f|definedName)\b[^>]*>(.{0,50000}?)</|\bformula=\"([^\"]*)\"|\bformula='([^']*)'"
)
FETCHES = re.compile(
    r"(?i)(?<![\w.])(?:_xlfn\.|_xlws\.)*(?:DDE|WEBSERVICE|IMAGE|CALL|REGISTER(?:\.ID)?|EXEC|RTD|SQL\.REQUEST|"
    r"IMPORT(?:DATA|XML|HTML|FEED|RANGE))\s*\("
)
COMMAND = re.compile(r"(?:[\w.]+|'[^']*')\|(?:[\w.]+|'[^']*')!")  # program|topic!item
BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError)


def is_zip(file: BinaryIO) -> bool:
    """Whether a zip's index stands at the end of the file."""
    return zipfile.is_zipfile(file)


def inspect(file: BinaryIO, limits: Limits, *, damaged_passes: bool) -> frozenset[str]:
    """Raise ``FileFault`` over what a workbook may not hold, else return its links; other zips are checked as zips.

    ``damaged_passes``: leave a zip that cannot be opened to the reader of the agreed format, which is not one of zips.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            names = [info.filename for info in files(archive, limits)]
    except BROKEN:
        if damaged_passes:
            return frozenset()
        raise
    if not _is_workbook(names):
        return frozenset()
    for name in names:
        if MACRO_PARTS.search(name):
            raise FileFault("F-MACRO", part=name)
    links: set[str] = set()
    for name, chunks in unpacked(file, limits):
        links |= _part(name, chunks, limits)
    return frozenset(links)


def _is_workbook(names: list[str]) -> bool:
    folded = {name.casefold() for name in names}
    return not folded.isdisjoint({"[content_types].xml", "xl/workbook.xml", "content.xml", "meta-inf/manifest.xml"})


def _part(name: str, chunks: Iterator[bytes], limits: Limits) -> set[str]:
    depth, tail, is_xml, links = 0, b"", False, set[str]()
    for number, chunk in enumerate(chunks):
        if not number:
            is_xml = _starts_xml(chunk)
        if is_xml:
            _look(name, tail + chunk)
            links |= links_in(name, tail + chunk)
            depth = _depth(chunk, depth, limits)
            tail = (tail + chunk)[-OVERLAP:]
    return links


def _starts_xml(start: bytes) -> bool:
    """Whether a part is XML; raises ``FileFault`` when it is in an encoding that would hide what it says."""
    declared = DECLARED.search(start[:500])
    odd = declared and declared[1].lower() not in (b"utf-8", b"utf8", b"us-ascii", b"ascii")
    if odd or start[:2] in (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"):
        raise unreadable("a part of the workbook is XML but not UTF-8", "een onderdeel van het werkboek is geen UTF-8")
    return start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def _look(name: str, text: bytes) -> None:
    folded = text.lower()
    if any(word in folded for word in WORDS):
        _marks(name, text)
    if any(word in folded for word in FORMULA_WORDS) and any(map(_reaches_out, _formulas(text))):
        raise FileFault("F-DDE", part=name)


def _marks(name: str, text: bytes) -> None:
    if DTD.search(text):
        raise unreadable(
            "the workbook holds a document type definition", "het werkboek bevat een documenttypedefinitie"
        )
    if PASSWORD_MARKS.search(text):
        raise FileFault("F-PASSWORD", member="")
    if MACRO_MARKS.search(text) or (name.casefold() == "[content_types].xml" and MACRO_TYPES.search(text)):
        raise FileFault("F-MACRO", part=name)
    if DDE_MARKS.search(text):
        raise FileFault("F-DDE", part=name)


def _formulas(text: bytes) -> Iterator[str]:
    for found in FORMULA.finditer(text):
        formula = next((group for group in found.groups() if group), b"")
        if any(word in formula.lower() for word in FORMULA_WORDS):
            yield unescape(formula.decode("utf-8", "replace").removeprefix("<![CDATA["))


def _reaches_out(formula: str) -> bool:
    """Whether a formula starts a program or fetches something; texts inside it do not count."""
    bare = re.sub(r'"[^"]*"', '""', formula)
    return bool(FETCHES.search(bare) or COMMAND.search(bare))


def _depth(chunk: bytes, depth: int, limits: Limits) -> int:
    """Return how deep the XML stands after a chunk; raises ``FileFault`` when it stood too deep.

    Counted from the signs alone: a chunk that ends between ``<`` and its next sign is off by one.
    """
    signs = np.frombuffer(chunk, np.uint8)
    opens = np.flatnonzero(signs[:-1] == ord("<"))
    after = signs[opens + 1]
    steps = np.where(after == ord("/"), -1, np.where((after == ord("?")) | (after == ord("!")), 0, 1))
    ends = np.flatnonzero((signs[:-1] == ord("/")) & (signs[1:] == ord(">")))
    places = np.concatenate((opens, ends))
    order = np.argsort(places, kind="stable")
    levels = depth + np.cumsum(np.concatenate((steps, np.full(len(ends), -1)))[order])
    if len(levels) and levels.max() > limits.nesting:
        raise too_large("nesting levels", limits.nesting)
    return max(0, int(levels[-1])) if len(levels) else depth
