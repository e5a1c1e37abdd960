"""The file-level rules reading can break; messages for people are in the contract catalogue under the same ids."""

RULES = {
    "F-EMPTY": "The file (facts: member) holds no bytes, or no filled cell.",
    "F-HEADER-ONLY": "The file holds a header but no row below it.",
    "F-NUL": "The text holds a NUL character (facts: row), which no text file does: it is binary, cut off or damaged.",
    "F-ENCODING": "A byte is neither UTF-8 nor the encoding agreed for this source (facts: reason).",
    "F-RAGGED": "Row `row` has `found` fields where the table has `expected`.",
    "F-UNREADABLE": "The file cannot be read as the agreed format (facts: reason).",
    "F-TOO-LARGE": "The file passes a limit (facts: what, limit).",
    "F-SHEET-MISSING": "The workbook lacks an agreed sheet (facts: expected, found).",
    "F-ZIP-MEMBERS": "No file inside the zip has the agreed name (facts: expected, found).",
    "F-ZIP-UNEXPECTED": "The zip holds a data file outside the agreed names (facts: member, expected).",
}
