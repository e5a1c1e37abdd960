"""The file-level rules reading can break; messages for people are in the contract catalogue under the same ids."""

RULES = {
    "F-EMPTY": "The file (facts: member) holds no bytes, or no filled cell.",
    "F-HEADER-ONLY": "The file holds a header but no row below it.",
    "F-NUL": "The text holds a NUL character (facts: row), which no text file does: it is binary, cut off or damaged.",
    "F-ENCODING": "A byte is neither UTF-8 nor the encoding agreed for this source (facts: position, agreed, reason).",
    "F-DELIMITER": "The fields are divided by another sign than agreed (facts: found, expected).",
    "F-RAGGED": "Row `row` has `found` fields where the table has `expected`.",
    "F-UNREADABLE": "The file cannot be read as the agreed format (facts: reason, reden).",
    "F-OTHER-FORMAT": "The file is of another kind than agreed, whatever its name says (facts: found, expected).",
    "F-TOO-LARGE": "The file passes a limit (facts: what, wat, limit).",
    "F-SHEET-MISSING": "The workbook lacks an agreed sheet (facts: expected, found).",
    "F-ZIP-MEMBERS": "No file inside the zip has the agreed name (facts: expected, found).",
    "F-ZIP-UNEXPECTED": "The zip holds a data file outside the agreed names (facts: member, expected).",
    "F-PASSWORD": "The file, or a file in it (facts: member), is locked with a password.",
    "F-MACRO": "The workbook holds a macro or a macro sheet (facts: part).",
    "F-DDE": "The workbook holds a link or formula that starts a program or fetches data (facts: part).",
    "F-ZIP-NAME": "A name in the zip leads out of it or holds control characters (facts: member).",
}
