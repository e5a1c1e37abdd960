"""What ``kerndata check`` writes: the receipt as JSON or page, and the file itself with the faults marked."""

from pathlib import Path

from kerndata.quality.marked import marked_copy
from kerndata.quality.receipt import Receipt, to_html, to_json
from kerndata.steward.check import ID, Checked


def write_json(receipt: Receipt) -> str:
    """Return the receipt as the JSON that ingestion would leave in ``receipts/``."""
    return to_json(receipt).decode()


def write_html(receipt: Receipt, path: Path) -> str:
    """Write the receipt's page; return what to tell."""
    path.write_bytes(to_html(receipt))
    return f"Bevindingen als pagina: {path}"


def write_marked(checked: Checked, path: Path) -> str:
    """Write the file back with its faults marked; return what to tell, also when there was nothing to mark."""
    found = marked_copy(
        checked.file,
        submission_id=ID,
        spec=checked.source.deliveries[checked.delivery],
        assessment=checked.assessment,
    )
    if found is None:
        return "Er is niets te markeren."
    if found.body is None:
        return found.note_nl
    path.write_bytes(found.body)
    return f"Uw bestand met de bevindingen gemarkeerd: {path}"
