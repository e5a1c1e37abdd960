"""What a file really is, by its first bytes and never by its name: a renamed file is refused with both kinds named.

A file of which nothing is known goes on to the reader of the agreed format, which says what is wrong with it.
"""

import codecs
import re
from io import BytesIO

from kerndata.errors import FileFault

HEAD_BYTES = 4096
NAMES = {
    "csv": "CSV (tekst)", "xlsx": "Excel (.xlsx)", "xls": "Excel 97-2003 (.xls)", "ods": "OpenDocument (.ods)",
    "json": "JSON", "geojson": "GeoJSON", "parquet": "Parquet", "zip": "zip", "text": "tekst, mogelijk CSV",
    "xlsb": "Excel binair (.xlsb)", "html": "HTML (een webpagina, ook als de naam op .xls eindigt)", "pdf": "PDF",
    "spreadsheetml": "Excel 2003 XML", "xml": "XML", "gzip": "gzip (.gz)", "7z": "7-Zip", "rar": "RAR",
    "bzip2": "bzip2", "xz": "xz", "zstd": "Zstandard", "sqlite": "SQLite of GeoPackage", "rtf": "RTF",
    "image": "een afbeelding", "docx": "Word (.docx)", "odt": "OpenDocument-tekst (.odt)",
    "mhtml": "MHTML (webarchief)",
    "ole": "Word, Outlook of een ander oud Office-bestand",
}  # fmt: skip
MAGIC = {
    b"PAR1": "parquet", b"%PDF": "pdf", b"\x1f\x8b": "gzip", b"7z\xbc\xaf\x27\x1c": "7z", b"Rar!": "rar",
    b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd", b"SQLite format 3\0": "sqlite", b"{\\rtf": "rtf",
    b"\x89PNG": "image", b"\xff\xd8\xff": "image", b"GIF8": "image", b"MIME-Version:": "mhtml",
}  # fmt: skip
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# BOF, the first record of an Excel sheet older than the compound file ([MS-XLS] 2.4.21).
BIFF = re.compile(rb"\x09[\x00\x02\x04]\x04\x00|\x09\x08[\x08\x10]\x00\x00[\x05\x06]")
STREAMS = {"Workbook": "xls", "Book": "xls", "EncryptedPackage": None}  # the last: a workbook with a password
ENTRIES = {"xl/workbook.xml": "xlsx", "xl/workbook.bin": "xlsb", "word/document.xml": "docx"}
NUMBERED = re.compile(r"workbook\d+\.")  # some servers export xl/workbook2.xml
DOCUMENTS = {
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/vnd.oasis.opendocument.text": "odt",
}
HTML = re.compile(
    r"(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html|head|body|table|meta|style|div)\b", re.IGNORECASE | re.DOTALL
)
JSON = re.compile(r"\{\s*(?:\"|\})|\[\s*(?:[\[{\]]|$)")
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
TEXTS = {"csv": {"text"}, "json": {"json"}, "geojson": {"json"}}


def check(data: bytes, agreed: str, member: str | None = None) -> None:
    """Raise ``FileFault`` F-OTHER-FORMAT when the bytes are plainly of another kind than the agreed one."""
    found = kind_of(data)
    if found is not None and found not in TEXTS.get(agreed, {agreed}):
        where = f"{member}: " if member else ""
        raise FileFault("F-OTHER-FORMAT", found=where + NAMES[found], expected=NAMES[agreed])


def kind_of(data: bytes) -> str | None:
    """Return a key of ``NAMES``, or None when the bytes do not tell."""
    head = data[:HEAD_BYTES]
    if head.startswith(b"PK\x03\x04"):
        return _zip(data)
    if head.startswith(OLE):
        return _ole(data)
    found = next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), None)
    return found or ("xls" if BIFF.match(head) else _text(head))


def _zip(data: bytes) -> str | None:
    import zipfile  # only here: most files are no zip, and the reader starts for each of them
    import zlib

    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = {NUMBERED.sub("workbook.", name) for name in archive.namelist()}
            if {"mimetype", "content.xml"} <= names:
                with archive.open("mimetype") as file:
                    return DOCUMENTS.get(file.read(100).strip(), "zip")
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, NotImplementedError, RuntimeError):
        return None
    return next((kind for entry, kind in ENTRIES.items() if entry in names), "zip")


def _ole(data: bytes) -> str | None:
    for stream, kind in STREAMS.items():
        if f"{stream}\0".encode("utf-16-le") in data:
            return kind
    return "ole"


def _text(head: bytes) -> str | None:
    text = _decoded(head).lstrip()
    if CONTROL.search(text):
        return None
    if HTML.match(text):
        return "html"
    if text.startswith("<"):
        return _markup(text)
    if JSON.match(text):
        return "json"
    return None if text.startswith(("{", "[")) else "text"


def _markup(text: str) -> str:
    if "urn:schemas-microsoft-com:office:spreadsheet" in text:
        return "spreadsheetml"
    return "html" if "<html" in text.lower() else "xml" if text.startswith("<?xml") else "text"


def _decoded(head: bytes) -> str:
    """Return the head as text, as far as that is needed to see markup; only a reader decides on an encoding."""
    for bom, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if head.startswith(bom):
            return head[len(bom) :].decode(encoding, errors="replace")
    return head.removeprefix(codecs.BOM_UTF8).decode("latin-1")
