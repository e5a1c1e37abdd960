"""The rules harmonising can break; messages for people are in the contract catalogue under the same ids.

``F-…`` refuses the file, ``H-…`` is a finding on one observation. Severity is the catalogue's; the sentence says what
is meant. Findings carry the value as written and, where there is one, ``expected``.
"""

RULES = {
    "F-COLUMNS-MISSING": "No header gives an agreed column (facts: missing, found).",
    "F-COLUMN-TWICE": "Two headers give the same column (facts: column, headers).",
    "F-HEADER-UNCLEAR": "The agreed headers are not on the agreed row but on several others (facts: found, expected).",
    "F-HEADER-MOVED": "Warning: the headers are on row `row` instead of `expected`; they were read there.",
    "F-HEADER-REPAIRED": "Warning: a header differs from the agreed one in nothing that counts (value, expected).",
    "F-COLUMN-ABSENT": "Warning: an agreed column that is not needed is absent (facts: value).",
    "F-NOTES-DISAGREE": "Two notes around the table say different things (facts: found).",
    "F-OTHER-PROVINCE": "Most rows belong to another province (facts: found, expected).",
    "H-NUMBER-INVALID": "Error: the cell is not a number.",
    "H-NUMBER-AMBIGUOUS": "Error: the number has two readings, given in `expected`; neither is chosen.",
    "H-NUMBER-REPAIRED": "Warning: the number is not in the agreed notation, but has one reading only, which is used.",
    "H-ESTIMATE": "Warning: written as an approximation (ca., ±, ≈, ~); kept with status schatting.",
    "H-VALUE-EMPTY": "Error: the value cell is empty and the source does not say what that means.",
    "H-UNIT-UNKNOWN": "Error: the unit is absent or not a known one.",
    "H-UNIT-KIND": "Error: the unit is of another kind than the indicator's (kW is not kWp, MW is not MWh).",
    "H-UNIT-CONFLICT": "Error: the cell and its column state different units.",
    "H-PERIOD-UNKNOWN": "Error: not a year, half year or quarter.",
    "H-REGION-UNKNOWN": "Error: not a province.",
    "H-REGION-LEVEL": "Error: a region of another level than the province; `expected` says which.",
    "H-REGION-AMBIGUOUS": "Error: Groningen or Utrecht among municipalities: the province or the municipality.",
    "H-OTHER-PROVINCE": "Error: the row belongs to another province than the sender.",
    "H-INDICATOR-UNKNOWN": "Error: the indicator is not in the source's vocabulary.",
    "H-CATEGORY-UNKNOWN": "Error: the category is not in the source's vocabulary.",
    "H-STATUS-UNKNOWN": "Error: the status is not in the source's vocabulary.",
    "H-TECHNOLOGY-UNKNOWN": "Error: the technology is not in the source's vocabulary.",
    "H-SCHEME-UNKNOWN": "Error: the scheme is not in the source's vocabulary.",
    "H-PHASE-UNKNOWN": "Error: the phase is not in the source's vocabulary.",
    "H-DATE-INVALID": "Error: not a date (day-month-year, ISO) or a year.",
    "H-DATE-AMBIGUOUS": "Error: the date or period has two readings, given in `expected`; neither is chosen.",
    "H-RD-CONVERTED": "Warning: the place is in another system than agreed (RD, degrees); read as `expected`.",
    "H-LATLON-SWAPPED": "Warning: the two numbers of a place are swapped; only swapped they are in the Netherlands.",
    "H-COORDINATE-OUTSIDE": "Error: the numbers are no place in the Netherlands in any of the known systems.",
    "H-COUNT-INVALID": "Error: not a whole number.",
}
