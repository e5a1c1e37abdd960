"""What one file may cost the exchange."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from kerndata.errors import FileFault

MIB = 1024**2
PACKED = frozenset({"xlsx", "xls", "ods", "zip"})

#: What F-TOO-LARGE can be about (fact ``what``), and how a Dutch reader is told (fact ``wat``).
SIZES: Mapping[str, str] = MappingProxyType(
    {
        "bytes": "bytes",
        "unpacked bytes": "bytes na uitpakken",
        "bytes as text": "bytes als tekst",
        "zip ratio": "keer zo groot na uitpakken",
        "zip entries": "bestanden in de zip",
        "nesting levels": "niveaus in elkaar",
        "rows": "rijen",
        "columns": "kolommen",
        "cells": "cellen",
        "characters in a cell": "tekens in één cel",
        "sheets": "werkbladen",
    }
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one read. The defaults leave room for a few million rows and stop a 4 kB file that hangs its reader.

    ``wall_seconds`` and ``cpu_seconds`` are what the largest file may take; ``for_size`` gives a smaller file less.
    ``memory_bytes`` is address space, which libraries reserve more of than they use; ``ratio`` and ``entries`` are for
    zips (a workbook is one); ``unpacked_bytes`` are counted while unpacking, never taken from the zip's own index.
    ``columns`` is what a spreadsheet can hold, ``cell_characters`` too; ``nesting`` is for JSON and XML (a map's
    MultiPolygon needs eleven levels, a workbook about twenty).
    """

    wall_seconds: int = 240
    cpu_seconds: int = 240
    wall_seconds_small: int = 25
    cpu_seconds_small: int = 12
    seconds_per_mib: int = 4
    seconds_per_packed_mib: int = 12
    memory_bytes: int = 3072 * MIB
    output_bytes: int = 2048 * MIB
    input_bytes: int = 512 * MIB
    unpacked_bytes: int = 1024 * MIB
    ratio: int = 200
    entries: int = 1000
    nesting: int = 64
    rows: int = 10_000_000
    columns: int = 16_384
    cells: int = 200_000_000
    cell_characters: int = 32_767
    sheets: int = 1000

    def for_size(self, size_bytes: int, kind: str) -> "Limits":
        """Return the limits of a file of this size and format: time grows with what there is to read.

        One limit for all made a 4 kB file that never ends cost as much as the largest delivery: two hundred of them
        would have kept a worker for hours. A million cells cost 3 s of computing in xlsx, 7 s in xls, 11 s in ods, and
        stand in two or three packed mebibytes (measured, 2026); starting the reader takes less than one.
        """
        per_mib = self.seconds_per_packed_mib if kind in PACKED else self.seconds_per_mib
        more = per_mib * size_bytes // MIB
        return replace(
            self,
            wall_seconds=min(self.wall_seconds, self.wall_seconds_small + more),
            cpu_seconds=min(self.cpu_seconds, self.cpu_seconds_small + more),
        )


def too_large(what: str, limit: int) -> FileFault:
    """Return the fault of a file that passes a limit; raises ``KeyError`` for a ``what`` that is not in ``SIZES``."""
    return FileFault("F-TOO-LARGE", what=what, wat=SIZES[what], limit=limit)


def unreadable(reason: str, reden: str) -> FileFault:
    """Return the fault of a file that cannot be read, with the reason in both languages."""
    return FileFault("F-UNREADABLE", reason=reason, reden=reden)
