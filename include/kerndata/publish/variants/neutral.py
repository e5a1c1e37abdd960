"""Text that a spreadsheet would run as a formula gets an apostrophe before it; numbers stay as they are."""

import re

# What a spreadsheet takes for the start of a formula; a plain number may begin with a sign.
PATTERN = r"^[=+\-@\t\r]"
NUMBER = r"^[+\-]?[0-9][0-9.,]*$"
_FORMULA, _NUMBER = re.compile(PATTERN), re.compile(NUMBER)


def neutral(text: str) -> str:
    """Give the text as a spreadsheet may hold it."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.match(text) else text


def neutral_sql(name: str) -> str:
    """Give the same as SQL over a text column (a name of ours)."""
    is_formula = f"regexp_matches({name}, '{PATTERN}') AND NOT regexp_matches({name}, '{NUMBER}')"
    return f"CASE WHEN {is_formula} THEN '''' || {name} ELSE nullif({name}, '') END"
