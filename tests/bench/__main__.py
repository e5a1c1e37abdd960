"""What Kerndata costs beside its floor, in one run: ``make bench``. Exits with 1 when a limit is passed.

Floor and what stands beside it are timed in turn; medians and their ratio are printed, with the peak of memory.
"""

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console
from tests.bench.path import whole_path
from tests.bench.reading import memory, reading

from kerndata.local.preload import preload


def main() -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    sizes = [100_000, 1_000_000, 10_000_000]
    parser.add_argument("--rows", type=int, nargs="+", default=sizes, help="of the data path")
    parser.add_argument("--read-rows", type=int, default=1_000_000, help="of the file that is only read")
    parser.add_argument("--only", choices=["read", "path"], help="measure one of the two")
    parser.add_argument("--memory", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.memory:
        sys.stdout.write(json.dumps(memory(chosen.memory, chosen.rows[0])))
        return 0
    preload()
    console, passed = Console(width=120), list[str]()
    for name, measure, given in (("read", reading, chosen.read_rows), ("path", whole_path, chosen.rows)):
        if chosen.only in (None, name):
            table, faults = measure(given)
            console.print(table)
            passed += faults
    for one in passed:
        console.print(f"[red]limit passed[/red]: {one}")
    return 1 if passed else 0


if __name__ == "__main__":
    sys.exit(main())
