"""Writing files that hold secrets."""

import json
import os
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Replace ``path`` at once by ``text``, readable and writable by the owner only."""
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    beside.replace(path)


def write_private_json(path: Path, value: object) -> None:
    """Replace ``path`` at once by ``value`` as JSON, readable and writable by the owner only."""
    write_private(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")
